"""Loops in one text: a stretch that repeats the one before it, again and again.

Numbers are taken as equal first, so that a counter does not hide a loop; then they are looked at:
a loop says the same or counts up by one, a table or a long sum computes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

_BASE = np.uint64(0x9E3779B97F4A7C15)
_SEED_BYTES, _STRETCH_BYTES = 40, 110  # 110 bytes are about 20 English words, or 36 Han characters
_LAGS = 4
"""distances between equal places that are tried, of the nearest and of the second nearest"""
_COUNTING = 16
"""rounds from which a stretch that only counts up is a loop; fewer may be a proof by cases"""
_LONG_UNIT, _LONG_TIMES = 400, 3
"""a unit this long (bytes) is a loop from fewer rounds on"""
_BARE_BYTES = 1200
"""from here on, a repeated stretch without any word (a sum, a rule of dashes) is a loop too"""
_LINE_BYTES = 20
"""a line shorter than this may be said again"""


@dataclass(frozen=True, slots=True)
class Loop:
    """Characters `start` to `end` say one thing `times` times; `what` is loop or counter_loop."""

    start: int
    end: int
    times: int
    what: str


def loops(text: str, times: int) -> list[Loop]:
    """The loops of at least `times` rounds, in order, none inside another."""
    raw = text.encode("utf-8", "surrogatepass")
    data = np.frombuffer(raw, dtype=np.uint8)
    norm, origin = _with_equal_numbers(data)
    found: list[tuple[int, int, int, str]] = []
    for lag in _lags(norm):
        for start, end in _periodic(norm, lag, times):
            if any(a < end and start < b for a, b, _, _ in found):
                continue
            if what := _verdict(raw, origin, norm, start, end, lag):
                found.append((start, end, (end - start) // lag, what))
    chars = lambda at: len(raw[: origin[at]].decode("utf-8", "replace"))
    return [Loop(chars(a), chars(b), n, what) for a, b, n, what in sorted(found)]


def repeated(text: str) -> float:
    """The share of stretches of some 20 words that the text has had before."""
    data = np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)
    hashes = _hashes(data, _places(data, _STRETCH_BYTES), _STRETCH_BYTES)
    return 1.0 - len(np.unique(hashes)) / len(hashes) if len(hashes) else 0.0


def repeated_lines(text: str) -> float:
    """The share of the text, in characters, that is lines it has had before."""
    seen: set[str] = set()
    again = 0
    for line in text.split("\n"):
        line = line.strip()
        if len(line) >= _LINE_BYTES:
            again += len(line) if line in seen else 0
            seen.add(line)
    return again / max(1, len(text))


def _with_equal_numbers(data: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every number as one zero, and where each byte stood (one entry more, for the end)."""
    digit = (data >= 48) & (data <= 57)
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
    if len(places) * 40 < len(data) or np.diff(places, append=len(data)).max() > 400:
        places = np.arange(len(data))
    return places[places <= len(data) - width]


def _hashes(data: np.ndarray, places: np.ndarray, width: int) -> np.ndarray:
    """Of the `width` bytes at each place: a polynomial, by differences of its prefix sums."""
    powers = np.cumprod(np.full(len(data) + 1, _BASE, dtype=np.uint64))
    sums = np.concatenate([[np.uint64(0)], np.cumsum(data * powers[:-1], dtype=np.uint64)])
    return (sums[places + width] - sums[places]) * powers[len(data) - places]


def _lags(norm: np.ndarray) -> list[int]:
    """The commonest distances between equal places, short ones first."""
    places = _places(norm, _SEED_BYTES)
    hashes = _hashes(norm, places, _SEED_BYTES)
    order = np.argsort(hashes, kind="stable")
    ordered, at = hashes[order], places[order]
    lags: set[int] = set()
    for step in (1, 2):
        same = ordered[step:] == ordered[:-step]
        values, counts = np.unique((at[step:] - at[:-step])[same], return_counts=True)
        lags.update(values[np.argsort(-counts, kind="stable")][:_LAGS].tolist())
    return sorted(lags)


def _periodic(norm: np.ndarray, lag: int, times: int) -> list[tuple[int, int]]:
    """Stretches that repeat with this period for enough rounds."""
    breaks = np.flatnonzero(norm[lag:] != norm[:-lag])
    edges = np.concatenate([[-1], breaks, [len(norm) - lag]])
    least = (_LONG_TIMES if lag >= _LONG_UNIT else times) - 1
    long = np.flatnonzero(np.diff(edges) - 1 >= least * lag)
    return [(int(edges[i]) + 1, int(edges[i + 1]) + lag) for i in long]


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


def _has_word(unit: bytes) -> bool:
    """Three letters in a row that are no LaTeX command, or a wide character."""
    run = 0
    command = False
    for byte in unit + unit:
        letter = chr(byte).isascii() and chr(byte).isalpha()
        if byte >= 0xE0:
            return True
        command = byte == 92 or (command and letter)
        run = run + 1 if letter and not command else 0
        if run >= 3:
            return True
    return False


def _mostly_equal(rounds: list[tuple[bytes, ...]]) -> bool:
    """The same numbers as the round before, in nine of ten rounds."""
    same = sum(a == b for a, b in pairwise(rounds))
    return same >= 0.9 * (len(rounds) - 1)


def _counts_up(rounds: list[tuple[bytes, ...]]) -> bool:
    """The numbers that change, read in order, go up by one or stay."""
    changing = [len(set(column)) > 1 for column in zip(*rounds, strict=True)]
    values = [int(n[:18]) for r in rounds for n, c in zip(r, changing, strict=True) if c]
    steps = np.diff(np.array(values, dtype=np.int64))
    return bool(np.mean((steps == 0) | (steps == 1)) >= 0.9)
