"""What shards say of each trace, in the order of the traces.

Ids are long strings, and joining by them is what costs. Here a shard's ids are looked up once, as
row numbers of the traces; all else is arrays. Filters that judged the same texts hold the same
traces in the same order, so most shards' row numbers are known from another filter's shard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.store.shards import check_version

KEY = ["trace_id", "attempt"]
_SHARD = "shard"
OUTDONE = [*KEY, _SHARD]
Rows = npt.NDArray[np.int64]
"""row numbers of traces; -1 for what is none of them, such as an earlier attempt"""


@dataclass(frozen=True)
class ByTrace:
    """Of each trace what the last shard says that has it."""

    columns: pl.DataFrame  # a row per trace, null where no shard has it
    there: pl.Series  # has any shard it?
    outdone: pl.DataFrame
    """`OUTDONE` of rows that do not count: on an earlier attempt, or a later shard has one too"""


class Traces:
    """The latest attempt of each trace, a row each: `trace_id`, `attempt` and what is known."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        hashes = frame.get_column("trace_id").hash()
        self._order = hashes.arg_sort()
        self._sorted = hashes.gather(self._order)
        self._seen: dict[tuple[int, str], tuple[pl.DataFrame, Rows]] = {}

    def told_by(
        self,
        shards: Sequence[Path],
        schema: Mapping[str, pl.DataType],
        columns: Sequence[str | pl.Expr],
        where: pl.Expr,
    ) -> ByTrace:
        """The columns of those rows of the shards, oldest first, where the condition holds."""
        found = scan(shards, schema, columns, where)
        rows = self.rows(found)
        hits = np.flatnonzero(rows >= 0)
        last = np.full(self.frame.height, -1)
        last[rows[hits]] = hits  # of several the last one stays
        there = pl.Series("there", last >= 0)
        place = pl.Series(last).set(~there, None)
        said = found.select(pl.all().exclude(*KEY, _SHARD).gather(place))
        once = found.height == there.sum()
        outdone = found.clear() if once else found.filter(self._outdone(found, rows, last))
        return ByTrace(said, there, outdone.select(*OUTDONE))

    def _outdone(self, found: pl.DataFrame, rows: Rows, last: Rows) -> pl.Series:
        """Of two rows in one shard neither outdoes the other: one is too many. Nor is a row outdone
        whose trace there is not: it stays to be found."""
        shard = found.get_column(_SHARD).rle_id().to_numpy()
        here = rows >= 0
        earlier = here.copy()
        earlier[here] = shard[here] < shard[last[rows[here]]]
        known = found.get_column("trace_id").is_in(self.frame.get_column("trace_id").implode())
        return pl.Series(earlier) | (pl.Series(~here) & known)

    def remember(self, keys: pl.DataFrame, rows: Rows) -> None:
        """That a shard of these keys has these row numbers."""
        self._seen[_label(keys)] = keys, rows

    def rows(self, found: pl.DataFrame) -> Rows:
        """Of each row that `scan` found that of its trace."""
        keys = found.select(KEY)
        lengths = found.get_column(_SHARD).rle().struct.field("len").to_list()
        starts = np.cumsum([0, *lengths])[:-1].tolist()
        pieces = [keys.slice(at, length) for at, length in zip(starts, lengths, strict=True)]
        rows = {number: self._known(piece) for number, piece in enumerate(pieces)}
        new = [number for number, known in rows.items() if known is None]
        if new:
            looked_up = self._look_up(pl.concat(pieces[number] for number in new))
            ends = np.cumsum([lengths[number] for number in new])[:-1]
            for number, found_rows in zip(new, np.split(looked_up, ends), strict=True):
                rows[number] = found_rows
                self.remember(pieces[number], found_rows)
        return np.concatenate(
            [np.empty(0, dtype=np.int64), *(r for r in rows.values() if r is not None)]
        )

    def _known(self, keys: pl.DataFrame) -> Rows | None:
        seen = self._seen.get(_label(keys))
        return seen[1] if seen and seen[0].equals(keys) else None

    def _look_up(self, keys: pl.DataFrame) -> Rows:
        """By hashes that were sorted once: a join would hash all traces again for a few keys. (Two
        of a hundred million traces have one hash of 64 bits once in 4,000 runs.)"""
        if not self.frame.height:
            return np.full(keys.height, -1)
        place = self._sorted.search_sorted(keys.get_column("trace_id").hash(), side="left")
        rows = self._order.gather(place.clip(0, self.frame.height - 1))
        found = self.frame.select(KEY)[rows]
        same = (found["trace_id"] == keys["trace_id"]) & (found["attempt"] == keys["attempt"])
        return np.where(same.to_numpy(), rows.to_numpy().astype(np.int64), -1)


def scan(
    shards: Sequence[Path],
    schema: Mapping[str, pl.DataType],
    columns: Sequence[str | pl.Expr],
    where: pl.Expr,
) -> pl.DataFrame:
    """Key, columns and shard of the rows where the condition holds, in the order of the shards.
    A row group whose statistics exclude the condition is not read."""
    for path in shards:
        check_version(path)
    rows = pl.LazyFrame(schema={**schema, _SHARD: pl.String()})
    if shards:
        rows = pl.scan_parquet(
            list(shards),
            glob=False,  # a folder's name may hold brackets
            schema=dict(schema),
            missing_columns="insert",
            extra_columns="ignore",
            include_file_paths=_SHARD,
        )
    return rows.filter(where).select(*KEY, *columns, _SHARD).collect()


def _label(keys: pl.DataFrame) -> tuple[int, str]:
    return keys.height, keys.get_column("trace_id")[0]
