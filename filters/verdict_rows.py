"""Where in a text something was found: the rows of a verdict's `detail`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl

from filters.schema import FOUNDS, SNIPPET

MOST = 20
"""findings kept of one trace; scores count all of them"""

Found = dict[str, Any]


Span = tuple[str, int, int]
"""what was found, at which characters of the response"""


def found(what: str, text: str, start: int, end: int) -> Found:
    """A finding at characters `start` to `end` of the response."""
    return {
        "what": what,
        "start": start,
        "end": end,
        "text": text[start : min(end, start + SNIPPET)],
    }


def told(text: str, spans: Sequence[Span]) -> list[Found]:
    """The first of them as findings: a text may have as many as it has characters."""
    return [found(what, text, start, end) for what, start, end in spans[:MOST]]


def detail(height: int, rows: pl.Series, findings: Iterable[Iterable[Found]]) -> pl.Series:
    """The column `detail` of `height` rows: null but at `rows`, a list of findings each."""
    column: list[list[Found] | None] = [None] * height
    for row, some in zip(rows, findings, strict=True):
        column[row] = list(some)[:MOST] or None
    return pl.Series("detail", column, dtype=FOUNDS)


def scattered(
    height: int,
    rows: pl.Series,
    values: Sequence[float] | pl.Series,
    rest: float = 0.0,
    nothing: np.ndarray | None = None,
) -> pl.Series:
    """A score column: `values` at `rows`, `rest` elsewhere; null where `nothing` says so."""
    column = np.full(height, rest)
    column[rows.to_numpy()] = values
    if nothing is not None:
        column[nothing] = np.nan
    return pl.Series(column, nan_to_null=True)
