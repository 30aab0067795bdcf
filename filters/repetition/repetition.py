"""Does the trace go round in circles?

All texts get a cheap look: the 64 bytes after each sentence start, with every digit taken for the
same, are looked up among those before them. A text in which some come back again and again, in
which some bytes stand again right behind themselves, or in which sentence after sentence differs by
a word, is a suspect. Only suspects are read for loops (a stretch that repeats the one before it,
exactly, but for a counter or but for a word) and for text that was there before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter, scoring
from filters.repetition.loops import (
    LONG_TIMES,
    LONG_UNIT,
    SHORT_TIMES,
    SHORT_UNIT,
    Loop,
    drift_from,
    drifts,
    loops,
    overlap,
    repeated,
    repeated_lines,
    sentence_starts,
)
from filters.schema import SNIPPET
from filters.settings import Count, Positive, Share
from filters.texts import BLOCK, ROOM, Texts, bits_of, compiled, eight_bytes, text_at
from filters.verdict_rows import Found, detail, scattered

_WINDOW = 64
"""bytes looked at behind a sentence start"""


@dataclass(frozen=True)
class Repetition(Filter):
    """`looped` is the share of the text that lies in loops, `repeated` the share of 20-word
    stretches that the text has had before, `lines` that of whole lines."""

    name: ClassVar[str] = "repetition"
    version: ClassVar[int] = 3
    scores: ClassVar[tuple[str, ...]] = (
        *("looped", "loop_chars", "loop_times", "repeated", "lines", "line_times"),
    )

    loop_chars_max: Count = 240
    """a loop of this many bytes is dropped wherever it is ..."""
    loop_times_max: Count = 9
    """... and so is one of this many rounds, however short: a stutter"""
    repeated_max: Share = 0.3
    lines_max: Share = 0.35
    line_times_max: Count = 4
    """times that one line of some 20 words may come ..."""
    line_share: Share = 0.04
    """... where more of the text than this is lines it has had before"""
    times: Positive = scoring(5)
    """rounds from which a stretch is a loop; short stretches need more, long ones fewer"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = Texts(frame.get_column("response"))
        signs = suspects(texts)
        rows = pl.Series(np.flatnonzero(signs))
        read = [
            self._read(text.encode(), signs[row])
            for row, text in zip(rows, texts.column[rows], strict=True)
        ]
        empty = texts.sizes() == 0
        scores = {
            name: scattered(frame.height, rows, [of[name] for of, _ in read], nothing=empty)
            for name in self.scores
        }
        return pl.DataFrame(
            {**scores, "detail": detail(frame.height, rows, [finds for _, finds in read])}
        )

    def _read(self, raw: bytes, sign: int) -> tuple[dict[str, float], list[Found]]:
        around = loops(raw, self.times, bool(sign & STUTTER)) if sign & (EVEN | STUTTER) else []
        if sign & DRIFT:
            around += [d for d in drifts(raw) if not any(overlap(d, loop) for loop in around)]
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
        often = (pl.col("line_times") > self.line_times_max) & (pl.col("lines") > self.line_share)
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


AGAIN, EVEN, STUTTER = 1, 2, 4
"""what makes a suspect, added up: windows come again, at even distances, or a few words at once"""
DRIFT = 8
"""... or sentence after sentence is the one before with a word exchanged"""

_EVENLY, _COUNTING, _OFTEN = 4, 13, 5
"""a window that comes so often at even distances makes a suspect; so often, if its numbers
change; so often anywhere, if they do not"""
_UNEVEN = 8
"""bytes by which even distances differ, where a counter gets longer"""
_SHARE = 0.15
"""... and so does this share of windows that came before"""
_ANCHORS, _PERIOD = 16, BLOCK
"""bytes from one place to the next from which short periods are looked for; the longest period"""


