"""How long are thinking and summary, in tokens? By a tokenizer where one is named, else estimated
from characters and marked so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from filters.base import Filter, scoring
from filters.errors import UserError, needs_extra
from filters.settings import Count, Text
from filters.trace_format import NO_TAGS

if TYPE_CHECKING:
    from tokenizers import Tokenizer

CHARS_PER_TOKEN = 3.3
"""of reasoning in Latin script, LaTeX and digits included"""
TOKENS_PER_WIDE = 0.65
"""tokens per character outside ASCII: Chinese, mostly"""


@dataclass(frozen=True)
class Length(Filter):
    """Bounds on thinking and summary. A text without tags counts as thinking: it has no summary
    that could be too short, but it can be too long."""

    name: ClassVar[str] = "length"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("thinking_tokens", "summary_tokens", "estimated")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "thinking_min": ("thinking_tokens", "<"),
        "thinking_max": ("thinking_tokens", ">"),
        "summary_min": ("summary_tokens", "<"),
        "summary_max": ("summary_tokens", ">"),
    }

    tokenizer: Text | None = scoring(None)
    """a folder or Hub name with a tokenizer; without one, tokens are estimated from characters"""
    thinking_min: Count = 16
    """one clause; the shortest of 1,596 real ones has 74, of 3,000 made-up ones 55"""
    thinking_max: Count = 32_768
    """R1's context (arXiv 2501.12948)"""
    summary_min: Count = 1
    summary_max: Count = 8_192

    def __post_init__(self) -> None:
        for part in ("thinking", "summary"):
            low, high = getattr(self, f"{part}_min"), getattr(self, f"{part}_max")
            if low > high:
                raise UserError(f"length.{part}_min is {low}, which is above {part}_max, {high}")

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        count = estimate if self.tokenizer is None else partial(_count, self.tokenizer)
        tokens = frame.select("tag_form", *map(count, frame.select("thinking", "summary")))
        tagged = pl.col("tag_form") != NO_TAGS
        return tokens.select(
            pl.when(tagged).then("thinking").otherwise("summary").alias("thinking_tokens"),
            pl.when(tagged).then("summary").alias("summary_tokens"),
            pl.lit(self.tokenizer is None).alias("estimated"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        thinking, summary = pl.col("thinking_tokens"), pl.col("summary_tokens")
        return {
            "thinking_too_short": thinking < self.thinking_min,
            "thinking_too_long": thinking > self.thinking_max,
            "summary_too_short": summary < self.summary_min,
            "summary_too_long": summary > self.summary_max,
        }


def estimate(texts: pl.Series) -> pl.Series:
    """Tokens that each text has about. Of how many characters lie outside ASCII only the bytes
    tell: nearly all of those have three, so each adds two to what there are more of."""
    chars = texts.str.len_chars().cast(pl.Float64)
    wide = (texts.str.len_bytes() - chars) / 2
    return ((chars - wide) / CHARS_PER_TOKEN + wide * TOKENS_PER_WIDE).ceil()


def _count(name: str, texts: pl.Series) -> pl.Series:
    encode = load_tokenizer(name).encode_batch_fast
    known = texts.fill_null("").to_list()
    sizes = [len(encoding) for encoding in encode(known, add_special_tokens=False)]
    return pl.Series(texts.name, sizes, pl.Float64).set(texts.is_null(), None)


@lru_cache(maxsize=2)
def load_tokenizer(name: str) -> Tokenizer:
    """From `tokenizer.json` in a folder, or from the Hub."""
    from pathlib import Path

    with needs_extra("train", "length.tokenizer needs the package"):
        from tokenizers import Tokenizer
    file = Path(name) / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(file)) if file.exists() else Tokenizer.from_pretrained(name)
    except Exception as error:  # tokenizers raises bare Exception, whatever went wrong
        raise UserError(f"length.tokenizer: no tokenizer at {name!r} ({error})") from None
