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
    column = pl.Series("detail", [None], dtype=pl.List(FOUND)).new_from_index(0, height)
    if rows.is_empty():
        return column
    cells: list[list[Found] | None] = [None] * height
    for row, some in zip(rows, findings, strict=True):
        cells[row] = list(some)[:MOST] or None
    return pl.Series("detail", cells, dtype=pl.List(FOUND))


def scattered(
    height: int, rows: pl.Series, values: Sequence[float], rest: float = 0.0
) -> pl.Series:
    """A score column: `values` at `rows`, `rest` elsewhere."""
    column = pl.repeat(rest, height, dtype=pl.Float64, eager=True)
    if rows.is_empty():
        return column
    return column.scatter(rows, pl.Series(values, dtype=pl.Float64))
