"""Loops in one text: a stretch that repeats the one before it, again and again.

Numbers are taken as equal first, so that a counter does not hide a loop; then they are looked at:
a loop says the same or counts up, a table or a long sum computes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SEED_BYTES, _STRETCH_BYTES = 40, 110  # 110 bytes are about 20 English words, or 36 Han characters
_LAGS = 4
"""distances between equal places that are tried, of the nearest and of the second nearest"""
_MANY = 4000
"""places from which a part of them tells the period as well"""
_SHORT_LAGS = range(1, 33)
"""periods up to which all are tried: stutter, a line of one word"""
_HIGH = np.uint64(((1 << 64) - 1) ^ ((1 << 24) - 1))
_COUNTING = 16
"""rounds from which a stretch that only counts up is a loop; fewer may be a proof by cases"""
_LONG_UNIT, _LONG_TIMES = 400, 3
"""a unit of this many bytes is a loop from fewer rounds on"""
_SHORT_UNIT, _SHORT_TIMES = 40, 9
"""... and a short one from more rounds on: a refrain, a row of a table"""
_BARE_BYTES = 1200
"""from here on, a repeated stretch without any word (a sum, a rule of dashes) is a loop too"""
_LINE_BYTES, _TELLING_BYTES = 20, 110
"""a line shorter than the first may be said again; one longer than the second says something"""
_SAME_LETTERS, _SAME_DIGITS = 40, 150
"""bytes of one character; digits may be a power of ten"""


@dataclass(frozen=True, slots=True)
class Loop:
    """Bytes `start` to `end` say one thing `times` times; `what` is loop or counter_loop."""

    start: int
    end: int
    times: int
    what: str


def loops(raw: bytes, times: int, short: bool = True) -> list[Loop]:
    """The loops of at least `times` rounds in a text in UTF-8, in order, none inside another;
    those of a few words or characters only if `short`."""
    data = np.frombuffer(raw, dtype=np.uint8)
    found = list(_same_character(data)) if short else []
    norm, origin = _with_equal_numbers(data)
    for lag in sorted(_lags(norm).union(_SHORT_LAGS if short else ())):
        for start, end in _periodic(norm, lag, times):
            a, b = int(origin[start]), int(origin[end])
            if any(loop.start < b and a < loop.end for loop in found):
                continue
            if what := _verdict(raw, origin, norm, start, end, lag):
                found.append(Loop(a, b, (end - start) // lag, what))
    return sorted(found, key=lambda loop: loop.start)


def _same_character(data: np.ndarray) -> Iterator[Loop]:
    breaks = np.flatnonzero(data[1:] != data[:-1])
    edges = np.concatenate([[-1], breaks, [len(data) - 1]])
    for i in np.flatnonzero(np.diff(edges) >= _SAME_LETTERS):
        start, end = int(edges[i]) + 1, int(edges[i + 1]) + 1
        byte = bytes(data[start : start + 1])
        if byte.isalpha() or byte in b"!?" or (byte.isdigit() and end - start >= _SAME_DIGITS):
            yield Loop(start, end, end - start, "loop")


def repeated(raw: bytes) -> float:
    """The share of stretches of some 20 words that the text has had before."""
    data = np.frombuffer(raw, dtype=np.uint8)
    hashes = _hashes(data, _places(data, _STRETCH_BYTES), _STRETCH_BYTES)
    if not len(hashes):
        return 0.0
    hashes.sort()
    return float(np.count_nonzero(hashes[1:] == hashes[:-1]) / len(hashes))


def repeated_lines(raw: bytes) -> tuple[float, int]:
    """The share of the text that is lines it has had before, and how often its commonest long
    line comes."""
    seen = Counter(map(bytes.strip, raw.split(b"\n")))
    lines = {line: count for line, count in seen.items() if len(line) >= _LINE_BYTES and count > 1}
    again = sum(len(line) * (count - 1) for line, count in lines.items())
    telling = (count for line, count in lines.items() if len(line) >= _TELLING_BYTES)
    once = int(any(len(line) >= _TELLING_BYTES for line in seen))
    return again / max(1, len(raw)), max(telling, default=once)


def _with_equal_numbers(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every number as one zero, and where each byte stood (one entry more, for the end)."""
    digit = (data - np.uint8(48)) < 10
    keep = np.ones(len(data), dtype=bool)
    keep[1:] = ~(digit[1:] & digit[:-1])
    origin = np.flatnonzero(keep)
    norm = np.where(digit[origin], np.uint8(48), data[origin])
    return norm, np.append(origin, len(data))


def _places(data: np.ndarray, width: int) -> np.ndarray:
    """Where a word or a wide character begins; every byte of a text without such places."""
    if len(data) <= width:
        return np.empty(0, dtype=np.int64)
    begins = data >= 0xE0
    begins[1:] |= (data[:-1] <= 32) & (data[1:] > 32)
    begins[0] = True
    places = np.flatnonzero(begins)
    if np.diff(places, append=len(data)).max() > 400:
        places = np.arange(len(data))
    return places[: np.searchsorted(places, len(data) - width, side="right")]


