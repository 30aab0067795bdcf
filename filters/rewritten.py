"""One record per sample: where a rewriting of a trace is kept, the trace itself gives way to it.

The rewriting where it is kept, else the original where that is kept, never both. Where a trace was
rewritten more than once (by several writers), the one with the lowest trace_id stands for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan
from typing import ClassVar

import polars as pl

from filters.base import GroupFilter
from filters.verdict_rows import scattered


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
        rows = frame.select("trace_id", kept=kept.cast(pl.Float64), child=is_child, family=family)
        rewritten = rows.get_column("family").filter(rows.get_column("child"))
        rows = rows.with_row_index("row").filter(pl.col("family").is_in(rewritten.implode()))
        rows = rows.sort("child", "trace_id", descending=[True, False])
        before = rows.select((pl.col("kept").cum_sum() - pl.col("kept")).over("family"))
        rewritings = scattered(frame.height, rows["row"], before.to_series(), rest=nan)
        return pl.DataFrame({"rewritings": rewritings})

    def rules(self) -> dict[str, pl.Expr]:
        return {"has_rewriting": pl.col("rewritings") > 0}

    def not_applicable(self) -> pl.Expr:
        return pl.col("rewritings").is_null()
