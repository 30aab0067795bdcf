"""A text for people to read: cut where findings begin and end, with hidden characters shown.

What a model wrote is hostile until shown otherwise. A page gets it in pieces that it escapes; what
would be invisible, or turn the text around (control, bidirectional and zero-width characters), is
a piece of its own that is shown by its code.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from filters.trace_format import after_thinking

HIDDEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    r"\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
"""not the joiners (U+200C, U+200D), which emoji and Persian need"""


@dataclass(frozen=True)
class Piece:
    text: str
    found: tuple[str, ...] = ()
    """`filter: what` of each finding that covers it"""
    begins: tuple[str, ...] = ()
    """those of them that begin here"""
    at: int = 0
    """the character at which it begins"""
    hidden: str = ""
    """the character's code and name, where it is one that cannot be seen"""


@dataclass(frozen=True)
class Part:
    """A trace has two: thinking and reply, or a reply alone."""

    name: str
    pieces: list[Piece]


@dataclass(frozen=True)
class Mark:
    """Something that a filter found at these characters of the response."""

    label: str
    start: int
    end: int


def marks(verdicts: Iterable[dict[str, Any]]) -> list[Mark]:
    """Of verdicts with `filter` and `detail`, those findings that are places in the text."""
    return [
        Mark(f"{verdict['filter']}: {item['what']}", item["start"], item["end"])
        for verdict in verdicts
        for item in verdict["detail"] or ()
        if item["start"] is not None and item["end"] is not None
    ]


def parts(text: str, found: Sequence[Mark] = ()) -> list[Part]:
    """Thinking with its tags, then the reply."""
    reply = after_thinking(text)
    begin = len(text) if reply is None else len(text) - len(reply)
    cut = [("thinking", 0, begin), ("reply", begin, len(text))]
    return [
        Part(name, list(pieces(text, found, start, end)))
        for name, start, end in cut
        if text[start:end].strip()
    ]


def pieces(
    text: str, found: Sequence[Mark] = (), start: int = 0, end: int | None = None
) -> Iterator[Piece]:
    """The text between two places, cut where a finding begins or ends."""
    end = len(text) if end is None else end
    inside = [mark for mark in found if mark.start < end and mark.end > start]
    edges = {start, end, *(max(start, m.start) for m in inside), *(min(end, m.end) for m in inside)}
    ordered = sorted(edges)
    for at, upto in itertools.pairwise(ordered):
        covering = [m for m in inside if m.start <= at and m.end >= upto]
        labels = tuple(dict.fromkeys(m.label for m in covering))
        begins = tuple(dict.fromkeys(m.label for m in covering if max(start, m.start) == at))
        for number, piece in enumerate(_seen(text[at:upto])):
            yield Piece(piece.text, labels, () if number else begins, at, piece.hidden)


def _seen(text: str) -> Iterator[Piece]:
    upto = 0
    for match in HIDDEN.finditer(text):
        if match.start() > upto:
            yield Piece(text[upto : match.start()])
        yield Piece("", hidden=_name(match[0]))
        upto = match.end()
    if upto < len(text):
        yield Piece(text[upto:])


def _name(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".strip()
