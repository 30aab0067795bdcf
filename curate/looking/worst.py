"""The traces at both ends of a filter's judgement: the worst it dropped, and those next to its
thresholds on either side, each with the place in the text that counted."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from curate.judging.what_if import Standing
from curate.looking.thresholds import FAR, Threshold, distance, number, over, thresholds, varies
from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from filters.errors import UserError, did_you_mean

Rows = npt.NDArray[np.int64]
Far = npt.NDArray[np.float64]
"""of each trace, how many others lie between it and a threshold"""
CONTEXT = 80
"""characters of text shown before and after a place"""


def worst(run: Run, name: str, each: int) -> dict[str, list[dict[str, Any]]]:
    """Group -> at most `each` traces: `scores` with the thresholds that count, trace_id, reason,
    model, and what was found with the text around it: what, before, found, after.

    A dropped trace is as bad as the threshold that it lies farthest beyond says; one that was
    dropped for no number comes first. Raises UserError for an unknown filter."""
    standing = Standing(run)
    if name not in standing.filters:
        known = did_you_mean(name, standing.filters)
        raise UserError(f"{run.path} has no active filter {name!r}{known}")
    keep = standing.of(name).columns.get_column("keep")
    kept = np.flatnonzero(keep.fill_null(False).to_numpy())
    dropped = np.flatnonzero(keep.eq(False).fill_null(False).to_numpy())
    among = [at for at in thresholds(standing.filters) if at.filter == name]
    far, near = _beyond(standing, among), _within(standing, among)
    groups = {"worst": _first(dropped, -far, each)}
    if among:
        others = np.setdiff1d(dropped[np.isfinite(far[dropped])], groups["worst"])
        groups["just dropped"] = _first(others, far, each)
        groups["just kept"] = _first(kept[np.isfinite(near[kept])], near, each)
    return {
        group: _traces_in_context(standing, name, among, rows) for group, rows in groups.items()
    }


def _beyond(standing: Standing, among: list[Threshold]) -> Far:
    """The way back over the farthest threshold that drops it; infinite where none does."""
    found = np.full(standing.fates.height, -FAR)
    for at in among:
        found = np.where(over(standing, at), np.maximum(found, distance(standing, at)), found)
    return np.where(np.isneginf(found), FAR, found)


def _within(standing: Standing, among: list[Threshold]) -> Far:
    """The way to the nearest threshold; infinite where there is none."""
    found = np.full(standing.fates.height, FAR)
    for at in (at for at in among if varies(standing, at)):
        found = np.minimum(found, distance(standing, at))
    return found


def _first(rows: Rows, order: Far, each: int) -> Rows:
    return rows[np.argsort(order[rows], kind="stable")[:each]]


def _traces_in_context(
    standing: Standing, name: str, among: list[Threshold], rows: Rows
) -> list[dict[str, Any]]:
    ids = standing.fates.get_column("trace_id")
    listed = ", ".join(f"'{ids[int(row)]}'" for row in rows)
    texts = manifest.rows(
        standing.run,
        "select t.trace_id, v.reason, t.model, v.detail, t.response "
        "from v_trace_text t join verdicts v using (trace_id) "
        f"where v.filter = '{name}' and t.trace_id in ({listed or 'null'})",
    )
    by_id = {text["trace_id"]: text for text in texts}
    return [
        {"scores": _held(standing, among, int(row)), **_in_context(by_id[ids[int(row)]])}
        for row in rows
    ]


def _held(standing: Standing, among: list[Threshold], row: int) -> list[str]:
    """Scores and what they are held against: those beyond, or of a kept trace the nearest."""
    kept = standing.of(among[0].filter).columns.get_column("keep")[row] if among else False
    nearest = sorted(among, key=lambda at: float(distance(standing, at)[row]))[:1]
    beyond = [at for at in among if over(standing, at)[row]]
    return [
        f"{at.score} {number(value)} ({at.setting}: {at.drops})"
        for at in (nearest if kept else beyond)
        if (value := standing.scores(at.filter).get_column(at.score)[row]) is not None
    ]


def _in_context(row: dict[str, Any]) -> dict[str, Any]:
    places = [item for item in row.pop("detail") or [] if item["start"] is not None]
    response = row.pop("response") or ""
    start, end = (places[0]["start"], places[0]["end"]) if places else (len(response),) * 2
    shown_end = min(end, start + 2 * CONTEXT)
    return {
        **row,
        "what": places[0]["what"] if places else None,
        "before": ("…" if start > CONTEXT else "") + response[max(0, start - CONTEXT) : start],
        "found": response[start:shown_end] + ("…" if shown_end < end else ""),
        "after": response[end : end + CONTEXT] + ("…" if end + CONTEXT < len(response) else ""),
    }
