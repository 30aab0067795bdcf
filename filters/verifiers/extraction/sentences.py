"""Cutting a reply into sentences, and finding its displayed formulas and its ending."""

from __future__ import annotations

import re

TAIL_CHARS = 6_000
"""How far back from the end of a reply an unboxed answer is looked for."""

_SENTENCE_END = re.compile(
    r"[.!?。！？।\n](?:(?<=[.!?])[\"')*]*(?:\s+|$)(?=[^a-z]|$)|(?<=[。！？।])"
    r"|(?<=\n)(?:(?<![:：]\n)\s*\n|(?=\s*(?:[-*#]|\d+\.))))"
)
"""begins with its sign, for which a search is quick"""

_ABBREVIATIONS = frozenset(
    "approx. ca. e.g. i.e. vs. no. Mr. Mrs. Ms. Prof. Jr. Dr. St. sq. ft. in. hr. min.".split()
)


def _is_abbreviation(text: str, end: int) -> bool:
    """Whether the full stop before that place only shortens a word: `5 sq. ft.`, `J. Smith`."""
    word = text[max(0, end - 10) : end].rpartition(" ")[2].lstrip("(\"'*\n")
    return word in _ABBREVIATIONS or (len(word) == 2 and word[0].isupper() and word[1] == ".")


def first_sentence(text: str) -> str:
    line = text.split("\n", 1)[0] if not text.startswith(("\\[", "$$")) else text
    for match in _SENTENCE_END.finditer(line):
        if line[match.start()] not in ".!?":
            return line[: match.start()]
        if not _is_abbreviation(line, match.start() + 1):
            return line[: match.start() + 1]
    return line


def sentences_in(text: str) -> list[str]:
    found, start = [], 0
    display = display_spans(text)
    for match in _SENTENCE_END.finditer(text):
        if display and any(a < match.start() < b for a, b in display):
            continue
        if text[match.start()] == "." and _is_abbreviation(text, match.start() + 1):
            continue
        found.append(text[start : match.end()].strip())
        start = match.end()
    found.append(text[start:].strip())
    return [sentence for sentence in found if sentence]


DISPLAYED = re.compile(r"(?:\\\[[^\0]{1,2000}\\\]|\$\$[^$]{1,2000}\$\$|\\\([^\n]{1,500}\\\))[.\s]*")

_DISPLAY = re.compile(r"\\\[|\\\]|\$\$")


def display_spans(text: str) -> list[tuple[int, int]]:
    if "\\[" not in text and "$$" not in text:
        return []
    marks = [m.start() for m in _DISPLAY.finditer(text)]
    return list(zip(marks[::2], marks[1::2], strict=False))[-100:]


_PARAGRAPH = re.compile(r"\n\s*\n")


def ending(text: str) -> str:
    """The last two paragraphs, from behind the last display formula on."""
    text = text.rstrip()
    display = display_spans(text)
    start = display[-1][1] + 2 if display else 0
    breaks = [m.end() for m in _PARAGRAPH.finditer(text)]
    return text[max(start, breaks[-2] if len(breaks) > 1 else 0) :]
