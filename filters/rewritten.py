"""One record per sample: where a rewriting of a trace is kept, the trace itself gives way to it.

The rewriting where it is kept, else the original where that is kept, never both. Where a trace was
rewritten more than once (by several writers), the one with the lowest trace_id stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import GroupFilter


@dataclass(frozen=True)
class Rewritten(GroupFilter):
    name: ClassVar[str] = "rewritten"
    scores: ClassVar[tuple[str, ...]] = ("rewritings",)
    within_problem: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = ("response_hash", "origin", "parent_trace_id", "fate")

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        """How many kept rewritings of the same trace come before this row; null where the trace
        was never rewritten."""
        is_child = pl.col("origin").eq_missing(pl.lit("rewritten"))
        kept = is_child & (pl.col("fate") == "kept")
        family = pl.coalesce("parent_trace_id", "trace_id")
        rows = frame.select("trace_id", kept.alias("kept"), is_child.alias("child"), family=family)
        rows = rows.with_row_index("row").sort("child", "trace_id", descending=[True, False])
        before = pl.col("kept").cast(pl.Float64).cum_sum() - pl.col("kept").cast(pl.Float64)
        counted = rows.with_columns(
            pl.when(pl.col("child").any()).then(before).over("family").alias("rewritings")
        )
        return counted.sort("row").select("rewritings")

    def rules(self) -> dict[str, pl.Expr]:
        return {"has_rewriting": pl.col("rewritings") > 0}

    def not_applicable(self) -> pl.Expr:
        return pl.col("rewritings").is_null()