def suspects(texts: Texts) -> np.ndarray:
    """The signs of a loop or of much repeated text in each, or none (0)."""
    longest = int(texts.sizes().max(initial=0))
    lines, units = np.empty((2, longest + ROOM), dtype=np.int32)
    table = np.empty((1 << max(6, longest.bit_length()), 8), dtype=np.int32)
    return texts.walk(_signs, 1, lines, units, table)[:, 0]


@compiled
def _signs(places, out, lines, units, table):
    for row in places.rows:
        text = text_at(places, row)
        count = sentence_starts(text, lines, units)
        signs = _window_signs(text, units[:count], table)
        if _stutters(text):
            signs |= STUTTER
        if drift_from(text, units, count, 0)[0] >= 0:
            signs |= DRIFT
        out[row, 0] = signs


@compiled
def _window_signs(text, units, table):
    """What the windows at sentence starts say: those that came before are found in a table by
    their hash, where the last place of each is, its distance to the one before, and for how many
    rounds that distance and the window itself have stayed, and the rest of its hash."""
    size = 64
    while size < 2 * len(units):
        size *= 2
    for slot in range(size):
        table[slot, 0] = -1
    again, windows, signs = 0, 0, 0
    for start in units:
        if start + _WINDOW > len(text):
            break
        windows += 1
        code = _window_hash(text, start)
        slot, rest = code & (size - 1), np.int32(code >> 8)
        while table[slot, 0] >= 0:
            if table[slot, 4] == rest and _alike(text, table[slot, 0], start):
                break
            slot = (slot + 1) & (size - 1)
        of = table[slot]
        last, apart, even, exact = of[0], of[1], of[2], of[3]
        of[0] = start
        if last < 0:
            of[1], of[2], of[3], of[4] = 0, 0, 0, rest
            continue
        same = _same(text, last, start)
        again += same
        of[1] = start - last
        of[2] = even + 1 if abs(start - last - apart) <= _UNEVEN else 0
        of[3] = exact + 1 if same else 0
        if of[3] >= _OFTEN - 1:
            signs |= AGAIN
        rounds = min(of[2], of[3]) if of[3] else of[2]
        enough = _COUNTING if of[3] == 0 else LONG_TIMES if of[1] >= LONG_UNIT else _EVENLY
        if rounds >= enough - 2 and not signs & EVEN:
            before = last - apart
            if _same_rounds(text, before, last, start):
                signs |= EVEN
    if again > _SHARE * max(windows, 8):
        signs |= AGAIN
    return signs


_HASHED = np.array([0, 8, 32, _WINDOW - 8], dtype=np.uint64)
_FACTORS = np.cumprod(np.full(len(_HASHED), 0x9E3779B97F4A7C15, dtype=np.uint64))


@compiled
def _window_hash(text, at):
    """Of the high halves of some bytes: all digits are one, and letters are of four classes, which
    over 32 bytes still tells texts apart."""
    mixed = np.uint64(0)
    for word in range(np.uint64(len(_HASHED))):
        some = eight_bytes(text, np.uint64(at) + _HASHED[word])
        mixed += (some & np.uint64(0xF0F0F0F0F0F0F0F0)) * _FACTORS[word]
    return np.int64((mixed ^ (mixed >> np.uint64(29))) >> np.uint64(24))


@compiled
def _alike(text, a, b):
    """Whether two windows are the same but for digits."""
    differ = np.uint8(0)
    for i in range(np.uint64(_WINDOW)):
        x, y = text[np.uint64(a) + i], text[np.uint64(b) + i]
        digits = (x >= 48) & (x <= 57) & (y >= 48) & (y <= 57)
        differ = np.uint8(differ | np.uint8((x != y) & ~digits))
    return differ == 0


@compiled
def _same(text, a, b):
    differ = np.uint8(0)
    for i in range(np.uint64(_WINDOW)):
        differ = np.uint8(differ | (text[np.uint64(a) + i] ^ text[np.uint64(b) + i]))
    return differ == 0


