"""How hard is the problem for the model that was sampled? Its pass rate over the samples:

    pass_rate = correct / (decided + truncated)

decided: samples whose correctness is true or false. truncated: samples cut off at the token limit
(finish_reason `length`) whose check came to no end (timeout, resource_limit, sandbox_error); they
count as not correct. Failed samples (finish_reason `error`, or no text) and all others undecided,
such as those of a problem without gold, are left out and counted; rewritings are no samples of the
model. Below `min_samples` the rate says nothing and the filter does not apply.
"""

from __future__ import annotations

import dataclasses
from typing import ClassVar

import polars as pl

from filters.base import GroupFilter
from filters.errors import UserError
from filters.settings import Positive, Share
from filters.verifiers.outcome import RESOURCE_LIMIT, SANDBOX_ERROR, TIMEOUT

SAMPLED = pl.col("origin").ne_missing(pl.lit("rewritten"))
FAILED = pl.col("finish_reason").eq("error").fill_null(False) | pl.col("response_hash").is_null()
DECIDED = ~FAILED & pl.col("correct").is_not_null()
UNENDED = pl.col("outcome").is_in([TIMEOUT, RESOURCE_LIMIT, SANDBOX_ERROR]).fill_null(False)
TRUNCATED = ~FAILED & ~DECIDED & UNENDED & pl.col("finish_reason").eq("length").fill_null(False)


@dataclasses.dataclass(frozen=True)
class Difficulty(GroupFilter):
    """The defaults drop nothing: R1 kept correct samples of problems of any difficulty. A problem
    that no sample solved stays a problem and is listed for resampling."""

    name: ClassVar[str] = "difficulty"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("pass_rate", "samples", "correct", "undecided", "failed")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "low": ("pass_rate", "<"),
        "high": ("pass_rate", ">"),
    }
    within_problem: ClassVar[bool] = True
    reads: ClassVar[tuple[str, ...]] = (
        "problem_id",
        "response_hash",
        "finish_reason",
        "correct",
        "outcome",
        "origin",
    )

    low: Share = 0.0
    """drop what is solved less often: too hard"""
    high: Share = 1.0
    """drop what is solved more often: too easy"""
    min_samples: Positive = 4
    """decided + truncated samples from which a rate means something"""

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise UserError(f"difficulty.low is {self.low}, which is above high, {self.high}")

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        counts = {
            "samples": DECIDED | TRUNCATED,
            "correct": DECIDED & pl.col("correct").cast(pl.Boolean),
            "undecided": ~FAILED & ~DECIDED & ~TRUNCATED,
            "failed": FAILED,
        }
        counted = frame.select(
            (SAMPLED & condition)
            .fill_null(False)
            .sum()
            .over("problem_id")
            .cast(pl.Float64)
            .alias(name)
            for name, condition in counts.items()
        )
        rate = pl.when(pl.col("samples") > 0).then(pl.col("correct") / pl.col("samples"))
        return counted.select(rate.alias("pass_rate"), *counts)

    def rules(self) -> dict[str, pl.Expr]:
        rate = pl.col("pass_rate")
        return {"too_hard": rate < self.low, "too_easy": rate > self.high}

    def not_applicable(self) -> pl.Expr:
        return pl.col("samples") < self.min_samples