@lru_cache(maxsize=4)
def _powers(count: int) -> np.ndarray:
    return np.cumprod(np.full(count, _BASE, dtype=np.uint64))


def _hashes(data: np.ndarray, places: np.ndarray, width: int) -> np.ndarray:
    """Of the `width` bytes at each place: a polynomial, by differences of its prefix sums."""
    powers = _powers(1 << max(16, int(len(data) + 1).bit_length()))
    sums = np.zeros(len(data) + 1, dtype=np.uint64)
    np.cumsum(data * powers[: len(data)], out=sums[1:])
    return (sums[places + width] - sums[places]) * powers[len(data) - places]


def _lags(norm: np.ndarray) -> set[int]:
    """The commonest distances between equal places."""
    places = _places(norm, _SEED_BYTES)
    hashes = _hashes(norm, places, _SEED_BYTES)
    if len(hashes) > _MANY:  # an eighth of the places, chosen by what stands there, is enough
        some = hashes >> np.uint64(61) == 0
        hashes, places = hashes[some], places[some]
    lags: set[int] = set()
    # 40 bits of what stands there, 24 of the place: one sort of whole numbers
    keys = (hashes & _HIGH) | places.astype(np.uint64)
    keys.sort()
    at, stands = (keys & ~_HIGH).astype(np.int64), keys >> np.uint64(24)
    for step in (1, 2):
        same = stands[step:] == stands[:-step]
        counts = np.bincount((at[step:] - at[:-step])[same])
        some = np.flatnonzero(counts > 2)
        lags.update(some[np.argsort(-counts[some], kind="stable")][:_LAGS].tolist())
    return lags


def _recurs(norm: np.ndarray, lag: int, least: int) -> bool:
    """A cheaper look for `least` bytes in a row that come again so much later: by eights, at
    places that eight divides, of which enough pairs must be equal."""
    count = max(0, len(norm) - lag) // 8
    words, later = norm[: 8 * count], norm[lag : lag + 8 * count]
    same = words.view("<u8") == later.view("<u8")
    return int(np.count_nonzero(same[1:] & same[:-1])) >= max(1, least // 8 - 2)


def _periodic(norm: np.ndarray, lag: int, times: int) -> list[tuple[int, int]]:
    """Stretches that repeat with this period for enough rounds."""
    rounds = _LONG_TIMES if lag >= _LONG_UNIT else times if lag >= _SHORT_UNIT else _SHORT_TIMES
    least = max((rounds - 1) * lag, 24)
    if not _recurs(norm, lag, least):
        return []
    same = (norm[lag:] == norm[:-lag]).nonzero()[0]
    breaks = (same[1:] - same[:-1] != 1).nonzero()[0]
    first, last = np.append(0, breaks + 1), np.append(breaks, len(same) - 1)
    long = (last - first + 1 >= least).nonzero()[0]
    return [(int(same[first[i]]), int(same[last[i]]) + 1 + lag) for i in long]


def _verdict(
    raw: bytes, origin: np.ndarray, norm: np.ndarray, start: int, end: int, lag: int
) -> str | None:
    """loop, counter_loop, or nothing, for a periodic stretch."""
    if not _has_word(bytes(norm[start : start + lag])) and end - start < _BARE_BYTES:
        return None
    at = start + np.flatnonzero(norm[start:end] == 48)
    numbers = [raw[origin[i] : origin[i + 1]] for i in at]
    per_unit = int(np.searchsorted(at, start + lag))
    rounds = [tuple(numbers[i : i + per_unit]) for i in range(0, len(numbers), per_unit or 1)]
    whole = [r for r in rounds if len(r) == per_unit]
    if len(set(whole)) <= 1 or _mostly_equal(whole):
        return "loop"
    if len(whole) >= _COUNTING and _counts_up(whole):
        return "counter_loop"
    return None


_COMMAND = re.compile(rb"\\[A-Za-z]+")
_WORD = re.compile(rb"[A-Za-z]{3}|[\xe0-\xff]|\*\*[A-Za-z]")


def _has_word(unit: bytes) -> bool:
    """Three letters in a row that are no LaTeX command, or a wide character."""
    return bool(_WORD.search(_COMMAND.sub(b" ", unit + unit)))


def _mostly_equal(rounds: list[tuple[bytes, ...]]) -> bool:
    """The same numbers as the round before, in nine of ten rounds."""
    same = sum(a == b for a, b in pairwise(rounds))
    return same >= 0.9 * (len(rounds) - 1)


def _counts_up(rounds: list[tuple[bytes, ...]]) -> bool:
    """All numbers that change go up by the same from round to round."""
    columns = [column for column in zip(*rounds, strict=True) if len(set(column)) > 1]
    values = np.array([[int(n[:15]) for n in column] for column in columns], dtype=np.int64)
    steps = np.diff(values, axis=1)
    usual = int(np.median(steps))
    return usual > 0 and bool(np.mean(steps == usual) >= 0.9)
