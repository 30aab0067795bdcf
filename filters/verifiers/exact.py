"""Exact match: the answer is the gold text, but for case, spacing, quotes and a final stop."""

from __future__ import annotations

import re

_TEXT = re.compile(r"\\text(?:bf|it|rm|normal)?\s*\{([^{}]*)\}")


def same_text(gold: str, answer: str) -> bool:
    return _bare(gold) == _bare(answer)


def _bare(text: str) -> str:
    """Without white space at the ends or doubled, dollar signs, quotes and a final stop."""
    words = _TEXT.sub(r"\1", text).replace("$", " ").split()
    return " ".join(words).strip("\"'`").rstrip(".").casefold()
