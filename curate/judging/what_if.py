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
_SHARD = pl.col("shard").cast(pl.Categorical).alias("verdict_shard")
"""where the verdict stands, for who wants all of it"""


class Standing:
    """A run under its active settings, read once; rows are traces by trace_id. Raises UserError
    where the settings have not been judged by yet."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.filters = active_filters(run.config)
        now = {name: f.settings_hash for name, f in self.filters.items()}
        if now != run.active():
            raise UserError(
                f"the settings of {run.path}, or the filters of this version, have not been judged "
                f"by: run `curate filter {run.path}` first"
            )
        self.traces = Traces(trace_facts(run).sort("trace_id"))
        self.verdicts = Verdicts(run, self.traces)
        self.said = {judge: self.verdicts.read(judge, _SHARD) for judge in judges(run)}
        self.fates = fates(self.traces.frame, self.said).collect()
        self._scores: dict[str, pl.DataFrame] = {}
        self._before: dict[str, pl.Series] = {}

    def of(self, name: str) -> ByTrace:
        """What the filter says of each trace."""
        return self.said[_judge(self.filters[name])]

    def scores(self, name: str) -> pl.DataFrame:
        """A filter's named scores, its `label`, and why there are none (`_unread`)."""
        if name not in self._scores:
            f = self.filters[name]
            unread = pl.when(pl.col("scores").is_null()).then("reason").alias("_unread")
            named = (named_score(f, score) for score in f.scores)
            read = self.verdicts.read(_judge(f), *named, pl.col("label").cast(REASON), unread)
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
            if isinstance(f, GroupFilter) and not f.signature:
                said[_judge(f)] = self._grouped(f, said)
            else:
                said[_judge(f)] = self._derived(f)
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

    def _grouped(self, f: GroupFilter, said: Mapping[Judge, ByTrace]) -> ByTrace:
        """Judged anew where what it reads is another than it was: in these problems, or in all."""
        traces = self.traces.frame
        fate = fates(traces, said).select("fate").collect().to_series()
        by = self.of(f.name) if f.name in self.filters else _nothing(traces)
        anew = pl.repeat(f != self.filters.get(f.name), traces.height, eager=True)
        if "fate" in f.reads:
            anew |= fate.ne_missing(self._fate_before(f.name))
        correct = next((by.columns for j, by in said.items() if j.name == "correctness"), None)
        if {"correct", "outcome"} & set(f.reads):
            anew |= self._correctness_differs(correct)
        if not anew.any():
            return by
        anew = self._whole_groups(f, anew)
        tokens = self._thinking_tokens()
        seen = group_frame(
            traces.filter(anew),
            None if correct is None else correct.filter(anew),
            None if tokens is None else tokens.filter(anew),
        ).with_columns(fate.filter(anew))
        facts = f.score(seen).with_columns(label=pl.lit(None, pl.String))
        told = f.decided(facts.with_columns(_unread=pl.lit(None, pl.String)))
        return _spliced(by, anew, told)

    def _whole_groups(self, f: GroupFilter, anew: pl.Series) -> pl.Series:
        if not f.within_problem:
            return pl.repeat(True, len(anew), eager=True)
        problems = self.traces.frame.get_column("problem_id")
        return problems.is_in(problems.filter(anew).unique().implode())

    def _fate_before(self, name: str) -> pl.Series:
        """What the filters before it make of each trace now."""
        if name not in self._before:
            places = [judge.name for judge in self.said if judge.required]
            said = {
                judge: by
                for judge, by in self.said.items()
                if judge == PERSON
                or (judge.required and places.index(judge.name) < places.index(name))
            }
            fate = fates(self.traces.frame, said).select("fate").collect().to_series()
            self._before[name] = fate
        return self._before[name]

    def _correctness_differs(self, now: pl.DataFrame | None) -> pl.Series:
        known = self.of("correctness").columns if "correctness" in self.filters else None
        if now is None or known is None:
            return pl.repeat(now is not known, self.traces.frame.height, eager=True)
        return now["keep"].ne_missing(known["keep"]) | now["reason"].ne_missing(known["reason"])

    def _thinking_tokens(self) -> pl.Series | None:
        length = self.filters.get("length")
        known = length is not None and "thinking_tokens" in length.scores
        return self.scores("length").get_column("thinking_tokens") if known else None


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


def _nothing(traces: pl.DataFrame) -> ByTrace:
    """A judge that has said nothing yet and will have its word on all."""
    there = pl.repeat(True, traces.height, eager=True).alias("there")
    unsaid = traces.select(pl.lit(None, dtype).alias(name) for name, dtype in SAID.items())
    return ByTrace(unsaid, there, traces.clear())


def _spliced(by: ByTrace, anew: pl.Series, told: pl.DataFrame) -> ByTrace:
    """With what is told of those judged anew, a row each, in its place."""
    place = (anew.cum_sum().cast(pl.Int64) - 1).set(~anew, None)
    new = told.select("keep", pl.col("reason").cast(REASON))[place]
    return _saying(
        by,
        pl.select(
            pl.when(pl.lit(anew)).then(new[name]).otherwise(by.columns[name]).alias(name)
            for name in SAID
        ),
    )


def _saying(by: ByTrace, said: pl.DataFrame) -> ByTrace:
    keep = pl.when(by.there).then(pl.col("keep"))
    return replace(by, columns=said.select(keep, pl.col("reason").cast(REASON)))


def _judge(f: Filter) -> Judge:
    return Judge(f.name, f.settings_hash)
