"""The histogram of one score of a filter: bars on a scale, and what it keeps and drops in each."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.judging.what_if import Standing

BARS = 40
_WIDE = 50
"""a score whose largest value is above this, and is twenty times its median, is drawn on a
logarithmic scale"""


@dataclass(frozen=True)
class Scale:
    """From a score to a place between 0 and 1, and back."""

    low: float
    high: float
    logarithmic: bool

    def place(self, value: float) -> float:
        low, high, at = map(self.bent, (self.low, self.high, value))
        return min(1.0, max(0.0, float(at - low) / float(high - low)))

    def value(self, place: float) -> float:
        low, high = self.bent(self.low), self.bent(self.high)
        bent = float(low + place * (high - low))
        return math.expm1(bent) if self.logarithmic else bent

    def ticks(self) -> list[float]:
        """Round values, four to seven of them."""
        if not self.logarithmic:
            step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
            while (self.high - self.low) / step > 6:
                step *= 2 if math.log10(step) % 1 < 0.1 else 2.5
            first = math.ceil(self.low / step)
            return [n * step for n in range(first, math.floor(self.high / step + 1e-9) + 1)]
        powers = [10**n for n in range(12) if self.low <= 10**n <= self.high]
        return [0.0, *powers] if self.low <= 0 else [float(p) for p in powers]

    def bent(self, values: Any) -> Any:
        """A number, or an array of them, so that equal steps are equally wide."""
        return np.log1p(np.maximum(0.0, values)) if self.logarithmic else values


@dataclass(frozen=True)
class Histogram:
    scale: Scale
    kept: list[int]
    """traces with a score in each bar that this filter keeps ..."""
    dropped: list[int]
    """... and that it drops, or cannot decide"""
    unscored: int

    def edges(self) -> list[float]:
        return [self.scale.value(n / len(self.kept)) for n in range(len(self.kept) + 1)]


def histogram(standing: Standing, name: str, score: str, upto: float | None = None) -> Histogram:
    """Of one score of a filter; the scale reaches to `upto` at least, where a threshold is."""
    values = standing.scores(name).get_column(score)
    scored = values.drop_nulls()
    scale = _scale(scored, upto)
    keep = standing.of(name).columns.get_column("keep").fill_null(False)
    kept, dropped = (_counted(values.filter(s).drop_nulls(), scale) for s in (keep, ~keep))
    return Histogram(scale, kept, dropped, unscored=values.len() - scored.len())


def _scale(values: pl.Series, upto: float | None) -> Scale:
    ends = [float(v) for v in (values.min(), values.max()) if isinstance(v, int | float)]
    low, high = (min(0.0, *ends), max(ends)) if ends else (0.0, 1.0)
    middle = values.filter(values > 0).median()
    wide = isinstance(middle, float) and high > _WIDE and high > 20 * middle
    if upto is not None and (upto <= 2 * high or not high):
        high = max(high, 1.1 * upto)
    if high <= low:
        high = low + 1
    return Scale(low, high, wide and low >= 0)


def _counted(values: pl.Series, scale: Scale) -> list[int]:
    """How many lie in each bar."""
    ends = (scale.bent(scale.low), scale.bent(scale.high))
    counts, _ = np.histogram(scale.bent(values.to_numpy()), bins=BARS, range=ends)
    return [int(n) for n in counts]
