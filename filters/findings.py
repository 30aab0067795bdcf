"""Where in a text something was found: the rows of a verdict's `detail`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from filters.schema import FOUND, SNIPPET

MOST = 20
"""findings kept of one trace; scores count all of them"""

Found = dict[str, Any]


def found(what: str, text: str, start: int, end: int) -> Found:
    """A finding at characters `start` to `end` of the response."""
    return {"what": what, "start": start, "end": end, "text": text[start:end][:SNIPPET]}


def detail(height: int, rows: pl.Series, findings: Sequence[Iterable[Found]]) -> pl.Series:
    """The column `detail` of `height` rows: null but at `rows`, a list of findings each."""
    nothing = pl.Series("detail", [None], dtype=pl.List(FOUND)).new_from_index(0, height)
    cells = [list(some)[:MOST] or None for some in findings]
    return overlay(nothing, rows, pl.Series("detail", cells, dtype=pl.List(FOUND)))


def scattered(
    height: int, rows: pl.Series, values: Sequence[float] | pl.Series, rest: float = 0.0
) -> pl.Series:
    """A score column: `values` at `rows`, `rest` elsewhere."""
    column = pl.repeat(rest, height, dtype=pl.Float64, eager=True)
    if rows.is_empty():
        return column
    return column.scatter(rows, pl.Series(values, dtype=pl.Float64))


def overlay(column: pl.Series, rows: pl.Series, values: pl.Series) -> pl.Series:
    """`column` with `values` at `rows`; what `scatter` does, for lists too."""
    if rows.is_empty():
        return column
    index = pl.int_range(len(column), dtype=pl.UInt32, eager=True)
    places = pl.int_range(len(column), len(column) + len(rows), dtype=pl.UInt32, eager=True)
    return pl.concat([column, values]).gather(index.scatter(rows, places))
