"""A person's word on traces: verdict `human`, which outranks every filter. Keep and drop decide;
who defers leaves the trace undecided; a withdrawn word leaves it to the filters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from curate.config import Source
from curate.manifest.fates import DEFERRED, HUMAN
from curate.sources.columns import Columns
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import text_of
from curate.sources.readers import peeked, rows
from curate.store.latest import latest_attempts
from curate.store.names import live_shards
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read, replace
from filters.errors import UserError
from filters.schema import TRACE, VERDICT, content_id

_COLUMNS: dict[str, tuple[str, ...]] = {
    "trace_id": ("trace_id",),
    "keep": ("keep",),
    "note": ("note",),
}
_WORDS = {
    **dict.fromkeys(("true", "1", "yes", "keep", "kept"), "keep"),
    **dict.fromkeys(("false", "0", "no", "drop", "dropped"), "drop"),
    **dict.fromkeys(("defer", "deferred", "undecided"), "defer"),
    **dict.fromkeys(("", "none", "null"), "withdrawn"),
}
SAYS: dict[str, tuple[bool | None, str | None]] = {
    "keep": (True, None),
    "drop": (False, "human"),
    "defer": (None, DEFERRED),
    "withdrawn": (None, "withdrawn"),
}
"""word -> `keep` and `reason` of its verdict"""
SHARD_WORDS = 1_000
"""words of one shard, which is written anew with each: below, a word takes milliseconds, and a
thousand words are not a thousand files"""


@dataclass(frozen=True)
class Word:
    trace_id: str
    attempt: int
    says: str  # of SAYS
    note: str | None = None


@writes("review")
def review(run: Run, file: str) -> Counter[str]:
    """Add the file's words. Counts: keep, drop, defer, withdrawn (keep empty: no word any more)."""
    source = Source(path=file)
    columns = Columns(source, _COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("trace_id",), ("keep",)), how="name the column so in the file")
    attempts = _attempts(run)
    words: dict[str, Word] = {}  # a later row outranks an earlier one on the same trace
    for number, row in numbered:
        trace_id = str(columns.get(row, "trace_id"))
        if trace_id not in attempts:
            raise UserError(f"{file}, row {number}: the run has no trace {trace_id!r}")
        says = _word(columns.get(row, "keep"), file, number)
        note = columns.get(row, "note")
        text = text_of(note) if note else None
        words[trace_id] = Word(trace_id, attempts[trace_id], says, text)
    commit(run.folder("verdicts", "human"), _verdicts(words.values()), VERDICT)
    return Counter(word.says for word in words.values())


@writes("review")
def say(run: Run, word: Word) -> None:
    """Add one word, there at once: the last shard takes it in while it is small."""
    folder = run.folder("verdicts", "human")
    said = _verdicts([word])
    last = live_shards(folder)[-1:]
    before = read(last, VERDICT)
    if last and before.height < SHARD_WORDS:
        others = before.filter(pl.col("trace_id") != word.trace_id)
        replace(last[0], pl.concat([others, said]), VERDICT)
    else:
        commit(folder, said, VERDICT)


def _attempts(run: Run) -> dict[str, int]:
    have = read(run.shards("traces"), TRACE, ["trace_id", "attempt"])
    return dict(latest_attempts(have).iter_rows())


def _word(value: object, file: str, number: int) -> str:
    word = str("" if value is None else value).strip().lower()
    if word not in _WORDS:
        raise UserError(
            f"{file}, row {number}: keep is {value!r}; true, false, defer or empty is wanted"
        )
    return _WORDS[word]


def _verdicts(words: Iterable[Word]) -> pl.DataFrame:
    return pl.DataFrame([_verdict(word) for word in words], schema=VERDICT)


def _verdict(word: Word) -> Row:
    keep, reason = SAYS[word.says]
    note = {"what": "note", "start": None, "end": None, "text": word.note}
    return {
        "trace_id": word.trace_id,
        "attempt": word.attempt,
        "filter": "human",
        "filter_version": 1,
        "settings_hash": HUMAN,
        "score_hash": HUMAN,
        "input_hash": content_id(word.says, word.note),
        "keep": keep,
        "reason": reason,
        "reasons": [reason] if reason else [],
        "detail": [note] if word.note else None,
    }
