"""Rows in the order of an id, however many there are, with memory for a part of them only.

An external sort: what is too much to hold becomes a sorted run, a file in the order of the ids (no
run folder). The ids are hashes, so those that begin with the same two digits are a part, parts are
of even size, and a part lies together in each sorted run: a file of the export takes its parts out
of all of them and sorts these.
Neither the order in which rows come nor the shards they lie in change what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

PARTS = 256
"""two hexadecimal digits: of a million rows of 5 kB, 20 MB each"""
HELD_BYTES = 128 << 20
"""of text that is held in memory, some 6,000 records"""
BATCH_ROWS = 256
"""read at once from a run: fewer than a file takes of it"""
PerPart = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Parts:
    """Rows that follow each other, wherever they are: whoever takes them sorts them."""

    rows: tuple[pl.LazyFrame, ...]
    key: str

    def sorted(self) -> pl.DataFrame:
        return pl.concat(self.rows).sort(self.key).collect()


@dataclass(frozen=True)
class _SortedRun:
    """Rows in order, in memory or in a file, and of each part how many rows and bytes of text."""

    rows: pl.LazyFrame
    counts: PerPart
    bytes: PerPart

    def parts(self, first: int, end: int) -> pl.LazyFrame | None:
        count = int(self.counts[first:end].sum())
        return self.rows.slice(int(self.counts[:first].sum()), count) if count else None


class Ordered:
    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self._runs: list[_SortedRun] = []
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        self._held.append(frame)
        self._held_bytes += text_bytes(frame)
        if self._held_bytes > HELD_BYTES:
            self._end_run(spill=True)

    def _end_run(self, spill: bool) -> None:
        rows = pl.concat(self._held).sort(self.key)
        part = rows[self.key].str.head(2).str.to_integer(base=16).to_numpy()
        sizes = rows.select(_row_bytes(rows)).to_series().to_numpy()
        there = rows.lazy()
        if spill:
            file = self.folder / f"{len(self._runs)}.arrow"
            self.folder.mkdir(parents=True, exist_ok=True)
            rows.write_ipc(file, record_batch_size=BATCH_ROWS)
            there = pl.scan_ipc(file, glob=False)
        counts, size = (np.bincount(part, weights, PARTS) for weights in (None, sizes))
        self._runs.append(_SortedRun(there, counts.astype(np.int64), size.astype(np.int64)))
        self._held, self._held_bytes = [], 0

    def files(self, most: int) -> Iterator[Parts]:
        """The rows in order, in files of even size with at most about `most` bytes of text."""
        if self._held:
            self._end_run(spill=bool(self._runs))
        sizes: PerPart = sum((run.bytes for run in self._runs), np.zeros(PARTS, np.int64))
        total = int(sizes.sum())
        goal = total / max(1, -(-total // most))
        first = size = done = 0
        for part in range(PARTS):
            size += int(sizes[part])
            if size and done + size >= goal * (round(done / goal) + 1) - 1:
                yield self._parts(first, part + 1)
                first, done, size = part + 1, done + size, 0
        if size:
            yield self._parts(first, PARTS)

    def _parts(self, first: int, end: int) -> Parts:
        found = (run.parts(first, end) for run in self._runs)
        return Parts(tuple(rows for rows in found if rows is not None), self.key)


def text_bytes(frame: pl.DataFrame) -> int:
    """Of all strings, and something for what else a row has: the same however it is stored."""
    return int(frame.select(_row_bytes(frame).sum()).item())


def _row_bytes(frame: pl.DataFrame) -> pl.Expr:
    texts = [name for name, dtype in frame.schema.items() if dtype == pl.String]
    return pl.sum_horizontal(pl.col(texts).str.len_bytes().cast(pl.Int64)) + 100
