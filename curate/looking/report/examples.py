"""The report's traces to read: by chance, the same for the same run. Ids are hashes, so the first
ones in their order are a choice by chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from curate.judging.what_if import Standing
from curate.looking.marked import Mark, Piece, marks, pieces
from curate.looking.thresholds import nearest, thresholds
from curate.manifest import ask as manifest
from curate.publishing.private import public_name
from curate.store.run_folder import Run
from curate.terminal.side_by_side import compared
from filters.trace_format import render

KEPT, BORDERLINE, REASONS = 3, 3, 4
"""traces that are shown; of dropped ones, one of each of the commonest reasons"""
_BEGIN, _END, _AROUND = 900, 500, 260
"""characters of a long text that are shown: its beginning, its end, and around each finding"""
_GAP = 300
"""characters that are not worth leaving out"""
_NEAR = 200
"""characters within which a line may end"""
_FOUND = 1_200
"""characters of a finding at most"""


@dataclass(frozen=True)
class Example:
    facts: dict[str, Any]
    excerpt: list[list[Piece] | int]
    """pieces of the text, and between them how many characters are left out"""
    found: list[str]


def examples(run: Run, standing: Standing) -> dict[str, list[Example]]:
    fates = standing.fates
    kept = fates.filter(pl.col("fate") == "kept")["trace_id"].head(KEPT).to_list()
    return {
        "Kept, by chance": _of_traces(run, kept),
        "Dropped, one of each of the commonest reasons": _of_traces(run, _dropped(fates)),
        "Borderline: the nearest to a threshold": _of_traces(run, _borderline(standing)),
    }


def _dropped(fates: pl.DataFrame) -> list[str]:
    dropped = fates.filter(pl.col("fate") == "dropped")
    first = dropped.group_by("decided_by", "reason").agg(pl.len(), pl.col("trace_id").min())
    common = first.sort("len", "trace_id", descending=[True, False]).head(REASONS)
    return common["trace_id"].to_list()


def _borderline(standing: Standing) -> list[str]:
    near = nearest(standing, thresholds(standing.filters))
    order = np.argsort(near, kind="stable")[:BORDERLINE]
    return [standing.fates["trace_id"][int(row)] for row in order if np.isfinite(near[row])]


def _of_traces(run: Run, ids: list[str]) -> list[Example]:
    if not ids:
        return []
    names = ", ".join(f"'{name}'" for name in ids)
    traces = manifest.rows(
        run,
        "select trace_id, fate, decided_by, reason, model, problem, gold, response "
        f"from v_trace_text where trace_id in ({names})",
    )
    verdicts = manifest.rows(
        run, f"select trace_id, filter, detail from verdicts where trace_id in ({names})"
    )
    by_id = {trace["trace_id"]: trace for trace in traces}
    return [
        _example(by_id[name], marks(v for v in verdicts if v["trace_id"] == name))
        for name in ids
        if by_id[name]["response"] is not None
    ]


def _example(trace: dict[str, Any], found: list[Mark]) -> Example:
    text = trace.pop("response")
    trace["model"] = public_name(trace["model"] or "unknown")
    ordered = sorted(found, key=lambda mark: (mark.start, mark.label))
    labels = list(dict.fromkeys(mark.label for mark in ordered))
    return Example(trace, list(excerpt(text, ordered)), labels)


def excerpt(text: str, found: list[Mark]) -> Iterator[list[Piece] | int]:
    """Beginning, end and what is around each finding."""
    wanted = [(0, _BEGIN), (len(text) - _END, len(text))]
    for mark in found:
        wanted.append((mark.start - _AROUND, min(mark.end, mark.start + _FOUND) + _AROUND))
    upto = 0
    for start, end in sorted((max(0, a), min(len(text), b)) for a, b in wanted):
        start, end = _at_a_line(text, start, -1), _at_a_line(text, end, 1)
        if start - upto > _GAP:
            yield start - upto
        else:
            start = upto
        if end > start:
            yield list(pieces(text, found, max(start, upto), end))
        upto = max(upto, end)


def _at_a_line(text: str, place: int, step: int) -> int:
    """The next break of a line in that direction, or of a word, or the place itself."""
    if not 0 < place < len(text):
        return place
    low, high = (place - _NEAR, place) if step < 0 else (place, place + _NEAR)
    find = text.rfind if step < 0 else text.find
    near = (find(blank, max(0, low), high) for blank in ("\n", " "))
    return next((found for found in near if found >= 0), place)


_NORMALIZED = """
select t.response as before, r.thinking, r.summary
from records r join v_trace_text t using (trace_id)
    join verdicts v on v.trace_id = r.trace_id and v.filter = 'format'
where t.origin is distinct from 'rewritten'
order by v.label = 'think-open-close', length(t.response), r.trace_id limit 1
"""  # one whose tags were other than a record's, where there is one; short, as it is to be read
_REWRITTEN = """
select p.response as before, c.response as after, c.model, c.fate
from v_trace_text c join v_trace_text p on p.trace_id = c.parent_trace_id
where c.origin = 'rewritten' and c.response is not null and p.response is not null
order by c.fate = 'kept' desc, length(c.response), c.trace_id limit 1
"""


def before_and_after(run: Run) -> dict[str, tuple[str, list[Any]]]:
    """Title -> what it shows, and the two texts side by side."""
    sides = {}
    for row in manifest.rows(run, _NORMALIZED):
        after = render(row["thinking"], row["summary"])
        sides["Normalized"] = ("A trace and its record.", _sides(row["before"], after))
    for row in manifest.rows(run, _REWRITTEN):
        writer = public_name(row["model"] or "unknown")
        says = f"Rewritten by {writer}; the rewriting is {row['fate']}."
        sides["Rewritten"] = (says, _sides(row["before"], row["after"]))
    return sides


def _sides(before: str, after: str) -> list[Any]:
    passages = list(compared(before, after))
    return passages[:40]


def gold_audit(run: Run) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """How many golds do not stand, by what was found, and the first of them."""
    counted = "select finding, count(*) as problems from v_gold_audit group by 1 order by 2 desc, 1"
    first = (
        "select finding, left(problem, 300) as problem, gold, majority_answer, votes, answered "
        "from v_gold_audit order by finding = 'no_gold', finding, problem_id limit 12"
    )
    return manifest.rows(run, counted), manifest.rows(run, first)


def people(run: Run) -> list[dict[str, Any]]:
    """What people said of traces."""
    return manifest.rows(
        run,
        "select case when keep then 'keep' when not keep then 'drop' when reason = 'deferred' "
        "then 'defer' end as says, count(*) as traces from verdicts where filter = 'human' "
        "and (keep is not null or reason = 'deferred') group by 1 order by 1",
    )
