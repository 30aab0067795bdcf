"""What the mini road starts from, in one folder: a base, problems, problems held out, and general
rows without thinking, which the second round mixes in as R1 did.

python -m curate.demo.start FOLDER [SEED]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from curate.demo import base, general, problems

PROBLEMS = 1000
HELD_OUT = 256
GENERAL = 300


def prepare(folder: Path, seed: int) -> None:
    """`base` and four files, made unless they are there. What is held out is the same for every
    seed."""
    base.build(folder / "base", seed)
    for name, rows in (
        ("problems", problems.rows(PROBLEMS, f"to train on {seed}", held_out=False)),
        ("held_out", problems.rows(HELD_OUT, "to evaluate", held_out=True)),
        ("general", general.rows(GENERAL, f"to train on {seed}", held_out=False)),
        ("general_held_out", general.rows(HELD_OUT, "to evaluate", held_out=True)),
    ):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(*sys.argv[2:3]))
