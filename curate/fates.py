"""What became of each trace, and who decided it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from curate.aligned import Aligned, Traces
from curate.manifest import HUMAN
from curate.run import Run
from filters.schema import VERDICT

READS = ("trace_id", "attempt", "problem_id", "response_hash", "finish_reason", "error")
"""columns of a trace that its fate depends on"""


@dataclass(frozen=True)
class Judge:
    """A filter under its settings; or, not required, a stage or a person, who speak only where they
    have something to say."""

    name: str
    settings_hash: str
    required: bool = True

    def said(self, run: Run, traces: Traces, *more: str) -> Aligned:
        """`keep`, `reason` and more columns of its verdicts."""
        shards = run.shards("verdicts", self.name)
        active = pl.col("settings_hash") == self.settings_hash
        return traces.aligned(shards, VERDICT, ["keep", "reason", *more], active)


PERSON = Judge("human", HUMAN, required=False)


def judges(run: Run) -> list[Judge]:
    """All whose word counts under the active settings, in order."""
    filters = [Judge(name, settings) for name, settings in run.active().items()]
    return [*filters, Judge("normalize", run.config.normalize.settings_hash, False), PERSON]


def fates(traces: pl.DataFrame, said: Mapping[Judge, Aligned]) -> pl.LazyFrame:
    """trace_id, problem_id, fate (failed, dropped, undecided or kept), decided_by and reason, from
    what the judges said, in order.

    The first filter that drops a trace decides; with none dropping it, the first that is undecided.
    A human's word outranks the filters; what cannot be normalized has no record, whoever wants it
    kept."""
    names = {judge.name for judge in said}
    filters = [judge.name for judge in said if judge.required]

    def of(name: str, column: str) -> pl.Expr:
        return pl.col(f"{name}.{column}") if name in names else pl.lit(None, VERDICT[column])

    def doubts(name: str) -> pl.Expr:
        return of(name, "there") & of(name, "keep").is_null()

    failed = pl.col("response_hash").is_null() | (pl.col("finish_reason") == "error")
    free = of("human", "keep").is_null()
    by_all = pl.all_horizontal(pl.lit(bool(filters)), *(of(name, "there") for name in filters))
    ends = [  # where, fate, decided_by, reason: the first that holds
        (failed, "failed", "traces", pl.coalesce("error", pl.lit("failed"))),
        (~of("human", "keep"), "dropped", "human", pl.lit("human")),
        *((free & ~of(f, "keep"), "dropped", f, of(f, "reason")) for f in filters),
        *((free & doubts(f), "undecided", f, of(f, "reason")) for f in filters),
        (free & ~by_all, "undecided", "not_judged", pl.lit("not_judged")),
        (~of("normalize", "keep"), "dropped", "normalize", of("normalize", "reason")),
        (pl.lit(True), "kept", None, pl.lit(None, pl.String)),
    ]
    told = [
        by.columns.select(
            pl.col("keep", "reason").name.prefix(f"{judge.name}."),
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
        "reason",
    )


def _first(cases: Iterable[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """The value of the first case that holds."""
    return pl.coalesce(pl.when(where).then(value) for where, value in cases)


def _named(column: str, names: list[str | None]) -> pl.Expr:
    return pl.lit(pl.Series(column, names, dtype=pl.String)).gather(pl.col("end")).alias(column)
