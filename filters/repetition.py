"""Does the trace go round in circles?

All texts get a cheap look: the 64 bytes after each sentence start, with every digit taken for the
same, are hashed; a text in which one hash comes back again and again, or that has hardly a
sentence start at all, is a suspect. Only suspects are read for loops (a stretch that repeats the
one before it, exactly or but for a counter) and for text that was there before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter, scoring
from filters.findings import Found, detail, scattered
from filters.loops import Loop, loops, repeated, repeated_lines
from filters.packed import PAD, Packed, pack
from filters.schema import SNIPPET

_WINDOW = PAD  # bytes hashed at a sentence start
_WORDS = _WINDOW // 8
_NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
"""keeps the high half of each byte: all digits become one, and letters four classes, which over
64 bytes still tells texts apart"""
_MIX = np.uint64(0x9E3779B97F4A7C15)
_HASHED = (0, 2, 4, 6)
_NUMBER = re.compile(rb"\d+")
_WHOLE_NUMBER = re.compile(rb"\d+(?=\D)")
_LF, _BLANK = 10, 32
_DOT, _FULL_WIDTH = "。".encode(), 0xEF  # the second begins ，！？：；（）
_LONG_LINE = 400
"""bytes of a line from which its sentences are looked at, too"""


@dataclass(frozen=True)
class Repetition(Filter):
    """`looped` is the share of the text that lies in loops, `repeated` the share of 20-word
    stretches that the text has had before, `lines` that of whole lines."""

    name: ClassVar[str] = "repetition"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = (
        *("looped", "loop_chars", "loop_times", "repeated", "lines", "line_times"),
    )

    loop_chars_max: int = 240
    """a loop of this many bytes is dropped wherever it is ..."""
    loop_times_max: int = 9
    """... and so is one of this many rounds, however short: a stutter"""
    repeated_max: float = 0.35
    lines_max: float = 0.35
    line_times_max: int = 4
    """times that one line of some 20 words may come, where a tenth of the text is such lines"""
    times: int = scoring(5)
    """rounds from which a stretch is a loop; short stretches need more, long ones fewer"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = frame.get_column("response")
        rows, signs = suspects(texts)
        raws = texts.gather(rows).cast(pl.Binary)
        read = [self._read(raw, sign) for raw, sign in zip(raws, signs, strict=True)]
        has_text = pl.lit(texts.str.len_bytes() > 0)
        scores = {
            name: scattered(len(texts), rows, [values[name] for values, _ in read])
            for name in self.scores
        }
        return pl.DataFrame(scores).select(
            *(pl.when(has_text).then(pl.col(name)).alias(name) for name in self.scores),
            detail(len(texts), rows, [finds for _, finds in read]),
        )

    def _read(self, raw: bytes, sign: int) -> tuple[dict[str, float], list[Found]]:
        around = loops(raw, self.times, sign == STUTTER) if sign >= EVEN else []
        lines, line_times = repeated_lines(raw)
        scores = {
            "looped": sum(loop.end - loop.start for loop in around) / max(1, len(raw)),
            "loop_chars": max((loop.end - loop.start for loop in around), default=0),
            "loop_times": max((loop.times for loop in around), default=0),
            "repeated": repeated(raw),
            "lines": lines,
            "line_times": line_times,
        }
        return scores, [_found(raw, loop) for loop in around]

    def rules(self) -> dict[str, pl.Expr]:
        too_long = pl.col("loop_chars") >= self.loop_chars_max
        often = (pl.col("line_times") > self.line_times_max) & (pl.col("lines") > 0.1)
        return {
            "loop": too_long | (pl.col("loop_times") >= self.loop_times_max),
            "repeated_text": pl.col("repeated") >= self.repeated_max,
            "repeated_lines": often | (pl.col("lines") >= self.lines_max),
        }


def _found(raw: bytes, loop: Loop) -> Found:
    """A loop in characters, as findings are."""
    before, inside = (_text(raw[a:b]) for a, b in ((0, loop.start), (loop.start, loop.end)))
    start = len(before)
    return {
        "what": loop.what,
        "start": start,
        "end": start + len(inside),
        "text": inside[:SNIPPET],
    }


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")