@compiled
def _same_rounds(text, first, second, third):
    """Whether what stands from one window to the next is the same but for numbers, and these stay
    or go up evenly: else it is lines that only begin alike, or a sum worked out."""
    if first < 0:
        return False
    a, b, c = first, second, third
    seen = min(third + _WINDOW, len(text))  # of the third round
    while a < second and b < third:
        if 48 <= text[a] <= 57 and 48 <= text[b] <= 57:
            x, a = _number(text, a)
            y, b = _number(text, b)
            z, c = _number(text, c) if c < seen else (0, c)
            if c < seen and y - x != z - y:
                return False
        elif text[a] != text[b]:
            return False
        else:
            a, b, c = a + 1, b + 1, c + 1
    return a == second and b == third


@compiled
def _number(text, at):
    """The number that stands there, of its first digits, and where it ends."""
    value, begin = 0, at
    while at < len(text) and 48 <= text[at] <= 57:
        if at - begin < 15:
            value = 10 * value + text[at] - 48
        at += 1
    return value, at


@compiled
def _stutters(text):
    """Whether a stretch repeats a short one again and again, longer ones for longer: from places
    all over the text, what stands there is looked for in the bytes behind it."""
    most = max(0, len(text) - _PERIOD - 8)  # behind it there are fewer bytes to look in
    for begin in range(0, most, BLOCK):
        if _comes_again(text, np.uint64(begin)) and _stutters_at(text, begin):
            return True
        if _comes_at_once(text, np.uint64(begin)):
            for anchor in range(begin, begin + BLOCK, _ANCHORS):
                if _stutters_at(text, anchor):
                    return True
    for anchor in range(most, len(text) - 16, _ANCHORS // 2):  # noqa: SIM110
        if _stutters_at(text, anchor):
            return True
    return False


@compiled
def _comes_again(text, at):
    """Whether some of the bytes there come again within a period. A stretch with a period of 9 or
    more is longer than a block, so that one place of each is enough to see it."""
    again = bits_of(text, at + np.uint64(1), text[at])
    for j in (np.uint64(3), np.uint64(5), np.uint64(7)):
        again &= bits_of(text, at + np.uint64(1) + j, text[at + j])
    return again != 0


@compiled
def _comes_at_once(text, begin):
    """Whether there may be a stretch with a shorter period in this block. One of 1, 2 or 4 bytes
    comes again after 4, one of 3 or 6 after 6; those of 5, 7 and 8 fill half a block."""
    hit = False
    for part in range(np.uint64(BLOCK // _ANCHORS)):
        at = begin + part * np.uint64(_ANCHORS)
        word = _four_bytes(text, at)
        hit |= word == _four_bytes(text, at + np.uint64(4))
        hit |= word == _four_bytes(text, at + np.uint64(6))
    for half in range(np.uint64(2)):
        at = begin + half * np.uint64(BLOCK // 2)
        words = eight_bytes(text, at)
        hit |= words == eight_bytes(text, at + np.uint64(5))
        hit |= words == eight_bytes(text, at + np.uint64(7))
        hit |= words == eight_bytes(text, at + np.uint64(8))
    return hit


@compiled
def _four_bytes(text, at):
    return eight_bytes(text, at) & np.uint64(0xFFFFFFFF)


@compiled
def _stutters_at(text, anchor):
    for period in range(1, min(_PERIOD, len(text) - anchor - 8) + 1):
        rounds = SHORT_TIMES if period < SHORT_UNIT else _EVENLY
        same = eight_bytes(text, np.uint64(anchor)) == eight_bytes(text, np.uint64(anchor + period))
        if same and _run(text, anchor, period) >= max(24, (rounds - 1) * period):
            return True
    return False


@compiled
def _run(text, at, lag):
    """Bytes in a row, around a place, that come again so much later."""
    begin = at
    while begin > 0 and text[begin - 1] == text[begin - 1 + lag]:
        begin -= 1
    while at + lag < len(text) and text[at] == text[at + lag]:
        at += 1
    return at - begin
