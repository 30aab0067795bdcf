"""Does the trace go round in circles?

All texts get a cheap look: the 64 bytes after each sentence start, with every digit taken for the
same, are hashed; a text in which one hash comes back again and again, or that has hardly a
sentence start at all, is a suspect. Only suspects are read for loops (a stretch that repeats the
one before it, exactly or but for a counter) and for text that was there before.
"""

from __future__ import annotations

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
_NIBBLES = np.uint64(0xF0F0F0F0F0F0F0F0)
"""keeps the high half of each byte: all digits become one, and letters four classes, which over
64 bytes still tells texts apart"""
_MIX = np.array(
    [
        *(0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0x85EBCA77C2B2AE63),
        *(0x27D4EB2F165667C5, 0xD6E8FEB86659FD93, 0xA0761D6478BD642F, 0xE7037ED1A0B428DB),
    ],
    dtype=np.uint64,
)
_LF, _DOT, _BLANK = 10, 46, 32


@dataclass(frozen=True)
class Repetition(Filter):
    """`looped` is the share of the text that lies in loops, `repeated` the share of 20-word
    stretches that the text has had before, `lines` that of whole lines."""

    name: ClassVar[str] = "repetition"
    scores: ClassVar[tuple[str, ...]] = ("looped", "loop_chars", "loop_times", "repeated", "lines")

    loop_chars_max: int = 240
    """a loop of this many characters is dropped wherever it is"""
    repeated_max: float = 0.35
    lines_max: float = 0.35
    times: int = scoring(5)
    """rounds from which a stretch is a loop; long stretches need fewer, see `loops`"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = frame.get_column("response")
        rows = suspects(texts)
        read = [self._read(text) for text in texts.gather(rows)]
        has_text = pl.Series(texts.str.len_bytes() > 0)
        scores = {
            name: scattered(len(texts), rows, [values[name] for values, _ in read])
            for name in self.scores
        }
        return pl.DataFrame(scores).select(
            *(pl.when(has_text).then(pl.col(name)).alias(name) for name in self.scores),
            detail(len(texts), rows, [finds for _, finds in read]),
        )

    def _read(self, text: str) -> tuple[dict[str, float], list[Found]]:
        found = loops(text, self.times)
        worst = max(found, key=lambda loop: loop.end - loop.start, default=Loop(0, 0, 0, ""))
        scores = {
            "looped": sum(loop.end - loop.start for loop in found) / max(1, len(text)),
            "loop_chars": worst.end - worst.start,
            "loop_times": worst.times,
            "repeated": repeated(text),
            "lines": repeated_lines(text),
        }
        return scores, [
            {"what": loop.what, "start": loop.start, "end": loop.end,
             "text": text[loop.start : loop.end][:SNIPPET]}
            for loop in found
        ]  # fmt: skip

    def rules(self) -> dict[str, pl.Expr]:
        return {
            "loop": pl.col("loop_chars") >= self.loop_chars_max,
            "repeated_text": pl.col("repeated") >= self.repeated_max,
            "repeated_lines": pl.col("lines") >= self.lines_max,
        }


def suspects(texts: pl.Series) -> pl.Series:
    """Rows that may hold a loop or much repeated text."""
    rows = [np.flatnonzero(_looks_repetitive(some)) + some.first for some in pack(texts)]
    found = np.concatenate(rows) if rows else np.empty(0, dtype=np.int64)
    return pl.Series("row", found, dtype=pl.UInt32)


_OFTEN = 5
"""a hash that comes this often makes a suspect"""
_SHARE = 0.12
"""... and so does this share of hashes that came before"""
_GAP = 1000
"""... and so many bytes without a sentence start"""


def _looks_repetitive(some: Packed) -> np.ndarray:
    count = len(some.starts)
    starts, owner, gap = _sentence_starts(some)
    hashes = _window_hashes(some.data, starts)
    # a row's number in the high bits keeps the rows apart in one sort
    keys = (owner.astype(np.uint64) << np.uint64(44)) | (hashes >> np.uint64(20))
    keys.sort()
    rows = (keys >> np.uint64(44)).astype(np.int64)
    often = np.zeros(count, dtype=bool)
    often[rows[_OFTEN - 1 :][keys[_OFTEN - 1 :] == keys[: 1 - _OFTEN]]] = True
    again = np.bincount(rows[1:][keys[1:] == keys[:-1]], minlength=count)
    total = np.bincount(rows, minlength=count)
    return often | (again > _SHARE * np.maximum(total, 8)) | (gap > _GAP)


def _sentence_starts(some: Packed) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where a window fits behind a line feed or a full stop and a blank; the row of each; and the
    widest gap between them in each row."""
    data = some.data
    stop = data[:-1] == _LF
    stop &= data[1:] != _LF
    stop |= (data[:-1] == _DOT) & (data[1:] == _BLANK)
    stop[some.ends] = True
    stops = np.flatnonzero(stop)
    upto = np.searchsorted(stops, some.ends, side="right")
    each = np.diff(upto, prepend=0)
    gap = np.maximum.reduceat(np.diff(stops, prepend=-1), upto - each)
    fits = stops + _WINDOW < np.repeat(some.ends, each)
    return stops[fits] + 1, np.repeat(np.arange(len(each)), each)[fits], gap


def _window_hashes(data: np.ndarray, starts: np.ndarray) -> np.ndarray:
    words = _WINDOW // 8
    windows = np.ndarray((len(data) - _WINDOW + 1, words), "<u8", data.data, strides=(1, 8))
    mixed = windows[starts] & _NIBBLES
    mixed *= _MIX
    mixed ^= mixed >> np.uint64(31)
    return mixed.sum(axis=1) * _MIX[0]
