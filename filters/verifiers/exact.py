"""Exact match: the answer, markup and case aside, is the gold text."""

from __future__ import annotations

from filters.verifiers.words import plain_words


def same_text(gold: str, answer: str) -> bool:
    return plain_words(gold) == plain_words(answer)
