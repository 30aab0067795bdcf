"""What became of each trace, and who decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import polars as pl

from curate.manifest.by_trace import OUTDONE, ByTrace, Traces
from curate.store.names import live_shards
from curate.store.run_folder import Run
from filters.base import NOT_APPLICABLE, NOT_CHECKED
from filters.difficulty import SAMPLED, TRUNCATED
from filters.schema import VERDICT

HUMAN = "human"
"""settings_hash of a person's verdicts"""
DEFERRED = "deferred"
"""reason of a person who has not made up their mind: undecided until they have"""
READS = ("trace_id", "attempt", "problem_id", "response_hash", "finish_reason", "error", "origin")
"""columns of a trace that its fate and its worth as a sample depend on"""

REASON = pl.Categorical()  # few, that come again and again
SAID = {"keep": pl.Boolean(), "reason": REASON}
Stamp = tuple[Path, int, int]
"""a shard with its size and time: one that is replaced has others"""


@dataclass(frozen=True)
class Judge:
    """A filter under its settings; or, not required, a stage or a person, who speak only where they
    have something to say."""

    name: str
    settings_hash: str
    required: bool = True


PERSON = Judge("human", HUMAN, required=False)


def judges(run: Run) -> list[Judge]:
    """All whose word counts under the active settings, in order."""
    filters = [Judge(name, settings) for name, settings in run.active().items()]
    return [*filters, Judge("normalize", run.config.normalize.settings_hash, False), PERSON]


class Verdicts:
    """What the judges said of each trace, read again only where their shards changed."""

    def __init__(self, run: Run, traces: Traces) -> None:
        self.run, self.traces = run, traces
        self._shards = run.shards("traces")
        self._known: dict[Judge, tuple[list[Stamp], ByTrace]] = {}

    def of_all_traces(self) -> bool:
        """Or has somebody added some since?"""
        return self._shards == self.run.shards("traces")

    def of(self, judge: Judge) -> ByTrace:
        """Columns `keep` and `reason`."""
        stamps = self._stamps(judge)
        known, said = self._known.get(judge, (None, None))
        return said if said and known == stamps else self.read(judge)

    def read(self, judge: Judge, *more: str | pl.Expr) -> ByTrace:
        """The same and more columns, from the shards."""
        stamps = self._stamps(judge)
        shards = [path for path, *_ in stamps]
        active = pl.col("settings_hash") == judge.settings_hash
        said = self.traces.told_by(shards, VERDICT, [*SAID, *more], active)
        columns = said.columns.with_columns(pl.col("reason").cast(REASON))
        said = replace(said, columns=columns)
        self._known[judge] = stamps, replace(said, columns=columns.select(*SAID))
        return said

    def _stamps(self, judge: Judge) -> list[Stamp]:
        shards = live_shards(self.run.folder("verdicts", judge.name).resolve())
        return [(path, (of := path.stat()).st_size, of.st_mtime_ns) for path in shards]


