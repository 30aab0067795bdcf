"""How much of one text it has had before, in stretches of some 20 words and in whole lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

_STRETCH_BYTES = 110
"""of a stretch: about 20 English words, or 36 Han characters"""
_LINE_BYTES, _TELLING_BYTES = 20, _STRETCH_BYTES
"""a line shorter than the first may be said again; one longer than the second says something"""
_BEGIN = re.compile(rb"(?<![^\0- ])[^\0- ]|[\xe0-\xff]")
"""of a word, or a wide character"""
_NO_WORDS = re.compile(rb"[^\0- \xe0-\xff]{400}")
"""a stretch in which no word begins; stretches begin anywhere then"""


def repeated(raw: bytes) -> float:
    """The share of stretches of some 20 words that the text has had before."""
    last = len(raw) - _STRETCH_BYTES + 1
    begins: Iterable[int] = range(last)
    if not _NO_WORDS.search(raw):
        begins = (begin.start() for begin in _BEGIN.finditer(raw, 0, max(0, last)))
    stretches = [hash(raw[at : at + _STRETCH_BYTES]) for at in begins]
    return 1 - len(set(stretches)) / len(stretches) if stretches else 0.0


def repeated_lines(raw: bytes) -> tuple[float, int]:
    """The share of the text that is lines it has had before, and how often its commonest long
    line comes."""
    lines = Counter(line for line in map(bytes.strip, raw.split(b"\n")) if len(line) >= _LINE_BYTES)
    again = sum((times - 1) * len(line) for line, times in lines.items())
    often = (times for line, times in lines.items() if len(line) >= _TELLING_BYTES)
    return again / max(1, len(raw)), max(often, default=0)
