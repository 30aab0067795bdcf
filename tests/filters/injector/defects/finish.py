"""Traces that were cut off, with a reason given or without."""

from __future__ import annotations

from random import Random

from ..rows import Row, parts


def _cut(rng: Random, text: str, lowest: float) -> str:
    """The text up to the middle of a word somewhere after its given share."""
    at = rng.randint(int(len(text) * lowest), len(text) - 10)
    while at > 1 and not (text[at - 1].isalnum() and text[at].isalnum()):
        at -= 1
    return text[:at]


def cut_by_length(row: Row, rng: Random) -> Row:
    opening = rng.choice(("<think>\n", ""))
    text = opening + _cut(rng, parts(row).thinking, 0.4)
    return {**row, "response": text, "finish_reason": "length"}


def cut_without_reason(row: Row, rng: Random) -> Row:
    """No finish reason is known: only the missing end of thinking tells."""
    opening = rng.choice(("<think>\n", ""))
    text = opening + _cut(rng, parts(row).thinking, 0.4)
    return {**row, "response": text, "finish_reason": None}


def cut_in_summary(row: Row, rng: Random) -> Row | None:
    old = parts(row)
    if len(old.summary) < 60:
        return None
    text = row["response"][: -len(old.summary)] + _cut(rng, old.summary, 0.2)
    return {**row, "response": text, "finish_reason": "length"}


def failed(row: Row, rng: Random) -> Row:
    text = _cut(rng, parts(row).thinking, 0.1)
    return {**row, "response": text, "finish_reason": "error"}


def cut_mid_sentence(row: Row, rng: Random) -> Row | None:
    """The summary stops inside a word, and no finish reason is known."""
    old = parts(row).summary
    if len(old) < 120:
        return None
    cut = _cut(rng, old, 0.5)
    return {**row, "response": row["response"][: -len(old)] + cut, "finish_reason": None}


DEFECTS = {
    "cut_by_length": cut_by_length,
    "cut_without_reason": cut_without_reason,
    "cut_in_summary": cut_in_summary,
    "cut_mid_sentence": cut_mid_sentence,
    "failed": failed,
}
