"""The traces at both ends of a filter's judgement: the worst it dropped, and those next to its
thresholds on either side, each with the place in the text that counted."""

from __future__ import annotations

from typing import Any

from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from filters.errors import UserError, did_you_mean

CONTEXT = 80
"""characters of text shown before and after a place"""
_GROUPS = {
    "worst": "not keep order by score desc nulls last",
    "just dropped": "not keep and score is not null order by score",
    "just kept": "keep and score is not null order by score desc",
}
"""group -> which verdicts of the filter, and in what order; `score` is how bad it is"""
_UNGRADED = ("finish", "format", "correctness", "safety")
"""filters that say which, not how bad: nothing is nearly dropped by them"""


def worst(run: Run, filter: str, each: int) -> dict[str, list[dict[str, Any]]]:
    """Group -> at most `each` traces: trace_id, score, reason, found (what, start, end) and the
    text around, in three parts: before, found, after. Raises UserError for an unknown filter."""
    known = [row["filter"] for row in manifest.rows(run, "select distinct filter from verdicts")]
    if not known:
        raise UserError(f"{run.path} has no verdicts yet: run `curate filter {run.path}` first")
    if filter not in known:
        raise UserError(f"{run.path} has no verdicts of {filter!r}{did_you_mean(filter, known)}")
    groups = dict(list(_GROUPS.items())[:1] if filter in _UNGRADED else _GROUPS.items())
    seen: list[str] = []
    found = {}
    for name, which in groups.items():
        rows = _rows(run, filter, which, seen, each)
        seen += [row["trace_id"] for row in rows]
        found[name] = [_in_context(row) for row in rows]
    return found


def _rows(run: Run, filter: str, which: str, seen: list[str], each: int) -> list[dict[str, Any]]:
    condition, _, order = which.partition(" order by ")
    others = ", ".join(f"'{trace_id}'" for trace_id in ["", *seen])
    return manifest.rows(
        run,
        f"""
        with chosen as (
            select trace_id, score, reason, detail,
                row_number() over (order by {order}, trace_id) as n
            from verdicts where filter = '{filter}' and {condition} and trace_id not in ({others})
            qualify n <= {each})
        select c.trace_id, c.score, c.reason, t.model, c.detail, t.response
        from chosen c join v_trace_text t using (trace_id) order by c.n""",
    )


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
