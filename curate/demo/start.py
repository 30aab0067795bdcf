"""What the mini road starts from, in one folder: a base, problems, and problems held out.

python -m curate.demo.start FOLDER [SEED]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from curate.demo import base, problems

PROBLEMS = 1000
HELD_OUT = 256


def prepare(folder: Path, seed: int) -> None:
    """`base`, `problems.jsonl` and `held_out.jsonl`, made unless they are there. The held-out
    problems are the same for every seed."""
    base.build(folder / "base", seed)
    for name, rows in (
        ("problems", problems.rows(PROBLEMS, f"to train on {seed}", held_out=False)),
        ("held_out", problems.rows(HELD_OUT, "to evaluate", held_out=True)),
    ):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(*sys.argv[2:3]))
