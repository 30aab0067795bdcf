"""`curate check RUN`: is everything that was committed still there and as it was written?

Shards are named by their place in the order and a hash of their content; those that are replaced
(verdicts of group filters) hold their hash inside; `shards.txt` says which there are. So a flipped
bit, a cut-off file and one that is gone are told from the files alone; rows are then counted from
scratch. What is damaged can be moved aside: its rows are missing then, and the stage that made them
makes them again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curate.manifest.conservation import wrong_counts
from curate.manifest.index import INDEX_FILE
from curate.store import inventory, seal
from curate.store.disk import discard, make_folder, writing
from curate.store.names import holds_what_it_says
from curate.store.placing import move
from curate.store.run_folder import Run
from curate.terminal.progress import Progress

AGAIN = {
    "problems": "`curate import --problems`, or `curate run` with the config that names them",
    "traces": "`curate import` of the same file, `curate generate` or `curate refine`",
    "verdicts": "`curate filter`",
    "signatures": "`curate filter`",
    "facts": "`curate filter`",
    "records": "`curate normalize`",
    "prompts": "`curate generate`",
    "tokenized": "`curate sft`",
    "rollouts": "`curate grpo`",
    "evals": "`curate eval`",
    "pushes": "`curate push`",
}
"""table -> what makes its rows again"""


@dataclass(frozen=True)
class Fault:
    """`place` is a file inside the run, or what does not add up; `again` what makes it anew."""

    place: str
    fault: str
    again: str | None


def check(run: Run, mend: bool = False) -> dict[str, Any]:
    """`shards` looked at, `faults` found and, with `mend`, how many were `moved` aside: what is
    gone is missed no more then. Rows are counted only where all files are whole."""
    files = [run.path / name for name in sorted(inventory.there(run.path))]
    gone = sorted(run.path / name for name in inventory.missing(run.path))
    faults = [Fault(_inside(run, path), "it is gone", _again(run, path)) for path in gone]
    damaged = []
    with Progress("check", len(files), "shards") as bar:
        for path in bar.over(files):
            if fault := _damage(path):
                damaged.append(path)
                faults.append(Fault(_inside(run, path), fault, _again(run, path)))
    if not faults:
        faults += _rows(run)
    moved = _move_aside(run, damaged, gone) if mend else 0
    return {"shards": len(files), "faults": [asdict(fault) for fault in faults], "moved": moved}


def _damage(path: Path) -> str | None:
    """What is wrong with a file; null where nothing is."""
    if holds_what_it_says(path) or seal.is_whole(path):
        return None
    return "its content is not what was written"


def _rows(run: Run) -> list[Fault]:
    """What does not add up, if the filters have judged at all."""
    if not run.shards("verdicts"):
        return []
    wrong = wrong_counts(run, records=bool(run.shards("records")))
    return [Fault("rows", str(one), None) for one in wrong]


def _move_aside(run: Run, damaged: list[Path], gone: list[Path]) -> int:
    """Where a file is gone there is a folder for it all the same: `check_conservation` looks there
    for what is to be made again."""
    with run.writing("check"):
        for path in damaged:
            target = _aside(run, path)
            with writing(target.parent):
                move(path, target)
        for path in gone:
            with writing(run.path):
                make_folder(_aside(run, path).parent)
        if damaged or gone:
            discard(run.path / INDEX_FILE)
        inventory.note(run.path)
    return len(damaged)


def _aside(run: Run, path: Path) -> Path:
    return run.path / inventory.DAMAGED / path.relative_to(run.path)


def _inside(run: Run, path: Path) -> str:
    return path.relative_to(run.path).as_posix()


def _again(run: Run, path: Path) -> str | None:
    return AGAIN.get(path.relative_to(run.path).parts[0])
