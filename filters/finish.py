"""Did the sample end by itself? Failed requests and cut-off texts are dropped here, and only here
judged without text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.format import is_api_error
from filters.settings import Count

_TAIL = 400
"""characters of the end that are looked at: the last line, of which 240 may be a statement; with
100 or 1,000 the same 29 of 1,847 real texts break off"""

# a text that was cut ends in a letter, a comma, an open bracket or an operator; a * right behind a
# word or sign closes what was emphasised
_OPEN_END = r"(?:[\p{L},;(\[{=+/\\<≤≥→、，；（-]|\s\*+)\s*$"
# ... unless its last line is a heading, a list item, a table row, or a short `Answer: East`: half
# or twice as much room before and behind the colon changes one or two of those texts
_STATEMENT = (
    r"(?:^|\n)[ \t]*(?:(?:#|[-*•]\s|\d+[.)]\s|\|)[^\n]*|[^\n]{0,200}[:：=]\s*[^\n:：=]{0,40})\s*$"
)


def breaks_off(text: pl.Expr) -> pl.Expr:
    """Whether the text ends inside a sentence."""
    end = text.str.tail(_TAIL)
    return end.str.contains(_OPEN_END) & ~end.str.contains(_STATEMENT)


@dataclass(frozen=True)
class Finish(Filter):
    """Drops failed samples (an error message in place of a text is one) and cut-off ones. Where no
    finish reason was recorded, thinking that never ends is a cut, and so is a long text without
    tags that ends inside a sentence. The label is the finish reason as it was recorded."""

    name: ClassVar[str] = "finish"
    version: ClassVar[int] = 3
    scores: ClassVar[tuple[str, ...]] = ("failed", "unclosed", "breaks_off")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "long": ("breaks_off", ">="),
    }
    judges_missing_text: ClassVar[bool] = True

    long: Count = 500
    """characters from which a text without tags can be a cut one; below it is a terse reply"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text, form = pl.col("response"), pl.col("tag_form")
        breaks = (form == "no-tags") & breaks_off(text)
        return frame.select(
            pl.col("finish_reason").alias("label"),
            (text.is_null() | pl.col("error").is_not_null() | is_api_error(text)).alias("failed"),
            form.eq_missing("think-open-only").alias("unclosed"),
            pl.when(breaks).then(text.str.len_chars()).otherwise(0).alias("breaks_off"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        label = pl.col("label")
        looks_cut = (pl.col("unclosed") > 0) | (pl.col("breaks_off") >= self.long)
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
