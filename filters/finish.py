"""Did the sample end by itself? Failed requests and cut-off texts are dropped here, and only here
judged without text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.format import is_api_error
from filters.schema import FINISH_REASONS
from filters.settings import Count
from filters.texts import Texts
from filters.verdict_rows import scattered

_STOP, _LENGTH, _ERROR = range(len(FINISH_REASONS))
_CODES = dict(zip(FINISH_REASONS, (_STOP, _LENGTH, _ERROR), strict=True))
_TAIL = 400
"""characters of the end that are looked at"""

# a text that was cut ends in a letter, a comma, an open bracket or an operator; a * right behind a
# word or sign closes what was emphasised
_OPEN_END = r"(?:[\p{L},;(\[{=+/\\<≤≥→、，；（-]|\s\*+)\s*$"
# ... unless its last line is a heading, a list item, a table row, or a short `Answer: East`
_STATEMENT = (
    r"(?:^|\n)[ \t]*(?:(?:#|[-*•]\s|\d+[.)]\s|\|)[^\n]*|[^\n]{0,200}[:：=]\s*[^\n:：=]{0,40})\s*$"
)


def breaks_off(text: pl.Expr) -> pl.Expr:
    """Whether the text ends inside a sentence."""
    end = text.str.tail(_TAIL)
    return end.str.contains(_OPEN_END) & ~end.str.contains(_STATEMENT)


def _lengths_of_cut(body: pl.Series, forms: list[str | None]) -> pl.Series:
    """Characters of a text without tags that ends inside a sentence, else none."""
    rows = pl.Series([row for row, form in enumerate(forms) if form == "no-tags"], dtype=pl.Int64)
    text = pl.col(body.name)
    cut = body[rows].to_frame().select(text.str.len_chars() * breaks_off(text)).to_series()
    return scattered(len(body), rows, cut)


@dataclass(frozen=True)
class Finish(Filter):
    """Drops failed samples (an error message in place of a text is one) and cut-off ones. Where no
    finish reason was recorded, thinking that never ends is a cut, and so is a long text without
    tags that ends inside a sentence."""

    name: ClassVar[str] = "finish"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("finish", "failed", "unclosed", "breaks_off")
    judges_missing_text: ClassVar[bool] = True

    long: Count = 500
    """characters from which a text without tags can be a cut one; below it is a terse reply"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        body, forms = frame.get_column("response"), frame.get_column("tag_form").to_list()
        texts = Texts(body)
        no_answer = texts.null | frame.get_column("error").is_not_null().to_numpy()
        return pl.DataFrame(
            {
                "finish": [_CODES.get(reason) for reason in frame.get_column("finish_reason")],
                "failed": no_answer | is_api_error(texts),
                "unclosed": [form == "think-open-only" for form in forms],
                "breaks_off": _lengths_of_cut(body, forms),
            },
            schema=dict.fromkeys(self.scores, pl.Float64),
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
