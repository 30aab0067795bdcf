"""Loops in one text: a stretch that repeats the one before it, again and again.

Numbers are taken as equal first, so that a counter does not hide a loop; then they are looked at:
a loop says the same or counts up, a table or a long sum computes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from filters.texts import (
    BLOCK,
    ROOM,
    bits_between,
    bits_of,
    compiled,
    eight_bytes,
    line_starts,
    literal,
    lowest_bit,
    stands,
)

_LF, _BLANK = b"\n "
_DOT, _WIDE_MARKS = literal("。"), 0xEF  # the second begins ，！？：；（）
_LONG_LINE = 400
"""bytes of a line from which its sentences are looked at, too"""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_SEED_BYTES, _STRETCH_BYTES = 40, 110  # 110 bytes are about 20 English words, or 36 Han characters
_LAGS = 4
"""distances between equal places that are tried, of the nearest and of the second nearest"""
_SHORT_LAGS = range(1, 65)
"""periods up to which all are tried: stutter, a line of one word"""
_COUNTING = 16
"""rounds from which a stretch that only counts up is a loop; fewer may be a proof by cases"""
LONG_UNIT, LONG_TIMES = 400, 3
"""a unit of this many bytes is a loop from fewer rounds on"""
SHORT_UNIT, SHORT_TIMES = 40, 9
"""... and a short one from more rounds on: a refrain, a row of a table"""
_BARE_BYTES = 1200
"""from here on, a repeated stretch without any word (a sum, a rule of dashes) is a loop too"""
_LINES = 12
"""times that a line without any word may come in a row"""
_LINE_BYTES, _TELLING_BYTES = 20, 110
"""a line shorter than the first may be said again; one longer than the second says something"""
_DRIFTING, _DRIFT_BYTES = 14, 50
"""sentences in a row, and bytes of one, that drift with a word exchanged; fewer may be a list"""
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
    lags = _lags(norm).union(_SHORT_LAGS if short else ())
    for start, end, lag in _periodic(norm, np.array(sorted(lags), dtype=np.int64), times).tolist():
        loop = Loop(int(origin[start]), int(origin[end]), (end - start) // lag, "")
        if any(overlap(loop, other) for other in found):
            continue
        if what := _verdict(raw, origin, norm, start, end, lag):
            found.append(replace(loop, what=what))
    return sorted(found, key=lambda loop: loop.start)


def drifts(raw: bytes) -> list[Loop]:
    """Stretches in which sentence after sentence is the one before with a word exchanged."""
    data = np.frombuffer(raw, dtype=np.uint8)
    lines, units = np.empty((2, len(data) + ROOM), dtype=np.int32)
    count = sentence_starts(data, lines, units)
    found: list[Loop] = []
    at = 0
    while True:
        first, last = drift_from(data, units, count, at)
        if first < 0:
            return found
        end = int(units[last + 1]) if last + 1 < count else len(raw)
        found.append(Loop(int(units[first]), end, last - first + 1, "drifting_loop"))
        at = last + 1


def overlap(one: Loop, other: Loop) -> bool:
    return one.start < other.end and other.start < one.end


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
    return float(_share_again(np.frombuffer(raw, dtype=np.uint8)))


def repeated_lines(raw: bytes) -> tuple[float, int]:
    """The share of the text that is lines it has had before, and how often its commonest long
    line comes."""
    again, times = _lines_again(np.frombuffer(raw, dtype=np.uint8))
    return again / max(1, len(raw)), times


@compiled
def _lines_again(data):
    lines = np.empty(len(data) + ROOM, dtype=np.int32)
    number = line_starts(data, lines)
    lines[number] = len(data)
    hashes, sizes = np.empty(number, dtype=np.uint64), np.empty(number, dtype=np.int64)
    count = 0
    for k in range(number):
        begin, end = np.int64(lines[k]), np.int64(lines[k + 1])
        while begin < end and _is_space(data[begin]):
            begin += 1
        while end > begin and _is_space(data[end - 1]):
            end -= 1
        if end - begin >= _LINE_BYTES:
            hashes[count] = _line_hash(data, begin, end)
            sizes[count] = end - begin
            count += 1
    hashes, times = hashes[:count], np.zeros(count, dtype=np.int64)
    last, again, most = _empty_table(hashes), 0, 0
    for k in range(count):
        slot = _slot(last, hashes, k)
        if last[slot] < 0:
            last[slot] = k
        else:
            again += sizes[k]
        times[last[slot]] += 1
        if sizes[k] >= _TELLING_BYTES:
            most = max(most, times[last[slot]])
    return again, most


@compiled
def _line_hash(data, begin, end):
    """Of eight bytes or more."""
    mixed, last = np.uint64(end - begin), np.uint64(end - 8)
    for at in range(np.uint64(begin), last, np.uint64(8)):
        mixed = (mixed ^ eight_bytes(data, at)) * _BASE
        mixed ^= mixed >> np.uint64(31)
    return (mixed ^ eight_bytes(data, last)) * _BASE


@compiled
def _is_space(byte):
    return byte == 32 or 9 <= byte <= 13


@compiled
def _with_equal_numbers(data):
    """Every number as one zero, and where each byte stood (one entry more, for the end)."""
    norm = np.empty(len(data), dtype=np.uint8)
    origin = np.empty(len(data) + 1, dtype=np.int64)
    count, in_number = 0, False
    for i in range(len(data)):
        digit = 48 <= data[i] <= 57
        if not (digit and in_number):
            norm[count] = 48 if digit else data[i]
            origin[count] = i
            count += 1
        in_number = digit
    origin[count] = len(data)
    return norm[:count], origin[: count + 1]


@compiled
def _hashed(data, width):
    """Where a word or a wide character begins with so many bytes behind it, and a hash of these;
    every byte of a text that has stretches without such a place."""
    places = np.empty(len(data) + ROOM, dtype=np.int64)
    count, widest = _word_starts(data, places), 0
    places[count] = len(data)
    for k in range(count):
        widest = max(widest, places[k + 1] - places[k])
    if widest > _LONG_LINE:
        places, count = np.arange(len(data)), len(data)
    while count and places[count - 1] + width > len(data):
        count -= 1
    hashes, sums, power = np.empty(count, dtype=np.uint64), _sums(data), _power(width)
    for k in range(count):
        hashes[k] = _hash(sums, places[k], places[k] + width, power)
    return places[:count], hashes


@compiled
def _word_starts(data, places):
    """Writes where a word or a wide character begins, the first byte too, and says how many."""
    count, at, n = np.uint64(0), np.uint64(0), np.uint64(len(data))
    one, first, blank = np.uint64(1), np.uint64(1), np.uint64(1)  # nothing is before, as a blank is
    while at + np.uint64(BLOCK) <= n:
        blanks = bits_between(data, at, 0, _BLANK)
        starts = ~blanks & ((blanks << one) | blank) | bits_between(data, at, 0xE0, 0xFF) | first
        while starts:
            places[count] = at + lowest_bit(starts)
            count += one
            starts &= starts - one
        blank, first = blanks >> np.uint64(BLOCK - 1), np.uint64(0)
        at += np.uint64(BLOCK)
    for i in range(at, n):
        is_blank = np.uint64(data[i] <= _BLANK)
        places[count] = i
        count += (blank & ~is_blank) | np.uint64(data[i] >= 0xE0) | np.uint64(i == 0)
        blank = is_blank
    return np.int64(count)


@compiled
def _sums(data):
    """Of each beginning of the text: its bytes as the digits of a number in base `_BASE`. From two
    of them follows a hash of what is between (Karp and Rabin 1987)."""
    sums = np.empty(len(data) + 1, dtype=np.uint64)
    sums[0] = 0
    for i in range(len(data)):
        sums[i + 1] = sums[i] * _BASE + np.uint64(data[i])
    return sums


@compiled
def _power(width):
    power = np.uint64(1)
    for _ in range(width):
        power *= _BASE
    return power


@compiled
def _hash(sums, begin, end, power):
    mixed = sums[end] - sums[begin] * power
    return (mixed ^ (mixed >> np.uint64(29))) * _BASE


@compiled
def _share_again(data):
    hashes = _hashed(data, _STRETCH_BYTES)[1]
    last, again = _empty_table(hashes), 0
    for k in range(len(hashes)):
        slot = _slot(last, hashes, k)
        again += last[slot] >= 0
        last[slot] = k
    return again / max(1, len(hashes))


@compiled
def _empty_table(hashes):
    """Room for the number of the last place of each hash."""
    size = 64
    while size < 2 * len(hashes):
        size *= 2
    return np.full(size, -1, dtype=np.int32)


@compiled
def _slot(last, hashes, k):
    """Where the table has or will have the hash of this number."""
    slot = np.int64(hashes[k] >> np.uint64(32)) & (len(last) - 1)
    while last[slot] >= 0 and hashes[last[slot]] != hashes[k]:
        slot = (slot + 1) & (len(last) - 1)
    return slot


def _lags(norm: np.ndarray) -> set[int]:
    """The commonest distances between equal places."""
    lags: set[int] = set()
    for counts in _distances(norm):
        some = np.flatnonzero(counts > 2)
        lags.update(some[np.argsort(-counts[some], kind="stable")][:_LAGS].tolist())
    return lags


@compiled
def _distances(norm):
    """How often each distance lies between equal places: from one to the next, and to the next but
    one."""
    places, hashes = _hashed(norm, _SEED_BYTES)
    last, before = _empty_table(hashes), np.full(len(hashes), -1, dtype=np.int32)
    near, far = np.zeros(len(norm), dtype=np.int32), np.zeros(len(norm), dtype=np.int32)
    for k in range(len(hashes)):
        slot = _slot(last, hashes, k)
        one = last[slot]
        if one >= 0:
            near[places[k] - places[one]] += 1
            if before[one] >= 0:
                far[places[k] - places[before[one]]] += 1
        before[k] = one
        last[slot] = k
    return near, far


@compiled
def _periodic(norm, lags, times):
    """Begin, end and period of each stretch that repeats with one of these periods for enough
    rounds. A place that is not the same one period later lies in none, so that most bytes need not
    be looked at."""
    found = np.empty((64, 3), dtype=np.int64)
    count = 0
    for lag in lags:
        rounds = LONG_TIMES if lag >= LONG_UNIT else times if lag >= SHORT_UNIT else SHORT_TIMES
        least, begin = max((rounds - 1) * lag, 24), 0
        while begin + least + lag <= len(norm):
            at = begin + least - 1
            while at >= begin and norm[at] == norm[at + lag]:
                at -= 1
            if at < begin:
                at = begin + least
                while at + lag < len(norm) and norm[at] == norm[at + lag]:
                    at += 1
                if count == len(found):
                    found = np.concatenate((found, np.empty_like(found)))
                found[count] = begin, at + lag, lag
                count += 1
            begin = at + 1
    return found[:count]


@compiled
def drift_from(text, units, count, at):
    """The first and the last of so many sentences in a row, from number `at` on, which are each
    the one before with a word exchanged; -1 where there are none."""
    run = 0
    for k in range(at + 1, count):
        end = units[k + 1] if k + 1 < count else len(text)
        if _word_exchanged(text, units[k - 1], units[k], end):
            run += 1
        elif run + 1 >= _DRIFTING:
            return k - 1 - run, k - 1
        else:
            run = 0
    return (count - 1 - run, count - 1) if run + 1 >= _DRIFTING else (-1, -1)


@compiled
def _word_exchanged(text, begin, middle, end):
    """Whether two sentences, one behind the other, are the same but for some letters in one
    place."""
    one, other = middle - begin, end - middle
    if 5 * min(one, other) < 4 * max(one, other) or min(one, other) < _DRIFT_BYTES:
        return False
    if not _might_be_equal(text, begin, middle, end):
        return False
    while one and text[begin + one - 1] <= _BLANK:
        one -= 1
    while other and text[middle + other - 1] <= _BLANK:
        other -= 1
    both = min(one, other)
    head, tail = 0, 0
    while head < both and text[begin + head] == text[middle + head]:
        head += 1
    while tail < both - head and text[begin + one - 1 - tail] == text[middle + other - 1 - tail]:
        tail += 1
    if 5 * (head + tail) < 4 * max(one, other) or both < _DRIFT_BYTES:
        return False
    for i in range(middle + head, middle + other - tail):  # noqa: SIM110
        if text[i] >= 65:
            return True
    return False


@compiled
def _might_be_equal(text, begin, middle, end):
    """Whether the first eight bytes of both are the same, or the last."""
    first, other_first = np.uint64(begin), np.uint64(middle)
    last, other_last = np.uint64(middle - 8), np.uint64(end - 8)
    same_begin = eight_bytes(text, first) == eight_bytes(text, other_first)
    return same_begin or eight_bytes(text, last) == eight_bytes(text, other_last)


@compiled
def sentence_starts(text, lines, units):
    """Writes where a line begins that is not empty, and in long lines where a sentence does,
    behind a mark and a blank or a wide mark; and how many there are. A long stretch without any
    has some of its words instead, chosen by what they are, so that a loop in it shows as well.
    `lines` is room to work in; both arrays need some more than the text has bytes."""
    number = line_starts(text, lines)
    lines[number] = len(text)
    count = 0
    for k in range(number):
        begin, end = np.int64(lines[k]), np.int64(lines[k + 1])
        units[count] = begin
        count += 1
        if end - begin > _LONG_LINE:
            while text[end - 1] == _LF:
                end -= 1
            if end - begin > _LONG_LINE:
                count = _inside(text, begin + 2, end - 1, units, count)
                count = _some_words(text, end, units, count)
    return count


@compiled
def _inside(text, begin, end, units, count):
    """Adds the sentence starts in a long line, which has two bytes before `begin`."""
    for at in range(begin, end, BLOCK):
        if at + BLOCK <= len(text):
            bits = _sentence_ends(text, np.uint64(at))
        else:
            bits = np.uint64(0)
            for i in range(at, end):
                bits |= np.uint64(_sentence_ends_at(text, i)) << np.uint64(i - at)
        while bits:
            start = at + np.int64(lowest_bit(bits)) + 1
            bits &= bits - np.uint64(1)
            if start <= end:
                count = _some_words(text, start, units, count)
                units[count] = start
                count += 1
    return count


@compiled
def _some_words(text, upto, units, count):
    begin = units[count - 1]
    if upto - begin > _LONG_LINE:
        for i in range(begin + 1, upto - 8):
            if text[i] >= 0xE0 or (text[i] > _BLANK and text[i - 1] <= _BLANK):
                word = eight_bytes(text, np.uint64(i)) * _BASE
                if word >> np.uint64(62) == 0:  # a quarter of them
                    units[count] = i
                    count += 1
    return count


@compiled
def _sentence_ends(text, at):
    """A block as bits: 1 for the blank behind a mark and for the last byte of a wide mark."""
    before, lead = at - np.uint64(1), at - np.uint64(2)
    marks = bits_between(text, before, 33, 47) | bits_between(text, before, 58, 63)
    stops = bits_of(text, lead, _DOT[0]) & bits_of(text, before, _DOT[1])
    stops &= bits_of(text, at, _DOT[2])
    return (marks & bits_of(text, at, _BLANK)) | bits_of(text, lead, _WIDE_MARKS) | stops


@compiled
def _sentence_ends_at(text, i):
    """The same for one byte."""
    marked = 33 <= text[i - 1] <= 47 or 58 <= text[i - 1] <= 63
    wide = text[i - 2] == _WIDE_MARKS or stands(text, i - 2, _DOT)
    return wide or (marked and text[i] == _BLANK)


def _verdict(
    raw: bytes, origin: np.ndarray, norm: np.ndarray, start: int, end: int, lag: int
) -> str | None:
    """loop, counter_loop, or nothing, for a periodic stretch."""
    unit, times = raw[origin[start] : origin[start + lag]], (end - start) // lag
    if end - start < _BARE_BYTES and not (_has_word(unit) or _is_line(unit, times)):
        return None
    if raw[origin[start + lag] : origin[end]] == raw[origin[start] : origin[end - lag]]:
        return "loop"
    at = start + np.flatnonzero(norm[start:end] == 48)
    spans = zip(origin[at].tolist(), origin[at + 1].tolist(), strict=True)
    numbers = [raw[begin:end] for begin, end in spans]
    per_unit = int(np.searchsorted(at, start + lag))
    rounds = [tuple(numbers[i : i + per_unit]) for i in range(0, len(numbers), per_unit or 1)]
    whole = [r for r in rounds if len(r) == per_unit]
    if len(set(whole)) <= 1 or _mostly_equal(whole):
        return "loop"
    if len(whole) >= _COUNTING and _counts_up(whole):
        return "counter_loop"
    return None


_COMMAND = re.compile(rb"\\[A-Za-z]+")
_WORD = re.compile(rb"[A-Za-z]{3}|[\xe0-\xff]|\*\*[A-Za-z]|\d[.!?]\s")


def _has_word(unit: bytes) -> bool:
    """Three letters in a row that are no LaTeX command, a wide character, or a number that ends a
    sentence."""
    return bool(_WORD.search(_COMMAND.sub(b" ", unit + unit)))


def _is_line(unit: bytes, times: int) -> bool:
    """A line with something in it, and no row of a table."""
    return times >= _LINES and b"\n" in unit and unit.strip(b"\n -=*") != b"" and b"|" not in unit


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
