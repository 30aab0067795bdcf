"""The thresholds of the active filters, and how near the traces lie to them."""

from __future__ import annotations

import dataclasses
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from curate.judging.what_if import Standing
from filters.base import Filter
from filters.errors import UserError, did_you_mean

FAR = np.inf


@dataclass(frozen=True)
class Sign:
    """How a score is compared with a threshold that drops it."""

    shown: str
    allows: str
    """what is kept, in words"""
    compare: Callable[[Any, float], Any]
    """a score, or each of a column, with the threshold: is it dropped?"""


SIGNS = {
    ">": Sign(">", "at most", operator.gt),
    ">=": Sign("≥", "below", operator.ge),
    "<": Sign("<", "at least", operator.lt),
    "<=": Sign("≤", "above", operator.le),
}
"""by the name that `Filter.thresholds` uses"""


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
        return f"{SIGNS[self.sign].shown} {number(self.value)}"

    @property
    def allows(self) -> str:
        return f"{SIGNS[self.sign].allows} {number(self.value)}"

    def beyond(self, score: Any) -> Any:
        """Whether it drops a score; of a column of scores, of each."""
        return SIGNS[self.sign].compare(score, self.value)


def number(value: float) -> str:
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.4g}"


def thresholds(filters: Mapping[str, Filter]) -> list[Threshold]:
    """Of the active filters, in funnel order; settings that are switched off (null) have none."""
    return [
        Threshold(name, setting, score, sign, float(value), isinstance(value, int))
        for name, f in filters.items()
        for setting, (score, sign) in f.thresholds.items()
        if isinstance(value := getattr(f, setting), int | float)
    ]


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
    dropped: npt.NDArray[np.bool_] = at.beyond(values).fill_null(False).to_numpy()
    return dropped


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
