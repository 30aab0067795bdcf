"""Twins of a row: the same again, or with edits too small to make it another trace."""

from __future__ import annotations

import re
from random import Random

from ..rows import Row, parts, rebuilt

SWAPS = {
    "so": "thus",
    "but": "yet",
    "is": "equals",
    "first": "1st",
    "then": "afterwards",
    "need": "have",
    "check": "test",
    "answer": "result",
    "total": "overall",
    "all": "every",
    "gives": "yields",
    "same": "identical",
}


def exact(row: Row, rng: Random) -> Row:
    return dict(row)


def other_case(row: Row, rng: Random) -> Row | None:
    """A third of the thinking with its words capitalized."""
    text = parts(row).thinking
    start, length = rng.randrange(max(1, len(text) // 2)), len(text) // 3
    piece = text[start : start + length]
    changed = re.sub(r"\b[a-zа-я]", lambda found: found[0].upper(), piece)
    if changed == piece:
        return None
    return rebuilt(row, thinking=text[:start] + changed + text[start + length :])


def other_whitespace(row: Row, rng: Random) -> Row:
    text = re.sub(r"(?<=[.!?]) ", lambda found: rng.choice((" ", "  ")), row["response"])
    text = re.sub(r"\n\n(?!\|)", lambda found: rng.choice(("\n\n", "\n")), text)
    return {**row, "response": text}


def _edited(rng: Random, text: str, share: float) -> str:
    spots = [m for m in re.finditer(r"[a-z]+", text) if m[0] in SWAPS]
    words = max(1, int(len(text.split()) * share))
    for spot in sorted(rng.sample(spots, min(words, len(spots))), key=lambda m: -m.start()):
        text = text[: spot.start()] + SWAPS[spot[0]] + text[spot.end() :]
    return text


def word_edits(row: Row, rng: Random) -> Row | None:
    """About one word in a hundred exchanged."""
    if row["language"] != "en":
        return None
    return {**row, "response": _edited(rng, row["response"], rng.choice((0.004, 0.008, 0.012)))}


def across_problems(row: Row, rng: Random) -> Row | None:
    """The same trace, hardly changed, under a problem that is worded a little differently."""
    if row["language"] != "en":
        return None
    before = rng.choice(("Please solve: ", "Problem. ", "Here is a question for you. "))
    edited = _edited(rng, row["response"], 0.005)
    return {**row, "problem": before + row["problem"], "response": edited}


def one_more_sentence(row: Row, rng: Random) -> Row:
    more = {"zh": "完成了。", "ja": "以上です。"}.get(row["language"], "That is all.")
    return {**row, "response": f"{row['response'].rstrip()}\n\n{more}"}


DEFECTS = {
    "exact": exact,
    "other_case": other_case,
    "other_whitespace": other_whitespace,
    "word_edits": word_edits,
    "across_problems": across_problems,
    "one_more_sentence": one_more_sentence,
}
