"""Did the sample end by itself? Failed requests and cut-off texts are dropped here, and only here
judged without text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.finish.breaking_off import TAIL, breaks_off
from filters.format.api_errors import is_api_error
from filters.settings import Count
from filters.trace_format import NO_TAGS, OPEN_ONLY
from filters.verdict_rows import scattered


@dataclass(frozen=True)
class Finish(Filter):
    """Drops failed samples (an error message in place of a text is one) and cut-off ones. Where no
    finish reason was recorded, thinking that never ends is a cut, and so is a thinking, a summary
    or a long text without tags that ends inside a sentence. The label is the finish reason as it
    was recorded."""

    name: ClassVar[str] = "finish"
    version: ClassVar[int] = 6
    scores: ClassVar[tuple[str, ...]] = ("failed", "unclosed", "breaks_off", "part_breaks_off")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "long": ("breaks_off", ">="),
        "long_part": ("part_breaks_off", ">="),
    }
    judges_missing_text: ClassVar[bool] = True

    long: Count = 500
    """characters from which a text without tags can be a cut one; below it is a terse reply"""
    long_part: Count = 40
    """the same of a thinking or a summary between tags"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text, form = pl.col("response"), pl.col("tag_form")
        unknown = frame.get_column("finish_reason").is_null()
        untagged = unknown & frame.select(form.eq_missing(NO_TAGS)).to_series()
        parts = ("thinking", "summary")
        broken = [_broken_off(frame.get_column(part), unknown & ~untagged) for part in parts]
        return frame.select(
            pl.col("finish_reason").alias("label"),
            (text.is_null() | pl.col("error").is_not_null() | is_api_error(text)).alias("failed"),
            form.eq_missing(OPEN_ONLY).alias("unclosed"),
            _broken_off(frame.get_column("response"), untagged).alias("breaks_off"),
            pl.max_horizontal(broken).alias("part_breaks_off"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        label = pl.col("label")
        breaks = (pl.col("breaks_off") >= self.long) | (pl.col("part_breaks_off") >= self.long_part)
        looks_cut = (pl.col("unclosed") > 0) | breaks
        return {
            "failed": (pl.col("failed") > 0) | (label == "error"),
            "truncated": (label == "length") | (label.is_null() & looks_cut),
        }

    def input_hash(self) -> pl.Expr:
        return pl.concat_str(
            pl.col("response_hash").fill_null(""),
            pl.col("finish_reason").fill_null(""),
            pl.col("error").is_not_null().cast(pl.String),
            separator="/",
        )


def _broken_off(texts: pl.Series, where: pl.Series) -> pl.Series:
    """Characters of those of the texts that end inside a sentence; of the others none."""
    rows = where.arg_true()
    those = texts[rows]
    broken = pl.Series([breaks_off(end) for end in those.str.tail(TAIL).fill_null("")])
    return scattered(texts.len(), rows, those.str.len_chars().fill_null(0) * broken)