AGAIN, EVEN, STUTTER = 1, 2, 3
"""what makes a suspect: windows come again, at even distances, or a few words at once"""


def suspects(texts: pl.Series) -> tuple[pl.Series, list[int]]:
    """Rows that may hold a loop or much repeated text, and the strongest sign of each."""
    looks = [_signs(some) for some in pack(texts)]
    signs = np.concatenate([np.zeros(0, dtype=np.int64), *looks])
    rows = np.flatnonzero(signs)
    return pl.Series("row", rows, dtype=pl.UInt32), signs[rows].tolist()


_EVENLY, _COUNTING, _OFTEN = 4, 13, 6
"""a window that comes so often at even distances makes a suspect; so often, if its numbers
change; so often anywhere, if they do not"""
_UNEVEN = 8
"""bytes by which even distances differ, where a counter gets longer"""
_SHARE = 0.15
"""... and so does this share of windows that came before"""
_GAP = 400
"""... and so many bytes without a sentence start"""
_PERIODS, _TWICE = range(11, 21), 16
"""... and what comes again so many bytes later: these are multiples of all shorter periods"""


def _signs(some: Packed) -> np.ndarray:
    """For each text the strongest sign of repetition, or none (0)."""
    count = len(some.starts)
    starts, owner, gap = _sentence_starts(some)
    row, place, pair = _equal_windows(some.data, starts, owner, some.starts)
    exact, alike = np.zeros((2, len(row)), dtype=bool)
    exact[pair], alike[pair] = _compared(
        *(_gathered(some.data, place[at], _WORDS) for at in (pair, pair + 1))
    )
    apart = np.diff(place, append=0)
    even = alike.copy()
    even[:-1] &= alike[1:] & (np.abs(apart[1:] - apart[:-1]) <= _UNEVEN)
    again = np.bincount(row[exact], minlength=count)
    share = _SHARE * np.maximum(np.bincount(owner, minlength=count), 8)
    signs = np.where(again > share, AGAIN, 0)
    signs[row[_in_a_row(exact, _OFTEN - 1)]] = AGAIN
    runs = (_in_a_row(even & exact, _EVENLY - 2), _in_a_row(even, _COUNTING - 2))
    for i in np.concatenate(runs).tolist():
        if signs[row[i]] < EVEN and _same_round(some.data, *place[i : i + 3].tolist()):
            signs[row[i]] = EVEN
    signs[gap > _GAP] = STUTTER
    signs[some.row_of(_stutters(some.data))] = STUTTER
    return signs


