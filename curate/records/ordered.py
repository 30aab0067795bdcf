"""Rows in the order of an id, however many there are, with memory for a part of them only.

The ids are hashes, so what begins with the same two digits is a part, and parts are of even size.
Rows are held by part; where they become too many they go into a file per part, and each part is
sorted as it is taken out. Neither the order in which rows come nor the shards they lie in change
what comes out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

_PART = "_part"
DIGITS = 2
"""256 parts: of a million rows of 5 kB, 20 MB each"""
HELD_BYTES = 128 << 20
"""of text that is held in memory, some 12,000 records: to write and read it again costs more than
the rest of an export"""


@dataclass(frozen=True)
class Parts:
    """Some parts that follow each other, wherever their rows are: whoever takes them sorts them."""

    rows: tuple[pl.DataFrame | Path, ...]
    key: str

    def sorted(self) -> pl.DataFrame:
        return pl.concat([_read(part).sort(self.key) for part in self.rows])


class Ordered:
    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.bytes: dict[str, int] = {}
        self._held: defaultdict[str, list[pl.DataFrame]] = defaultdict(list)
        self._held_bytes = 0
        self._files: dict[str, pa.ipc.RecordBatchStreamWriter] = {}

    def add(self, frame: pl.DataFrame) -> None:
        part = pl.col(self.key).str.slice(0, DIGITS).alias(_PART)
        for name, size in frame.group_by(part).agg(_row_bytes(frame).sum()).iter_rows():
            self.bytes[name] = self.bytes.get(name, 0) + size
            self._held_bytes += size
        parts = frame.with_columns(part).partition_by(_PART, as_dict=True, include_key=False)
        for (name,), rows in parts.items():
            self._held[name].append(rows)
        if self._held_bytes > HELD_BYTES:
            self._spill()

    def _spill(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, rows in self._held.items():
            table = pl.concat(rows).to_arrow(compat_level=pl.CompatLevel.oldest())
            if name not in self._files:
                self._files[name] = pa.ipc.new_stream(str(self.folder / name), table.schema)
            self._files[name].write_table(table)
        self._held.clear()
        self._held_bytes = 0

    def files(self, most: int) -> Iterator[Parts]:
        """The rows in order, in files of even size with at most about `most` bytes of text."""
        if self._files:
            self._spill()
        for file in self._files.values():
            file.close()
        total = sum(self.bytes.values())
        goal = total / max(1, -(-total // most))
        taken: list[str] = []
        size = done = 0
        for name in sorted(self.bytes):
            taken.append(name)
            size += self.bytes[name]
            if done + size >= goal * (round(done / goal) + 1) - 1:
                yield self._parts(taken)
                done, size, taken = done + size, 0, []
        if taken:
            yield self._parts(taken)

    def _parts(self, names: list[str]) -> Parts:
        held = self._held
        where = (pl.concat(held[n]) if n in held else self.folder / n for n in names)
        return Parts(tuple(where), self.key)


def _read(part: pl.DataFrame | Path) -> pl.DataFrame:
    if isinstance(part, pl.DataFrame):
        return part
    with pa.ipc.open_stream(str(part)) as rows:
        frame = pl.from_arrow(rows.read_all())
    assert isinstance(frame, pl.DataFrame)
    return frame


def text_bytes(frame: pl.DataFrame) -> int:
    """Of all strings, and something for what else a row has: the same however it is stored."""
    return int(frame.select(_row_bytes(frame).sum()).item())


def _row_bytes(frame: pl.DataFrame) -> pl.Expr:
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return pl.sum_horizontal(pl.col(texts).str.len_bytes().cast(pl.Int64)) + 100
