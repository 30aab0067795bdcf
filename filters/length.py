"""How long are thinking and summary, in tokens? By a tokenizer where one is named, else estimated
from characters and marked so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import polars as pl

from filters.base import Filter, scoring
from filters.errors import UserError
from filters.settings import Count, Text

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
        thinking, summary = (self._tokens(frame, part) for part in ("thinking", "summary"))
        untagged = (frame.get_column("tag_form") == "no-tags").to_numpy()
        tokens = {
            "thinking_tokens": np.where(untagged, summary, thinking),
            "summary_tokens": np.where(untagged, np.nan, summary),
            "estimated": np.full(frame.height, float(self.tokenizer is None)),
        }
        return pl.DataFrame(tokens)

    def _tokens(self, frame: pl.DataFrame, part: str) -> np.ndarray:
        """How many each text has, NaN for null."""
        texts = frame.get_column(part)
        if self.tokenizer is None:
            return estimate(frame.get_column(f"{part}_chars"), texts.str.len_bytes())
        return np.where(texts.is_null(), np.nan, _count(texts.fill_null(""), self.tokenizer))

    def rules(self) -> dict[str, pl.Expr]:
        thinking, summary = pl.col("thinking_tokens"), pl.col("summary_tokens")
        return {
            "thinking_too_short": thinking < self.thinking_min,
            "thinking_too_long": thinking > self.thinking_max,
            "summary_too_short": summary < self.summary_min,
            "summary_too_long": summary > self.summary_max,
        }


def estimate(chars: pl.Series, size: pl.Series) -> np.ndarray:
    """Tokens of texts of so many characters and so many bytes, NaN for null: a character of three
    bytes, as Chinese has, adds two to the difference."""
    wide = (size.cast(pl.Float64) - chars) / 2
    tokens = (chars - wide) / CHARS_PER_TOKEN + wide * TOKENS_PER_WIDE
    return np.ceil(tokens.to_numpy())


def _count(texts: pl.Series, name: str) -> list[int]:
    encodings = load_tokenizer(name).encode_batch_fast(texts.to_list(), add_special_tokens=False)
    return [len(encoding) for encoding in encodings]


@lru_cache(maxsize=2)
def load_tokenizer(name: str) -> Tokenizer:
    """From `tokenizer.json` in a folder, or from the Hub."""
    from pathlib import Path

    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise UserError(
            "length.tokenizer needs the package tokenizers: pip install 'coldstart-curate[train]'"
        ) from None
    file = Path(name) / "tokenizer.json"
    try:
        return Tokenizer.from_file(str(file)) if file.exists() else Tokenizer.from_pretrained(name)
    except Exception as error:  # tokenizers raises bare Exception, whatever went wrong
        raise UserError(f"length.tokenizer: no tokenizer at {name!r} ({error})") from None
