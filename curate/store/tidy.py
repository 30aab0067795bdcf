"""`curate tidy RUN`: many small shards become few, rows that a later one replaces go, and what is
derived is left to be derived again. No id, verdict that counts, or record changes.

A shard that is made of several is there before these go, and stands in their place from that moment
(`names.py`): a kill at any time leaves nothing double and nothing lost, and the next `tidy` removes
what it left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from curate.store.names import content, holds_what_it_says, live_shards, span
from curate.store.placing import remove
from curate.store.run_folder import Run
from curate.store.shards import Schema, merge, read, row_groups
from curate.terminal.progress import Progress
from filters.errors import UserError
from filters.schema import TABLES

MOST_BYTES = 32 << 20
"""of files that become one: four times as much text, which is held in memory"""
MOST_ROWS = 200_000
"""of rows that count: filters whose shards hold the same traces are read faster"""
MANY = 4
"""fewer small shards are not worth writing anew"""
WORTH = 0.25
"""share of superseded rows from which it is worth it for fewer"""
SUPERSEDED = {
    "verdicts": ("trace_id", "attempt", "settings_hash"),
    "signatures": ("trace_id", "attempt", "score_hash"),
    "tokenized": ("record_id", "tokenizer_hash", "template_hash"),
}
"""table -> columns: of rows that have the same there only the last shard's counts"""
HISTORY = {
    "problems": ("problem_id",),
    "records": ("trace_id",),
    "rollouts": ("training_id", "step"),
}
"""the same, but earlier rows are still read: a row and its successor never come into one shard"""
BY_FILTER = ("verdicts", "signatures", "facts")
OTHERS = ("traces", "facts", "prompts", "metrics", "evals", "pushes", "checkpoints")
_DAMAGED = "{} is damaged: run `curate check --mend` first"
_SHARD = "_shard"
Row = dict[str, Any]


@dataclass
class Group:
    """Neighbours in a folder that become one shard."""

    table: str
    folder: Path
    shards: list[Path] = field(default_factory=list)
    bytes: int = 0
    rows: int = 0
    superseded: int = 0

    def add(self, shard: Path, superseded: int) -> None:
        self.shards.append(shard)
        self.bytes += shard.stat().st_size
        self.rows += _rows(shard)
        self.superseded += superseded

    def is_full(self, shard: Path, superseded: int) -> bool:
        rows = self.rows + _rows(shard) - self.superseded - superseded
        return rows > MOST_ROWS or self.bytes + shard.stat().st_size > MOST_BYTES

    @property
    def worth_it(self) -> bool:
        few = len(self.shards) > 1 and self.superseded >= WORTH * self.rows
        return few or len(self.shards) >= MANY


def tidy(run: Run, yes: bool = False) -> list[Row]:
    """What there is to do, a row each: what, place, files, their bytes, how many files it `becomes`
    and how many rows are superseded; with `yes` it is done, and `freed` says the bytes."""
    if not yes:
        return [task.row(run) for task in _tasks(run)]
    with run.writing("tidy"):
        tasks = list(_tasks(run))
        with Progress("tidy", len(tasks), "tasks") as bar:
            return [task.row(run) | {"freed": task.do()} for task in bar.over(tasks)]


@dataclass(frozen=True)
class Task:
    what: str
    place: Path
    files: list[Path]
    """that go"""
    group: Group | None = None
    """what they become"""

    def row(self, run: Run) -> Row:
        return {
            "what": self.what,
            "place": self.place.relative_to(run.path).as_posix(),
            "files": len(self.files),
            "bytes": self._bytes(),
            "becomes": 1 if self.group else 0,
            "superseded_rows": self.group.superseded if self.group else 0,
        }

    def do(self) -> int:
        """The bytes that are free then."""
        before = self._bytes()
        if self.group is None:
            remove(self.files)
            return before
        for path in self.files:  # nothing damaged is written anew as if it were right
            if not holds_what_it_says(path):
                raise UserError(_DAMAGED.format(path))
        schema = _schema(self.group)
        merged = merge(self.files, _rows_that_count(self.group, schema), schema)
        return before - merged.stat().st_size

    def _bytes(self) -> int:
        return sum(path.stat().st_size for path in self.files)


def _tasks(run: Run) -> Iterator[Task]:
    for table, folder in _folders(run):
        shards = live_shards(folder)
        if left := sorted({*folder.glob("[0-9]*.parquet")} - {*shards}):
            yield Task("left by a tidy that was stopped", folder, left)
        for group in _groups(table, folder, shards):
            yield Task("small shards", folder, group.shards, group)
    for path in sorted(run.path.glob("*.duckdb")):
        yield Task("index, built again when asked", path, [path])


