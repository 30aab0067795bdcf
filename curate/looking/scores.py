"""How scores lie: thresholds, how near a trace is to one, and bars of a histogram."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.judging.what_if import Standing
from filters.base import Filter
from filters.errors import UserError, did_you_mean

BARS = 40
FAR = np.inf
SHOWN = {">": ">", ">=": "≥", "<": "<", "<=": "≤"}
_WIDE = 50
"""a score whose largest value is above this, and is twenty times its median, is drawn on a
logarithmic scale"""


@dataclass(frozen=True)
class Threshold:
    """A setting of a filter and the score it is held against: dropped is `score sign value`."""

    filter: str
    setting: str
    score: str
    sign: str
    value: float
    whole: bool
    """must it be a whole number?"""

    @property
    def name(self) -> str:
        return f"{self.filter}.{self.setting}"

    @property
    def drops(self) -> str:
        return f"{SHOWN[self.sign]} {number(self.value)}"


def number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def thresholds(filters: Mapping[str, Filter]) -> list[Threshold]:
    """Of the active filters, in funnel order; settings that are switched off (null) have none."""
    return [
        Threshold(name, setting, score, sign, float(value), _whole(f, setting))
        for name, f in filters.items()
        for setting, (score, sign) in f.thresholds.items()
        if isinstance(value := getattr(f, setting), int | float)
    ]


def _whole(f: Filter, setting: str) -> bool:
    return isinstance(getattr(f, setting), int)


def threshold(filters: Mapping[str, Filter], name: str) -> Threshold:
    """By `filter.setting`."""
    known = {t.name: t for t in thresholds(filters)}
    if name not in known:
        raise UserError(f"no threshold {name!r}{did_you_mean(name, known)}")
    return known[name]


def moved(filters: Mapping[str, Filter], at: Threshold, value: float) -> dict[str, Filter]:
    """The filters with that setting at another value. Raises UserError where it may not be."""
    new = int(value) if at.whole else value
    try:
        changed = dataclasses.replace(filters[at.filter], **{at.setting: new})
    except (TypeError, ValueError) as error:
        raise UserError(f"{at.name}: {error}") from None
    return {**filters, at.filter: changed}


def distance(standing: Standing, at: Threshold) -> npt.NDArray[np.float64]:
    """How many traces lie between each trace and the threshold, by score; infinite for those that
    have none. Of many with one score each counts as lying in their midst: where most have no
    finding at all, none of them is near the threshold."""
    values = standing.scores(at.filter).get_column(at.score)
    below = over(standing, at)
    if at.sign.startswith(">"):
        below = ~below & values.is_not_null().to_numpy()
    boundary = float(below.sum()) + 0.5
    return (values.rank("average") - boundary).abs().fill_null(FAR).to_numpy()


def over(standing: Standing, at: Threshold) -> npt.NDArray[np.bool_]:
    """Whether each trace has a score that the threshold drops."""
    values = standing.scores(at.filter).get_column(at.score)
    compare = {">": values.gt, ">=": values.ge, "<": values.lt, "<=": values.le}
    return compare[at.sign](at.value).fill_null(False).to_numpy()


def nearest(standing: Standing, among: list[Threshold]) -> npt.NDArray[np.float64]:
    """The least distance to any of them, of traces that are kept or that its filter decides."""
    found = np.full(standing.fates.height, FAR)
    for at in (at for at in among if varies(standing, at)):
        may_move = (pl.col("fate") == "kept") | (pl.col("decided_by") == at.filter)
        moves = standing.fates.select(may_move.fill_null(False)).to_series().to_numpy()
        found = np.where(moves, np.minimum(found, distance(standing, at)), found)
    return found


def varies(standing: Standing, at: Threshold) -> bool:
    """Have two traces different scores?"""
    return standing.scores(at.filter).get_column(at.score).drop_nulls().n_unique() > 1


@dataclass(frozen=True)
class Scale:
    """From a score to a place between 0 and 1, and back."""

    low: float
    high: float
    logarithmic: bool

    def place(self, value: float) -> float:
        low, high, at = map(self._bent, (self.low, self.high, value))
        return min(1.0, max(0.0, (at - low) / (high - low)))

    def value(self, place: float) -> float:
        low, high = self._bent(self.low), self._bent(self.high)
        bent = low + place * (high - low)
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

    def _bent(self, value: float) -> float:
        return math.log1p(max(0.0, value)) if self.logarithmic else value


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
    raw = np.log1p(values.to_numpy()) if scale.logarithmic else values.to_numpy()
    low, high = (
        (math.log1p(scale.low), math.log1p(scale.high))
        if scale.logarithmic
        else (
            scale.low,
            scale.high,
        )
    )
    counts, _ = np.histogram(raw, bins=BARS, range=(low, high))
    return [int(n) for n in counts]