def fates(traces: pl.DataFrame, said: Mapping[Judge, ByTrace]) -> pl.LazyFrame:
    """trace_id, problem_id, fate (failed, dropped, undecided or kept), decided_by and reason, from
    what the judges said, in order.

    The first filter that drops a trace decides; with none dropping it, the first that is undecided.
    A human's word outranks the filters; what cannot be normalized has no record, whoever wants it
    kept."""
    names = {judge.name for judge in said}
    filters = [judge.name for judge in said if judge.required]

    def of(name: str, column: str) -> pl.Expr:
        return pl.col(f"{name}.{column}") if name in names else pl.lit(None, SAID[column])

    def doubts(name: str) -> pl.Expr:
        return of(name, "there") & of(name, "keep").is_null()

    failed = pl.col("response_hash").is_null() | (pl.col("finish_reason") == "error")
    free = of("human", "keep").is_null()
    by_all = pl.all_horizontal(pl.lit(bool(filters)), *(of(name, "there") for name in filters))
    ends = [  # where, fate, decided_by, reason: the first that holds
        (failed, "failed", "traces", pl.coalesce("error", pl.lit("failed")).cast(REASON)),
        (~of("human", "keep"), "dropped", "human", pl.lit("human", REASON)),
        (of("human", "reason") == DEFERRED, "undecided", "human", pl.lit(DEFERRED, REASON)),
        *((free & ~of(f, "keep"), "dropped", f, of(f, "reason")) for f in filters),
        *((free & doubts(f), "undecided", f, of(f, "reason")) for f in filters),
        (free & ~by_all, "undecided", "not_judged", pl.lit("not_judged", REASON)),
        (~of("normalize", "keep"), "dropped", "normalize", of("normalize", "reason")),
        (pl.lit(True), "kept", None, pl.lit(None)),
    ]
    told = [
        by.columns.select(
            pl.col(*SAID).name.prefix(f"{judge.name}."),
            by.there.alias(f"{judge.name}.there"),
        )
        for judge, by in said.items()
    ]
    end = _first((where, pl.lit(number)) for number, (where, *_) in enumerate(ends))
    decided = (
        pl.concat([traces.select(READS), *told], how="horizontal")
        .lazy()
        .select(
            "trace_id",
            "problem_id",
            end.alias("end"),
            _first((where, reason) for where, *_, reason in ends).alias("reason"),
        )
    )
    return decided.select(
        "trace_id",
        "problem_id",
        _named("fate", [fate for _, fate, *_ in ends]),
        _named("decided_by", [by for *_, by, _ in ends]),
        pl.col("reason").cast(pl.String),
    )


def samples(traces: pl.DataFrame, said: Mapping[Judge, ByTrace]) -> pl.DataFrame:
    """What each trace says of its model. `rewritten`: nothing, it is no sample of it; `correct`:
    null where nobody could say; `unended`: it was cut and its check hit a limit, so it has not
    found its answer."""
    verified = (by.columns for judge, by in said.items() if judge.name == "correctness")
    unsaid = (pl.lit(None, kind).alias(name) for name, kind in SAID.items())
    found = next(verified, traces.with_columns(unsaid))
    outcome = pl.lit(found["reason"].cast(pl.String))
    correct = pl.when(outcome.ne_missing(pl.lit(NOT_APPLICABLE))).then(pl.lit(found["keep"]))
    judged = traces.with_columns(correct.alias("correct"), outcome.alias("outcome"))
    return judged.select(rewritten=~SAMPLED, correct="correct", unended=TRUNCATED)


def counted(said: Mapping[Judge, ByTrace], fates: pl.DataFrame) -> pl.DataFrame:
    """Of each judge in order: `verdicts`, how many; `would_drop`, the traces that it drops whatever
    others say; `doubts`, those it is undecided about; `unchecked`, those that it had no means to
    check, and `not_checked`, those of them that went on past it."""
    places = {judge.name: position for position, judge in enumerate(said)}
    decided = fates.get_column("decided_by")
    ended = decided.replace_strict(
        places | {"traces": -1}, default=len(said), return_dtype=pl.Int32
    )
    rows = []
    for judge, by in said.items():
        unchecked = by.columns.get_column("reason").cast(pl.String) == NOT_CHECKED
        went_on = unchecked & (ended > places[judge.name])
        keep = by.columns.get_column("keep")
        doubts = by.there & keep.is_null()
        sums = (by.there, keep.eq(False), doubts, unchecked, went_on)
        rows.append((*astuple(judge), places[judge.name], *(some.sum() for some in sums)))
    columns = (
        *("filter", "settings_hash", "required", "position"),
        *("verdicts", "would_drop", "doubts", "unchecked", "not_checked"),
    )
    return pl.DataFrame(rows, schema=columns, orient="row")


def outdone(said: Mapping[Judge, ByTrace]) -> pl.DataFrame:
    """filter, trace_id, attempt and shard of verdicts that do not count, if of active settings."""
    rows = [
        by.outdone.select(pl.lit(judge.name).alias("filter"), *OUTDONE)
        for judge, by in said.items()
    ]
    return pl.concat(rows)


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """The value of the first case that holds."""
    return pl.coalesce(pl.when(where).then(value) for where, value in cases)


def _named(column: str, names: list[str | None]) -> pl.Expr:
    return pl.lit(pl.Series(column, names, dtype=pl.String)).gather(pl.col("end")).alias(column)