def _folders(run: Run) -> Iterator[tuple[str, Path]]:
    """Not what else lies below: `evals` holds run folders."""
    for table in (*SUPERSEDED, *HISTORY, *OTHERS):
        top = run.folder(table)
        for folder in sorted(top.glob("*/")) if table in BY_FILTER else [top]:
            yield table, folder


def _groups(table: str, folder: Path, shards: list[Path]) -> list[Group]:
    """None where a shard has no number of its own, or is replaced at every change."""
    if any(span(path) is None for path in shards) or _are_replaced(table, folder, shards):
        return []
    superseded, apart = _superseded(table, shards), _apart(table, shards)
    groups = [Group(table, folder)]
    first = 0
    for number, shard in enumerate(shards):
        last = groups[-1]
        if last.shards and (
            not _follows(last.shards[-1], shard)
            or first <= apart[number]
            or last.is_full(shard, superseded[number])
        ):
            groups.append(Group(table, folder))
            first = number
        groups[-1].add(shard, superseded[number])
    return [group for group in groups if group.worth_it and _stands_alone(group, shards)]


def _follows(before: Path, shard: Path) -> bool:
    """Over a gap nothing is merged: it says that a shard is gone."""
    return _span(shard)[0] - _span(before)[1] in (0, 1)


def _stands_alone(group: Group, shards: list[Path]) -> bool:
    """Two who committed at once may have taken the same number: both are in it, or none."""
    first, last = _span(group.shards[0])[0], _span(group.shards[-1])[1]
    others = (_span(path) for path in shards if path not in group.shards)
    return not any(first <= end and begin <= last for begin, end in others)


def _are_replaced(table: str, folder: Path, shards: list[Path]) -> bool:
    """A person's words, and what a group filter says under one setting, which names the file."""
    if table != "verdicts" or not shards:
        return False
    settings = read(shards[:1], TABLES[table], ["settings_hash"]).get_column("settings_hash")
    return folder.name == "human" or str(settings.first()).startswith(str(content(shards[0])))


def _superseded(table: str, shards: list[Path]) -> list[int]:
    """Of each shard how many rows a later one replaces."""
    keys = SUPERSEDED.get(table)
    if keys is None or len(shards) < 2:
        return [0] * len(shards)
    rows = _keyed(shards, keys)
    gone = rows.filter(pl.col(_SHARD) < pl.col(_SHARD).max().over(keys))
    counted = dict(gone.group_by(_SHARD).len().iter_rows())
    return [counted.get(number, 0) for number in range(len(shards))]


def _apart(table: str, shards: list[Path]) -> list[int]:
    """Of each shard the last before it that it must not be merged with; -1: none."""
    keys = HISTORY.get(table)
    if keys is None or len(shards) < 2:
        return [-1] * len(shards)
    before = pl.col(_SHARD).shift().over(keys)
    rows = _keyed(shards, keys).with_columns(before.alias("before"))
    met = rows.filter(pl.col("before") < pl.col(_SHARD))
    last = dict(met.group_by(_SHARD).agg(pl.col("before").max()).iter_rows())
    return [last.get(number, -1) for number in range(len(shards))]


def _keyed(shards: list[Path], keys: tuple[str, ...]) -> pl.DataFrame:
    frames = []
    for number, path in enumerate(shards):
        try:
            frame = pl.read_parquet(path, columns=list(keys), glob=False)
        except pl.exceptions.PolarsError:
            raise UserError(_DAMAGED.format(path)) from None
        frames.append(frame.with_columns(pl.lit(number).alias(_SHARD)))
    return pl.concat(frames)


def _rows_that_count(group: Group, schema: Schema) -> pl.DataFrame:
    """The group's rows in order, without those that a later shard replaces, in it or behind it."""
    keys = SUPERSEDED.get(group.table)
    if keys is None or not group.superseded:
        return read(group.shards, schema)
    shards = live_shards(group.folder)
    rows = _keyed(shards, keys)
    last = rows.group_by(keys).agg(pl.col(_SHARD).max())
    frames = []
    for path in group.shards:
        counts = last.filter(pl.col(_SHARD) == shards.index(path)).select(keys)
        frame = read([path], schema)
        frames.append(frame.join(counts, on=keys, how="semi", maintain_order="left"))
    return pl.concat(frames)


def _schema(group: Group) -> Schema:
    """That of the table, or all columns that its shards have."""
    if group.table in TABLES:
        return TABLES[group.table]
    columns: dict[str, pl.DataType] = {}
    for path in group.shards:
        columns |= pl.read_parquet_schema(path)
    return columns


def _span(path: Path) -> tuple[int, int]:
    found = span(path)
    assert found is not None
    return found


def _rows(path: Path) -> int:
    return sum(length for _, length in row_groups(path))
