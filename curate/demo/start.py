"""What a mini road starts from, in one folder: a base, problems, problems held out, and for the
additions general rows without thinking, which the second round mixes in as R1 did.

python -m curate.demo.start FOLDER [SEED] [TASK]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

from curate.demo import addition, base, general, guess, problems

PROBLEMS = 1000
HELD_OUT = 256
GENERAL = 300

Files = Iterator[tuple[str, list[dict[str, str]]]]


def _additions(seed: int) -> Files:
    yield "problems", problems.rows(addition.draw, PROBLEMS, f"to train on {seed}", held_out=False)
    yield "held_out", problems.rows(addition.draw, HELD_OUT, "to evaluate", held_out=True)
    yield "general", general.rows(GENERAL, f"to train on {seed}", held_out=False)
    yield "general_held_out", general.rows(HELD_OUT, "to evaluate", held_out=True)


def _guesses(seed: int) -> Files:
    yield "problems", problems.rows(guess.draw, PROBLEMS, f"to train on {seed}", held_out=False)
    yield "held_out", problems.rows(guess.draw, HELD_OUT, "to evaluate", held_out=True)


TASKS = {"demo": (addition.COURSE, _additions), "guess": (guess.COURSE, _guesses)}
"""by the name of the runs that are about it"""


def prepare(folder: Path, seed: int, task: str = "demo") -> None:
    """`base` and the files, made unless they are there. What is held out is the same for every
    seed."""
    course, files = TASKS[task]
    base.build(folder / "base", course, seed)
    for name, rows in files(seed):
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    prepare(Path(sys.argv[1]), int(*sys.argv[2:3]), *sys.argv[3:])
