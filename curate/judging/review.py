"""A person's word on traces: verdict `human`, which outranks every filter."""

from __future__ import annotations

from collections import Counter

import polars as pl

from curate.config import Source
from curate.manifest.fates import HUMAN
from curate.sources.columns import Columns
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import text_of
from curate.sources.readers import peeked, rows
from curate.store.latest import latest_attempts
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, live_shards, read
from filters.errors import UserError
from filters.schema import TRACE, VERDICT, content_id

_COLUMNS: dict[str, tuple[str, ...]] = {
    "trace_id": ("trace_id",),
    "keep": ("keep",),
    "note": ("note",),
}
_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "keep", "kept"), True),
    **dict.fromkeys(("false", "0", "no", "drop", "dropped"), False),
    **dict.fromkeys(("", "none", "null"), None),
}


@writes("review")
def review(run: Run, file: str) -> Counter[str]:
    """Add the file's words. Counts: keep, drop, withdrawn (keep empty: no word any more)."""
    source = Source(path=file)
    columns = Columns(source, _COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("trace_id",), ("keep",)), how="name the column so in the file")
    attempts = _attempts(run)
    verdicts: dict[str, Row] = {}  # a later row outranks an earlier one on the same trace
    for number, row in numbered:
        trace_id = str(columns.get(row, "trace_id"))
        if trace_id not in attempts:
            raise UserError(f"{file}, row {number}: the run has no trace {trace_id!r}")
        keep = _word(columns.get(row, "keep"), file, number)
        note = columns.get(row, "note")
        verdicts[trace_id] = _verdict(trace_id, attempts[trace_id], keep, note)
    frame = pl.DataFrame(list(verdicts.values()), schema=VERDICT)
    commit(run.folder("verdicts", "human"), frame, VERDICT)
    words = {True: "keep", False: "drop", None: "withdrawn"}
    return Counter(words[verdict["keep"]] for verdict in verdicts.values())


def _attempts(run: Run) -> dict[str, int]:
    have = read(live_shards(run.folder("traces")), TRACE, ["trace_id", "attempt"])
    return dict(latest_attempts(have).iter_rows())


def _word(value: object, file: str, number: int) -> bool | None:
    word = str("" if value is None else value).strip().lower()
    if word not in _WORDS:
        raise UserError(f"{file}, row {number}: keep is {value!r}; true, false or empty is wanted")
    return _WORDS[word]


def _verdict(trace_id: str, attempt: int, keep: bool | None, note: object) -> Row:
    text = text_of(note) if note else None
    return {
        "trace_id": trace_id,
        "attempt": attempt,
        "filter": "human",
        "filter_version": 1,
        "settings_hash": HUMAN,
        "score_hash": HUMAN,
        "input_hash": content_id(str(keep), text),
        "keep": keep,
        "reason": None if keep else "human" if keep is False else "withdrawn",
        "reasons": [] if keep else ["human" if keep is False else "withdrawn"],
        "detail": [{"what": "note", "start": None, "end": None, "text": text}] if text else None,
    }
