"""A threshold moved: what would change, without changing the run."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from curate.looking.browser.look import Look
from curate.looking.histogram import BARS, histogram
from curate.looking.thresholds import Threshold, moved, threshold, thresholds
from filters.errors import UserError

EXAMPLES = 8
STEPS = 400
"""places of the slider"""


def movable(look: Look) -> dict[str, list[Threshold]]:
    """Filter -> its thresholds, those left out whose score nothing has."""
    found: dict[str, list[Threshold]] = {}
    for at in thresholds(look.standing.filters):
        if look.standing.scores(at.filter).get_column(at.score).drop_nulls().len():
            found.setdefault(at.filter, []).append(at)
    return found


def picture(look: Look, at: Threshold) -> dict[str, Any]:
    """The histogram behind a threshold, as shares of the picture's width and height."""
    drawn = histogram(look.standing, at.filter, at.score, upto=at.value)
    # the root shows bars of one trace beside one of thousands
    most = max(1, *(k + d for k, d in zip(drawn.kept, drawn.dropped, strict=True))) ** 0.5
    bars = [
        {
            "left": number / BARS,
            "kept": kept,
            "dropped": dropped,
            "height": (kept + dropped) ** 0.5 / most,
            "share": dropped / max(1, kept + dropped),
        }
        for number, (kept, dropped) in enumerate(zip(drawn.kept, drawn.dropped, strict=True))
    ]
    ticks = [(tick, drawn.scale.place(tick)) for tick in drawn.scale.ticks()]
    return {
        "bars": bars,
        "ticks": ticks,
        "scale": drawn.scale,
        "unscored": drawn.unscored,
        "place": drawn.scale.place(at.value),
    }


def value_of(look: Look, at: Threshold, text: str) -> float:
    """What the address says, else where it is. Raises UserError where that is no number."""
    if not text.strip():
        return at.value
    try:
        value = float(text)
    except ValueError:
        raise UserError(f"{text!r} is no number") from None
    if value != value or abs(value) > 1e15:
        raise UserError(f"{text!r} is no number that a threshold may have")
    return round(value) if at.whole else value


def changes(look: Look, name: str, text: str) -> dict[str, Any]:
    """What would change with the threshold at that value."""
    at = threshold(look.standing.filters, name)
    value = value_of(look, at, text)
    found = look.standing.changes(moved(look.standing.filters, at, value))
    keeps, kept = pl.col("new_fate") == "kept", pl.col("fate") == "kept"
    gained, lost = found.filter(keeps & ~kept), found.filter(kept & ~keeps)
    return {
        "at": at,
        "value": value,
        "kept": look.fates.get("kept", 0),
        "new_kept": look.fates.get("kept", 0) + gained.height - lost.height,
        "lost": _summed(look, lost, "new_decided_by", "new_reason"),
        "gained": _summed(look, gained, "decided_by", "reason"),
        "otherwise": found.height - gained.height - lost.height,
        "command": f"curate filter RUN --set {at.name}={value:.12g}",
    }


def _summed(look: Look, some: pl.DataFrame, by: str, reason: str) -> dict[str, Any]:
    """How many, why, and the first of them."""
    why = Counter(some.select(by, reason).iter_rows()).most_common()
    rows = [look.row(trace_id) for trace_id in some.get_column("trace_id")[:EXAMPLES]]
    return {"traces": some.height, "why": why, "rows": [r for r in rows if r is not None]}
