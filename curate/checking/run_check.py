"""`curate check RUN`: is everything that was committed still there and as it was written?

Shards are named by their place in the order and a hash of their content, so a flipped bit, a
cut-off file and one that is gone can be told from the folder alone; verdicts of group filters,
which are replaced, must be readable; rows are then counted from scratch. What is damaged can be
moved aside: its rows are missing then, and the stage that made them makes them again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.manifest.conservation import check_conservation
from curate.manifest.index import INDEX_FILE
from curate.store.disk import discard, writing
from curate.store.names import content, span
from curate.store.placing import move
from curate.store.run_folder import Run
from curate.terminal.progress import Progress

DAMAGED = "damaged"
"""folder in the run for what was moved aside"""
AGAIN = {
    "problems": "`curate import --problems`, or `curate run` with the config that names them",
    "traces": "`curate import` of the same file, or `curate generate`",
    "verdicts": "`curate filter`",
    "signatures": "`curate filter`",
    "facts": "`curate filter`",
    "records": "`curate normalize`",
    "prompts": "`curate generate`",
}
"""table -> what makes its rows again"""
_CHANGED = "its content is not what was written"


@dataclass(frozen=True)
class Fault:
    """`place` is a file inside the run, or what does not add up; `again` what makes it anew."""

    place: str
    fault: str
    again: str | None


def check(run: Run, mend: bool = False) -> dict[str, Any]:
    """`shards` looked at, `faults` found and, with `mend`, how many were `moved` aside. Rows are
    counted only where all files are whole."""
    files = [path for path in sorted(run.path.rglob("[0-9]*.parquet")) if _is_ours(run, path)]
    faults = [*_missing(run, files)]
    damaged = []
    with Progress("check", len(files), "shards") as bar:
        for path in bar.over(files):
            if fault := _damage(path):
                damaged.append(path)
                faults.append(Fault(_inside(run, path), fault, _again(run, path)))
    if not faults:
        faults += _rows(run)
    moved = _move_aside(run, damaged) if mend else 0
    return {"shards": len(files), "faults": [asdict(fault) for fault in faults], "moved": moved}


def _is_ours(run: Run, path: Path) -> bool:
    inside = path.relative_to(run.path).parts
    return inside[0] != DAMAGED and not any(part.startswith(".") for part in inside)


def _damage(path: Path) -> str | None:
    """What is wrong with a file; null where nothing is."""
    name = content(path)
    if name and _content_hash(path) == name:
        return None
    try:
        frame = pl.read_parquet(path, glob=False)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        return _CHANGED if name else f"it cannot be read: {str(error).splitlines()[0]}"
    return _CHANGED if name and not _is_replaced(frame, name) else None


def _content_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=6)).hexdigest()


def _is_replaced(frame: pl.DataFrame, name: str) -> bool:
    """Is it all that a group filter says under one setting? Its name is then the setting's, as
    it is replaced at every change: it can be read, more is not known of its content."""
    settings = frame.get_column("settings_hash", default=pl.Series(dtype=pl.String))
    return settings.len() > 0 and bool(settings.str.starts_with(name).all())


def _missing(run: Run, files: list[Path]) -> Iterator[Fault]:
    """Gaps in the order of a folder's shards."""
    numbers: dict[Path, set[int]] = defaultdict(set)
    for path in files:
        if there := span(path):
            numbers[path.parent].update(range(there[0], there[1] + 1))
    for folder, known in numbers.items():
        for number in sorted(set(range(max(known))) - known):
            place = f"{_inside(run, folder)}/{number:08d}-….parquet"
            yield Fault(place, "it is gone", _again(run, folder / "x"))


def _rows(run: Run) -> list[Fault]:
    """What does not add up, if the filters have judged at all."""
    if not run.shards("verdicts"):
        return []
    try:
        check_conservation(run, records=bool(run.shards("records")))
    except RuntimeError as error:
        return [Fault("rows", str(error), None)]
    return []


def _move_aside(run: Run, damaged: list[Path]) -> int:
    with run.writing("check"):
        for path in damaged:
            target = run.path / DAMAGED / path.relative_to(run.path)
            with writing(target.parent):
                move(path, target)
        if damaged:
            discard(run.path / INDEX_FILE)
    return len(damaged)


def _inside(run: Run, path: Path) -> str:
    return path.relative_to(run.path).as_posix()


def _again(run: Run, path: Path) -> str | None:
    return AGAIN.get(path.relative_to(run.path).parts[0])
