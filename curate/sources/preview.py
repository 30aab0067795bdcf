"""`curate import … --preview`: how a row would be understood; nothing is written."""

from __future__ import annotations

from typing import Any

from curate.config import Source
from curate.sources.imported_traces import HOW, REQUIRED, TRACE_COLUMNS
from curate.sources.problem_rows import PROBLEM_COLUMNS, problem_row, usual_kind
from curate.sources.problems import check_columns, opened
from curate.sources.samples import samples_of
from filters.errors import UserError

SHOWN = 100
"""characters of a value"""


def preview(source: Source, problems: bool) -> dict[str, Any]:
    """What becomes what with the values of the fullest of the first rows, which columns are unused
    (kept in `meta`), and why an import would stop, if it would."""
    known = PROBLEM_COLUMNS if problems else TRACE_COLUMNS
    source, columns, first, _ = opened(source, known)
    stops = None
    if not problems:
        try:
            check_columns(source, columns, first, REQUIRED, how=HOW)
        except UserError as error:
            stops = str(error)
    row = max(first, key=lambda row: len(list(columns.used(row))))
    understood = problem_row(columns, row, source)
    if not problems:
        samples = list(samples_of(columns, row, source.reply_is == "thinking"))
        understood |= {"samples": len(samples), "response": samples[0].text}
        understood |= {"finish_reason": samples[0].finish_reason, "model": samples[0].model}
    understood["kind"] = understood["kind"] or usual_kind(understood)
    names = dict(columns.used(row))
    if "messages" in names:  # the last question, and the reply behind it
        names = {"problem": names["messages"], "response": names["messages"], **names}
    lines = [
        {"ours": ours, "from": ", ".join(names.get(ours, ())), "value": _shown(value)}
        for ours, value in understood.items()
        if value is not None and ours not in ("problem_id", "gold_hash", "meta")
    ]
    lines += [
        {"ours": ours, "from": ", ".join(of), "value": _shown(columns.get(row, ours))}
        for ours, of in names.items()
        if ours not in understood
    ]
    return {"columns": lines, "unused": sorted(columns.rest(row)), "stops": stops}


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}… ({len(text):,} characters)"
