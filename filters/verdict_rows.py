"""Where in a text something was found: the rows of a verdict's `detail`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from filters.schema import FOUND, SNIPPET

MOST = 20
"""findings kept of one trace; scores count all of them"""

Found = dict[str, Any]


def found(what: str, text: str, start: int, end: int) -> Found:
    """A finding at characters `start` to `end` of the response."""
    return {"what": what, "start": start, "end": end, "text": text[start:end][:SNIPPET]}


def detail(height: int, rows: pl.Series, findings: Sequence[Iterable[Found]]) -> pl.Series:
    """The column `detail` of `height` rows: null but at `rows`, a list of findings each."""
    each = [list(some)[:MOST] for some in findings]
    flat = pl.DataFrame([f for some in each for f in some], schema=FOUND.to_schema())
    return listed(height, np.repeat(rows.to_numpy(), list(map(len, each))), flat)


def listed(height: int, of: np.ndarray, findings: pl.DataFrame) -> pl.Series:
    """The column `detail` of `height` rows, from findings in any order and the row `of` each;
    null for a row that has none."""
    order = np.argsort(of, kind="stable")
    ends = np.cumsum(np.bincount(of, minlength=height), dtype=np.int64)
    lists = pa.LargeListArray.from_arrays(
        np.insert(ends, 0, 0),
        findings.to_struct().gather(order).to_arrow(),
        mask=pa.array(np.diff(ends, prepend=0) == 0),
    )
    return pl.Series("detail", lists)


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
