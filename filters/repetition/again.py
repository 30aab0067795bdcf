"""How much of one text it has had before, in stretches of some 20 words and in whole lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from itertools import accumulate

_STRETCH_BYTES = 110
"""of a stretch: about 20 English words, or 36 Han characters"""
_LINE_BYTES, _TELLING_BYTES = 20, _STRETCH_BYTES
"""a line shorter than the first may be said again; one longer than the second says something"""
_WORD = re.compile(rb"[^\0- ][^\0- \xe0-\xff]*[\0- ]*")
"""a word, or a wide character, with the blanks behind it"""
_BLANKS = bytes(range(ord(" ") + 1))
_LONGEST_WORD = 400
"""bytes; where one is longer, stretches begin anywhere"""


def repeated(raw: bytes) -> float:
    """The share of stretches of some 20 words that the text has had before."""
    raw = raw.lstrip(_BLANKS)
    words = list(map(len, _WORD.findall(raw)))
    begins: Iterable[int] = accumulate(words, initial=0)
    if max(words, default=0) > _LONGEST_WORD:
        begins = range(len(raw))
    last = len(raw) - _STRETCH_BYTES
    stretches = [hash(raw[at : at + _STRETCH_BYTES]) for at in begins if at <= last]
    return 1 - len(set(stretches)) / len(stretches) if stretches else 0.0


def repeated_lines(raw: bytes) -> tuple[float, int]:
    """The share of the text that is lines it has had before, and how often its commonest long
    line comes."""
    lines = Counter(line for line in map(bytes.strip, raw.split(b"\n")) if len(line) >= _LINE_BYTES)
    again = sum((times - 1) * len(line) for line, times in lines.items())
    often = (times for line, times in lines.items() if len(line) >= _TELLING_BYTES)
    return again / max(1, len(raw)), max(often, default=0)
