"""Loops in one text: a stretch that repeats the one before it, again and again.

Numbers are taken as equal first, so that a counter does not hide a loop; then they are looked at:
a loop says the same or counts up, a table or a long sum computes.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise
from operator import attrgetter

import numpy as np

LONG_UNIT, LONG_TIMES = 400, 3
"""a unit of so many bytes is a loop from fewer rounds on: no sound trace had one twice in a row"""
SHORT_UNIT, SHORT_TIMES = 40, 9
"""... and a short one from more rounds on: a refrain, an echo; sound traces had up to 4 in a row"""
MANY = 13
"""rounds, more than a year has months, from which less is a loop, too: a counter that goes up, a
word that is exchanged, a line without any; fewer may be a list or a proof by cases"""
_FEWEST_EQUAL = 24
"""bytes in a row that come again in a loop, however short its unit is: four words"""
_ROUNDS_READ = 200
"""rounds whose numbers are looked at; those behind them say the same"""
_BARE_BYTES = 1200
"""from here on, a repeated stretch without any word is a loop too: a rule of dashes is a line, and
a long sum a paragraph"""
_SAME_LETTERS, _SAME_DIGITS = 26, 150
"""bytes of one letter, more than a long "nooo" has; of one digit more than a power of ten has"""
LONG_LINE = 400
"""bytes of a line from which its sentences are looked at, and of a sentence from which its words:
in a shorter one five rounds are short enough to be found as they are"""
DRIFT_BYTES = 50
"""of a sentence that drifts with a word exchanged; a shorter one is a row of a table"""


@dataclass(frozen=True, slots=True)
class Loop:
    """Bytes `start` to `end` say one thing `times` times; `what` is loop, counter_loop or
    drifting_loop."""

    start: int
    end: int
    times: int
    what: str


@dataclass(frozen=True)
class Stretch:
    """May be a loop: where each of its rounds begins, the last of which may be cut, and its end."""

    begins: np.ndarray
    end: int
    times: int

    @property
    def start(self) -> int:
        return int(self.begins[0])


class _Apart:
    """Loops in the order of the text, none of which overlaps another."""

    def __init__(self, loops: list[Loop] | None = None) -> None:
        self.loops = loops or []

    def free(self, start: int, end: int) -> bool:
        i = bisect_left(self.loops, end, key=attrgetter("start"))
        return i == 0 or self.loops[i - 1].end <= start

    def add(self, loop: Loop) -> None:
        insort(self.loops, loop, key=attrgetter("start"))


def least_equal(lag: int, times: int) -> int:
    """How many bytes in a row are the same one round later, in a loop of `lag` bytes a round."""
    rounds = LONG_TIMES if lag >= LONG_UNIT else times if lag >= SHORT_UNIT else SHORT_TIMES
    return max((rounds - 1) * lag, _FEWEST_EQUAL)


def loops(raw: bytes, stutters: Iterable[int], lags: Iterable[int], times: int) -> list[Loop]:
    """The loops in a text in UTF-8, in order and apart: of those that overlap the longest.
    `stutters` are the bytes that a round may have, `lags` those with every number as one zero;
    `times` the rounds of a loop with a unit that is neither short nor long."""
    text = np.frombuffer(raw, dtype=np.uint8)
    as_it_is = text, np.arange(len(text) + 1)
    stretches = [
        *_stretches(*as_it_is, stutters, times),
        *_stretches(*_with_equal_numbers(text), lags, times),
    ]
    found = _Apart()
    for some in sorted(stretches, key=lambda some: (some.start - some.end, -some.times)):
        if found.free(some.start, some.end) and (what := _verdict(raw, some)):
            found.add(Loop(some.start, some.end, some.times, what))
    return found.loops


def _with_equal_numbers(text: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every number as one zero, and where each byte stood (one entry more, for the end)."""
    digit = (text >= ord("0")) & (text <= ord("9"))
    goes_on = np.append(False, digit[1:] & digit[:-1])[: len(text)]
    norm = np.where(digit, np.uint8(ord("0")), text)[~goes_on]
    return norm, np.append(np.flatnonzero(~goes_on), len(text))


