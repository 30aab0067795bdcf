"""Thinking or summaries of a length no training example should have.

The bounds are settings, so the cases lie far outside any sensible one: a thinking of a word or
two, a thinking beyond the 32,768 tokens R1 was trained with, a summary as long as a chapter.
"""

from __future__ import annotations

from random import Random

from ..rows import Row, parts, rebuilt
from ..sound import several


def _chapters(rng: Random, least: int, part: str) -> str:
    pieces: list[str] = []
    while sum(map(len, pieces)) < least:
        pieces.append(getattr(parts(several(rng, "en", 9)), part))
    return "\n\n".join(pieces)


def thinking_too_short(row: Row, rng: Random) -> Row:
    said = {"zh": ("好。", "很简单。", "嗯。"), "ja": ("はい。",)}
    words = said.get(row["language"], ("Okay.", "Easy.", "Ok, I know.", "Hmm.", "…"))
    return rebuilt(row, thinking=rng.choice(words))


def thinking_too_long(row: Row, rng: Random) -> Row | None:
    if row["language"] != "en":
        return None
    more = _chapters(rng, rng.choice((180_000, 250_000)), "thinking")
    return rebuilt(row, thinking=f"{parts(row).thinking}\n\n{more}")


def summary_too_long(row: Row, rng: Random) -> Row | None:
    if row["language"] != "en":
        return None
    more = _chapters(rng, rng.choice((50_000, 90_000)), "summary")
    return rebuilt(row, summary=f"{parts(row).summary}\n\n{more}")


DEFECTS = {
    "thinking_too_short": thinking_too_short,
    "thinking_too_long": thinking_too_long,
    "summary_too_long": summary_too_long,
}