def _equal_windows(
    data: np.ndarray, starts: np.ndarray, owner: np.ndarray, begins: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The windows sorted by text, by what stands in them and by place: text and place of each,
    and those whose next one is equal to them."""
    # 16 bits for the text, 24 for the window, 24 for the place: one sort of whole numbers
    shift, low = np.uint64(24), np.uint64((1 << 24) - 1)
    inside = (starts - begins[owner]).astype(np.uint64) & low
    hashes = _window_hashes(data, starts) >> np.uint64(40)
    keys = (owner.astype(np.uint64) << np.uint64(48)) | (hashes << shift) | inside
    keys.sort()
    row = (keys >> np.uint64(48)).astype(np.int64)
    place = (keys & low).astype(np.int64) + begins[row]
    return row, place, np.flatnonzero((keys[1:] ^ keys[:-1]) <= low)


def _compared(these: np.ndarray, those: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Which windows of equal hash are equal, and which are but for digits."""
    differ = (these ^ those).view(np.uint8)
    letters = (differ != 0) & ((these.view(np.uint8) & 0xF0) != 0x30)
    return ~differ.any(axis=1), ~letters.any(axis=1)


def _same_round(data: np.ndarray, first: int, second: int, third: int) -> bool:
    """Whether what stands from one window to the next is the same but for numbers, and these stay
    or go up evenly: else it is lines that only begin alike, or a sum worked out."""
    one, another = (bytes(data[a:b]) for a, b in ((first, second), (second, third)))
    if _NUMBER.sub(b"0", one) != _NUMBER.sub(b"0", another):
        return False
    windows = [bytes(data[a : a + _WINDOW]) for a in (first, second, third)]
    numbers = [[int(n) for n in _WHOLE_NUMBER.findall(window)] for window in windows]
    return all(b - a == c - b for a, b, c in zip(*numbers, strict=False))


def _in_a_row(flags: np.ndarray, times: int) -> np.ndarray:
    """Where so many flags stand one behind the other."""
    run = flags
    for _ in range(times - 1):
        run = run[:-1] & flags[len(flags) - len(run) + 1 :]
    return np.flatnonzero(run)


def _stutters(data: np.ndarray) -> np.ndarray:
    """Places where words of eight bytes come again one of `_PERIODS` later: two in a row, and
    three where the period is long and two are common, as in tables."""
    count = (len(data) - PAD) // 8
    words = np.ndarray((count,), "<u8", data.data)
    hits = np.zeros(count, dtype=bool)
    for period in _PERIODS:
        same = words == np.ndarray((count,), "<u8", data.data, period)
        same[1:] &= same[:-1]
        if period > _TWICE:
            same[1:] &= same[:-1]
        hits |= same
    return np.flatnonzero(hits) * 8


def _sentence_starts(some: Packed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a window fits behind a line feed, or in a long line behind a mark and a blank or a
    wide mark; the row of each; and the widest gap between them in each row."""
    feeds = some.data[:-1] == _LF
    feeds &= some.data[1:] != _LF
    feeds[some.ends] = True
    lines = np.flatnonzero(feeds)
    length = _steps(lines, some)[0]
    long = length > _LONG_LINE
    inner = _marks(some.data, lines[long] - length[long], lines[long])
    stops = np.sort(np.concatenate([lines, inner]), kind="stable") if len(inner) else lines
    steps, each = _steps(stops, some)
    gap = np.maximum.reduceat(steps, np.cumsum(each) - each)
    fits = stops + _WINDOW < np.repeat(some.ends, each)
    return stops[fits] + 1, np.repeat(np.arange(len(each)), each)[fits], gap


def _marks(data: np.ndarray, begins: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Places of punctuation before a blank, and of wide punctuation, in the given stretches."""
    if not len(begins):
        return begins
    text = np.concatenate([data[a:b] for a, b in zip(begins.tolist(), ends.tolist(), strict=True)])
    mark = (text - np.uint8(33)) < 15
    mark |= (text - np.uint8(58)) < 6
    mark[:-1] &= text[1:] == _BLANK
    mark[2:] |= (text[:-2] == _FULL_WIDTH) | ((text[1:-1] == _DOT[1]) & (text[2:] == _DOT[2]))
    at = np.flatnonzero(mark)
    into = np.cumsum(ends - begins)
    which = np.searchsorted(into, at, side="right")
    return at + (ends - into)[which]


def _steps(stops: np.ndarray, some: Packed) -> tuple[np.ndarray, np.ndarray]:
    """How far each stop is from the one before it in the same text, or from the text's begin, and
    how many stops each text has."""
    upto = np.searchsorted(stops, some.ends, side="right")
    each = np.diff(upto, prepend=0)
    before = np.concatenate([[0], stops[:-1]])
    before[upto - each] = some.starts
    return stops - before, each


def _window_hashes(data: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Of some words of each window: those that come out equal are compared in full."""
    mixed = np.zeros(len(starts), dtype=np.uint64)
    for word in _HASHED:
        mixed ^= _gathered(data, starts + 8 * word, 1)[:, 0] & _NIBBLES
        mixed *= _MIX
        mixed ^= mixed >> np.uint64(31)
    return mixed * _MIX


def _gathered(data: np.ndarray, starts: np.ndarray, words: int) -> np.ndarray:
    """So many words of eight bytes from each start, which need not be aligned: as plain bytes
    they are gathered faster than as numbers."""
    size = 8 * words
    every = np.ndarray((len(data) - size + 1,), f"V{size}", data.data, 0, (1,))
    return every[starts].view("<u8").reshape(-1, words)
