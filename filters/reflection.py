"""Words of a model that doubts what it wrote. How often they come is a figure of R1's training:
five- to sevenfold from its first step to its last."""

from __future__ import annotations

import polars as pl

WORDS = (
    *("wait", "mistake", "however", "but", "retry", "error", "verify", "wrong", "evaluate"),
    "check",
)
"""R1's list (arXiv 2501.12948 v2), English words alone"""
PATTERN = rf"(?i)\b(?:{'|'.join(WORDS)})\b"


def reflection_words(text: pl.Expr) -> pl.Expr:
    """How many of them a text has, as whole words in any case; null where there is no text."""
    return text.str.count_matches(PATTERN)