def _stretches(
    data: np.ndarray, origin: np.ndarray, lags: Iterable[int], times: int
) -> Iterator[Stretch]:
    """All that repeat with one of these periods for enough rounds."""
    for lag in lags:
        differ = np.flatnonzero(data[lag:] != data[:-lag])
        edges = np.concatenate(([-1], differ, [max(-1, len(data) - lag)]))
        for i in np.flatnonzero(np.diff(edges) > least_equal(lag, times)):
            start, end = int(edges[i]) + 1, int(edges[i + 1]) + lag
            yield Stretch(origin[start:end:lag], int(origin[end]), (end - start) // lag)


def _verdict(raw: bytes, some: Stretch) -> str | None:
    """loop, counter_loop, or nothing."""
    start, second = some.begins[:2].tolist()
    if not _says_something(raw[start:second], some.end - start, some.times):
        return None
    if raw[second : some.end] == raw[start : some.end - (second - start)]:
        return "loop"
    edges = pairwise([*some.begins.tolist(), some.end])
    rounds = [
        tuple(int(n[:15]) for n in _NUMBER.findall(raw[begin:end]))
        for begin, end in islice(edges, min(some.times, _ROUNDS_READ))
    ]
    if _mostly_equal(rounds):
        return "loop"
    return "counter_loop" if len(rounds) >= MANY and _counts_up(rounds) else None


_NUMBER = re.compile(rb"[0-9]+")
_COMMAND = re.compile(r"\\[A-Za-z]+")
_WIDE = "\u0800-\u200f\u2016-\u24ff\u25a0-\U0010ffff"
"""characters of scripts that have no blanks, and what comes with them; no dashes and boxes"""
WORD = rf"[^\W\d_]{{3}}|[{_WIDE}]|\*\*[A-Za-z]|\d[.!?]\s"
"""three letters, or one wide character, or a number that ends a sentence"""
_WORD = re.compile(WORD)


def _says_something(unit: bytes, size: int, times: int) -> bool:
    """A word: three letters in a row that are no LaTeX command, or one of a script that has no
    blanks; or a number that ends a sentence; or a line again and again that is no rule and no row
    of a table. A character alone says it by being many; and so does anything."""
    text = (unit + unit).decode("utf-8", "ignore")
    if len(set(text)) == 1:
        if text[0].isdigit():
            return size >= _SAME_DIGITS
        if text[0].isalpha() or text[0] in "!?。！？":
            return size >= _SAME_LETTERS
    if size >= _BARE_BYTES or _WORD.search(_COMMAND.sub(" ", text)):
        return True
    is_line = b"\n" in unit and b"|" not in unit and unit.strip(b"\n -=*") != b""
    return is_line and times >= MANY


def _mostly_equal(rounds: list[tuple[int, ...]]) -> bool:
    """The same numbers as the round before, in nine of ten rounds."""
    same = sum(a == b for a, b in pairwise(rounds))
    return same >= 0.9 * (len(rounds) - 1)


def _counts_up(rounds: list[tuple[int, ...]]) -> bool:
    """All numbers that change go up by the same from round to round, in nine of ten rounds."""
    columns = [column for column in zip(*rounds, strict=True) if len(set(column)) > 1]
    steps = Counter(b - a for column in columns for a, b in pairwise(column))
    ((usual, often),) = steps.most_common(1)
    return usual > 0 and often >= 0.9 * steps.total()


def with_drifts(raw: bytes, around: list[Loop]) -> list[Loop]:
    """The loops, and apart from them the stretches in which sentence after sentence is the one
    before with a word exchanged."""
    found = _Apart(around)
    for run in _runs(raw):
        start, end = run[0][0], run[-1][1]
        if len(run) >= MANY and found.free(start, end):
            found.add(Loop(start, end, len(run), "drifting_loop"))
    return found.loops


def _runs(raw: bytes) -> Iterator[list[tuple[int, int]]]:
    """Sentences, each with begin and end, of which each is the one before with a word exchanged."""
    run: list[tuple[int, int]] = []
    for begin, end in _sentences(raw):
        if run and not _word_exchanged(raw[slice(*run[-1])], raw[begin:end]):
            yield run
            run = []
        run.append((begin, end))
    yield run


_LINE = re.compile(rb"[^\n]+")
_SENTENCE = re.compile(rb"(?s).+?(?:[!-/:-?] |\xe3\x80[\x81\x82]|\xef\xbc.|$)")


def _sentences(raw: bytes) -> Iterator[tuple[int, int]]:
    """Begin and end of each line, or of its sentences if it is long."""
    for line in _LINE.finditer(raw):
        begin, end = line.span()
        if end - begin <= LONG_LINE:
            yield begin, end
        else:
            yield from (some.span() for some in _SENTENCE.finditer(raw, begin, end))


def _word_exchanged(one: bytes, other: bytes) -> bool:
    """Whether two sentences are the same but for some letters in one place."""
    one, other = one.rstrip(), other.rstrip()
    shorter, longer = sorted((len(one), len(other)))
    if shorter < DRIFT_BYTES or 5 * shorter < 4 * longer:
        return False
    head = _as_long_as_equal(one, other)
    tail = _as_long_as_equal(one[head:][::-1], other[head:][::-1])
    changed = other[head : len(other) - tail]
    return 5 * (head + tail) >= 4 * longer and any(byte >= ord("A") for byte in changed)


def _as_long_as_equal(one: bytes, other: bytes) -> int:
    differ = (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differ, min(len(one), len(other)))
