"""The best n traces of each problem, last of all: among those that every other filter keeps.

The score is the place in the stated order, so another n needs no new ranking.
"""

from __future__ import annotations

import dataclasses
from math import nan
from typing import ClassVar

import polars as pl

from filters.base import NOT_JUDGED, GroupFilter, scoring
from filters.errors import UserError, did_you_mean
from filters.settings import Positive
from filters.verdict_rows import scattered

ORDERS: dict[str, tuple[str, bool]] = {
    # name -> (column, descending); length is that of the thinking in tokens
    "shortest": ("thinking_tokens", False),
    "longest": ("thinking_tokens", True),
    "first": ("sample_index", False),
}


@dataclasses.dataclass(frozen=True)
class Select(GroupFilter):
    name: ClassVar[str] = "select"
    version: ClassVar[int] = 1
    scores: ClassVar[tuple[str, ...]] = ("rank",)
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "best": ("rank", ">"),
    }
    within_problem: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = (
        *("problem_id", "response_hash", "sample_index", "fate", "thinking_tokens"),
    )

    best: Positive | None = None
    """traces kept per problem; null = all"""
    order: str = scoring("shortest")
    """shortest or longest thinking, or first sampled; ties go to the lower trace_id"""

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise UserError(f"select.order is {self.order!r}{did_you_mean(self.order, ORDERS)}")

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        column, descending = ORDERS[self.order]
        rows = frame.select("trace_id", "problem_id", "fate", column).with_row_index("row")
        kept = rows.filter(pl.col("fate") == "kept")
        # one sort after another: by two columns at once takes six times as long
        ordered = kept.sort("trace_id").sort(
            column, descending=descending, nulls_last=True, maintain_order=True
        )
        rank = pl.int_range(1, pl.len() + 1).over("problem_id").alias("rank")
        ranked = ordered.select("row", rank)
        ranks = scattered(frame.height, ranked["row"], ranked["rank"], rest=nan)
        return pl.DataFrame({"rank": ranks})

    def rules(self) -> dict[str, pl.Expr]:
        return {} if self.best is None else {"not_among_best": pl.col("rank") > self.best}

    def undecided(self) -> dict[str, pl.Expr]:
        return {NOT_JUDGED: pl.col("rank").is_null()}
