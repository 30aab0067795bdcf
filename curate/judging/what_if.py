"""What would become of the traces under other settings: derived from the scores that are there,
no text read, nothing written.

Filters that judge a trace by others are followed too, all but `duplicate`: which twin is kept would
need the texts again, so its word stays as it is, or moves with its own threshold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from curate.judging.active import active_filters
from curate.judging.group_filters import group_frame, named_score
from curate.judging.texts import trace_facts
from curate.manifest.by_trace import ByTrace, Traces
from curate.manifest.fates import PERSON, REASON, SAID, Judge, Verdicts, fates, judges
from curate.store.run_folder import Run
from filters.base import Filter, GroupFilter
from filters.errors import UserError

_ENDS = ("fate", "decided_by", "reason")


class Standing:
    """A run under its active settings, read once; rows are traces by trace_id. Raises UserError
    where the settings have not been judged by yet."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.filters = active_filters(run.config)
        now = {name: f.settings_hash for name, f in self.filters.items()}
        if now != run.active():
            raise UserError(
                f"the settings of {run.path} have not been judged by: run "
                f"`curate filter {run.path}` first"
            )
        self.traces = Traces(trace_facts(run).sort("trace_id"))
        self.verdicts = Verdicts(run, self.traces)
        self.said = {judge: self.verdicts.of(judge) for judge in judges(run)}
        self.fates = fates(self.traces.frame, self.said).collect()
        self._scores: dict[str, pl.DataFrame] = {}

    def of(self, name: str) -> ByTrace:
        """What the filter says of each trace."""
        return self.said[_judge(self.filters[name])]

    def scores(self, name: str) -> pl.DataFrame:
        """A filter's named scores, its `label`, and why there are none (`_unread`)."""
        if name not in self._scores:
            f = self.filters[name]
            unread = pl.when(pl.col("scores").is_null()).then("reason").alias("_unread")
            named = (named_score(f, score) for score in f.scores)
            read = self.verdicts.read(_judge(f), *named, "label", unread)
            self._scores[name] = read.columns.drop(*SAID)
        return self._scores[name]

    def changes(self, filters: Mapping[str, Filter]) -> pl.DataFrame:
        """The traces that would come to another end: trace_id, fate, decided_by and reason as they
        are, and `new_fate`, `new_decided_by`, `new_reason` under these filters."""
        new = self.under(filters).select(pl.col(*_ENDS).name.prefix("new_"))
        both = pl.concat([self.fates.select("trace_id", *_ENDS), new], how="horizontal")
        differs = pl.any_horizontal(pl.col(e).ne_missing(pl.col(f"new_{e}")) for e in _ENDS)
        return both.filter(differs)

    def under(self, filters: Mapping[str, Filter]) -> pl.DataFrame:
        """Columns as of `manifest.fates.fates`."""
        said: dict[Judge, ByTrace] = {j: by for j, by in self.said.items() if not j.required}
        normalize = {j: said.pop(j) for j in list(said) if j != PERSON}
        for f in filters.values():
            by_others = isinstance(f, GroupFilter) and not f.signature
            said[_judge(f)] = self._grouped(f, said) if by_others else self._derived(f)
        return fates(self.traces.frame, said | normalize).collect()

    def _derived(self, f: Filter) -> ByTrace:
        old = self.filters.get(f.name)
        if old is None or old.score_hash != f.score_hash:
            raise UserError(
                f"{f.name}: these settings change what is measured, so texts must be read: "
                f"`curate filter {self.run.path} --set …` does"
            )
        by = self.of(f.name)
        return by if old == f else _saying(by, f.decided(self.scores(f.name)))

    def _grouped(self, f: Filter, said: Mapping[Judge, ByTrace]) -> ByTrace:
        correct = next((by.columns for j, by in said.items() if j.name == "correctness"), None)
        length = "length" in self.filters and "thinking_tokens" in self.filters["length"].scores
        tokens = self.scores("length").get_column("thinking_tokens") if length else None
        traces = self.traces.frame
        fate = fates(traces, said).select("fate").collect().to_series()
        told = f.judge(group_frame(traces, correct, tokens).with_columns(fate))
        there = pl.repeat(True, traces.height, eager=True).alias("there")
        return _saying(ByTrace(traces.select(), there, traces.clear()), told)


def what_if(run: Run, filters: Mapping[str, Filter]) -> pl.DataFrame:
    """`Standing.changes` of a run for filters as `active_filters` gives them."""
    return Standing(run).changes(filters)


EXAMPLES = 10
"""traces that are named of each change"""


def summed(changes: pl.DataFrame) -> pl.DataFrame:
    """`Standing.changes` counted: from and to (fate, by whom, why), `traces`, and the trace_ids of
    some; the commonest first."""
    ends = [
        pl.concat_str(
            f"{new}fate", f"{new}decided_by", f"{new}reason", separator=" ", ignore_nulls=True
        ).alias(name)
        for new, name in (("", "now"), ("new_", "then"))
    ]
    examples = pl.col("trace_id").sort().head(EXAMPLES).alias("examples")
    return (
        changes.group_by(ends)
        .agg(pl.len().alias("traces"), examples)
        .sort("traces", "now", "then", descending=[True, False, False])
    )


def _saying(by: ByTrace, said: pl.DataFrame) -> ByTrace:
    keep = pl.when(by.there).then(pl.col("keep"))
    return replace(by, columns=said.select(keep, pl.col("reason").cast(REASON)))


def _judge(f: Filter) -> Judge:
    return Judge(f.name, f.settings_hash)
