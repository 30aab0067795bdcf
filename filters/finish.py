"""Did the sample end by itself? Failed requests and cut-off texts are dropped here, and only here
judged without text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.findings import scattered
from filters.format import is_api_error
from filters.schema import FINISH_REASONS

_STOP, _LENGTH, _ERROR = range(len(FINISH_REASONS))
_TAIL = 400
"""characters of the end that are looked at"""

# a text that was cut ends in a letter, a comma, an open bracket or an operator
_OPEN_END = r"[\p{L},;(\[{=+*/\\<≤≥→、，；（-]\s*$"
# ... unless its last line is a heading, a list item, a table row, or a short `Answer: East`
_STATEMENT = (
    r"(?:^|\n)[ \t]*(?:(?:#|[-*•]\s|\d+[.)]\s|\|)[^\n]*|[^\n]{0,200}[:：=]\s*[^\n:：=]{0,40})\s*$"
)


def breaks_off(text: pl.Expr) -> pl.Expr:
    """Whether the text ends inside a sentence."""
    end = text.str.tail(_TAIL)
    return end.str.contains(_OPEN_END) & ~end.str.contains(_STATEMENT)


def _lengths_of_cut(frame: pl.DataFrame) -> pl.Series:
    """Characters of a text without tags that ends inside a sentence, else none."""
    rows = frame.select(pl.col("tag_form") == "no-tags").to_series().arg_true()
    text = frame.get_column("response").gather(rows).to_frame()
    body = pl.col("response")
    cut = text.select((body.str.len_chars() * breaks_off(body)).cast(pl.Float64)).to_series()
    return scattered(frame.height, rows, cut)


@dataclass(frozen=True)
class Finish(Filter):
    """Drops failed samples (an error message in place of a text is one) and cut-off ones. Where no
    finish reason was recorded, thinking that never ends is a cut, and so is a long text without
    tags that ends inside a sentence."""

    name: ClassVar[str] = "finish"
    scores: ClassVar[tuple[str, ...]] = ("finish", "failed", "unclosed", "breaks_off")
    judges_missing_text: ClassVar[bool] = True

    long: int = 500
    """characters from which a text without tags can be a cut one; below it is a terse reply"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        body, reason = pl.col("response"), pl.col("finish_reason")
        api_error = is_api_error(frame.get_column("response"))
        return frame.select(
            reason.replace_strict({r: i for i, r in enumerate(FINISH_REASONS)}, default=None)
            .cast(pl.Float64)
            .alias("finish"),
            (pl.col("error").is_not_null() | body.is_null() | api_error).alias("failed"),
            (pl.col("tag_form") == "think-open-only").fill_null(False).alias("unclosed"),
            _lengths_of_cut(frame).alias("breaks_off"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        finish = pl.col("finish")
        looks_cut = (pl.col("unclosed") > 0) | (pl.col("breaks_off") >= self.long)
        return {
            "failed": (pl.col("failed") > 0) | (finish == _ERROR),
            "truncated": (finish == _LENGTH) | (finish.is_null() & looks_cut),
        }

    def input_hash(self) -> pl.Expr:
        return pl.concat_str(
            pl.col("response_hash").fill_null(""),
            pl.col("finish_reason").fill_null(""),
            pl.col("error").is_not_null().cast(pl.String),
            separator="/",
        )
