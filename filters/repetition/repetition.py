"""Does the trace go round in circles?

A cheap look at all texts picks suspects. Only these are read for loops (a stretch that repeats the
one before it, exactly, but for a counter or but for a word) and for text that was there before; the
scores of all others are zero.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import polars as pl

from filters.base import Filter, scoring
from filters.repetition.again import repeated, repeated_lines
from filters.repetition.loops import Loop, loops, with_drifts
from filters.repetition.suspects import suspects
from filters.schema import SNIPPET
from filters.settings import Count, Positive, Share
from filters.verdict_rows import MOST, Found, detail, scattered


@dataclass(frozen=True)
class Repetition(Filter):
    """`looped` is the share of the text that lies in loops, `repeated` the share of 20-word
    stretches that the text has had before, `lines` that of whole lines."""

    name: ClassVar[str] = "repetition"
    version: ClassVar[int] = 4
    scores: ClassVar[tuple[str, ...]] = (
        *("looped", "loop_chars", "loop_times", "repeated", "lines", "line_times"),
    )
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "loop_chars_max": ("loop_chars", ">="),
        "loop_times_max": ("loop_times", ">="),
        "repeated_max": ("repeated", ">="),
        "lines_max": ("lines", ">="),
        "line_times_max": ("line_times", ">"),
        "line_share": ("lines", ">"),
    }

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
        texts = frame.get_column("response").fill_null("")
        signs = suspects(texts, self.times)
        rows = signs.get_column("row")
        signed = zip(texts.gather(rows), signs.iter_rows(named=True), strict=True)
        read = [self._read(text.encode(), sign) for text, sign in signed]
        empty = (texts.str.len_bytes() == 0).to_numpy()
        scores = {
            name: scattered(frame.height, rows, [of[name] for of, _ in read], nothing=empty)
            for name in self.scores
        }
        return pl.DataFrame(
            {**scores, "detail": detail(frame.height, rows, [finds for _, finds in read])}
        )

    def _read(self, raw: bytes, sign: dict[str, Any]) -> tuple[dict[str, float], list[Found]]:
        around = loops(raw, sign["stutters"] or [], sign["lags"] or [], self.times)
        if sign["drifts"]:
            around = with_drifts(raw, around)
        again = raw if around or sign["again"] else b""
        lines, line_times = repeated_lines(again)
        scores = {
            "looped": sum(loop.end - loop.start for loop in around) / max(1, len(raw)),
            "loop_chars": max((loop.end - loop.start for loop in around), default=0),
            "loop_times": max((loop.times for loop in around), default=0),
            "repeated": repeated(again),
            "lines": lines,
            "line_times": line_times,
        }
        return scores, list(islice(_found(raw, around), MOST))

    def rules(self) -> dict[str, pl.Expr]:
        too_long = pl.col("loop_chars") >= self.loop_chars_max
        often = (pl.col("line_times") > self.line_times_max) & (pl.col("lines") > self.line_share)
        return {
            "loop": too_long | (pl.col("loop_times") >= self.loop_times_max),
            "repeated_text": pl.col("repeated") >= self.repeated_max,
            "repeated_lines": often | (pl.col("lines") >= self.lines_max),
        }


def _found(raw: bytes, around: list[Loop]) -> Iterator[Found]:
    """Loops in characters, as findings are. One may begin or end inside a character."""
    upto, start = 0, 0
    for loop in around:
        inside = raw[loop.start : loop.end]
        start += _characters(raw[upto : loop.start])
        end = start + _characters(inside)
        text = inside[: 4 * SNIPPET].decode("utf-8", "ignore")
        yield {"what": loop.what, "start": start, "end": end, "text": text[:SNIPPET]}
        upto, start = loop.end, end


def _characters(raw: bytes) -> int:
    """How many begin there."""
    return len(raw.translate(None, delete=_GOES_ON))


_GOES_ON = bytes(range(0x80, 0xC0))
"""bytes of UTF-8 that go on with a character"""
