"""What the report shows in figures: asked of the manifest, drawn by `charts`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.judging.what_if import Standing
from curate.looking.histogram import histogram
from curate.looking.report import charts
from curate.looking.thresholds import thresholds
from curate.manifest import ask as manifest
from curate.publishing.private import public_name, scrubbed
from curate.store.run_folder import Run
from filters.language.question_language import target_languages

_REASONS = 16
"""reasons that are shown by model; the others are rare"""
_MODELS = 8
_METRICS = ("loss", "reward", "kl", "entropy", "mean_tokens", "learning_rate")
"""of trainings, those first that people look at first"""
_REASONS_BY_MODEL = """
with reasons as (
    select trace_id, filter, unnest(reasons) as reason from verdicts where keep is false)
select filter || ': ' || replace(reason, '_', ' ') as reason, coalesce(model, 'unknown') as model,
    count(distinct trace_id) as traces
from reasons join traces using (trace_id) group by all
"""
_SWITCHES = """
with found as (
    select trace_id, unnest(detail) as item from verdicts where filter = 'language' and not keep)
select problem_id, problem, language, item.what[8:] as tongue, count(distinct trace_id) as traces
from found join traces using (trace_id) join problems using (problem_id)
where starts_with(item.what, 'switch:') group by all
"""


@dataclass(frozen=True)
class Cells:
    """A table of numbers, shaded by how large they are."""

    title: str
    says: str
    columns: list[str]
    rows: list[tuple[str, list[tuple[int, float]]]]
    """name, and of each column the number and its shade between 0 and 1"""
    corner: str = ""


@dataclass(frozen=True)
class Figure:
    name: str
    title: str
    spec: dict[str, Any]
    says: str = ""
    """what to look at in it"""
    small: bool = False


def figures(run: Run, standing: Standing) -> dict[str, list[Figure]]:
    """Section -> its figures; none where the run has nothing for it."""
    made = {
        "funnel": _funnel(run),
        "scores": _scores(standing),
        "lengths": [*_lengths(standing), *_pass_rates(run)],
        "trainings": [*_evaluations(run), *_trainings(run)],
    }
    return {section: list(theirs) for section, theirs in made.items()}


def tables(run: Run) -> dict[str, list[Cells]]:
    made = {"reasons": [*_reasons(run), *_overlap(run)], "languages": _languages(run)}
    return {section: list(theirs) for section, theirs in made.items()}


def _funnel(run: Run) -> Iterator[Figure]:
    rows = manifest.rows(run, "select * from v_funnel")
    yield Figure(
        "funnel",
        "What each stage let through",
        charts.funnel(rows),
        "A trace counts where it was decided: at the first filter that drops it. At the right, how "
        "many went on.",
    )


def _reasons(run: Run) -> Iterator[Cells]:
    rows = manifest.rows(run, _REASONS_BY_MODEL)
    if not rows:
        return
    of_models = "select coalesce(model, 'unknown') as model, count(*) as n from traces group by 1"
    sizes = {row["model"]: row["n"] for row in manifest.rows(run, of_models)}
    models = sorted(sizes, key=lambda model: (-sizes[model], model))[:_MODELS]
    known = {(row["reason"], row["model"]): row["traces"] for row in rows}
    yield Cells(
        "Reasons by model",
        "Traces that have the reason, whoever decided; the darker, the larger their share of the "
        "model's traces (below its name, where there is room).",
        [f"{public_name(model)}\n{sizes[model]:,}" for model in models],
        [
            (reason, [(n := known.get((reason, model), 0), n / sizes[model]) for model in models])
            for reason in _largest(rows, "reason")[:_REASONS]
        ],
    )


def _overlap(run: Run) -> Iterator[Cells]:
    rows = manifest.rows(run, "select * from v_reason_overlap")
    if rows:
        both = {frozenset((r["filter_a"], r["filter_b"])): r["traces"] for r in rows}
        names = [name for name in run.active() if any(name in pair for pair in both)]
        says = "How many traces both of them drop, whoever decided."

        def shared(one: str, other: str) -> int | None:
            return both.get(frozenset((one, other)))

        yield _shaded("Dropped by two filters", says, names, names, shared)


def _shaded(
    title: str,
    says: str,
    down: list[str],
    across: list[str],
    number: Callable[[str, str], int | None],
    corner: str = "",
) -> Cells:
    """Shaded by their share of the largest."""
    numbers = {row: [number(row, column) or 0 for column in across] for row in down}
    most = max(1, *(n for row in numbers.values() for n in row))
    rows = [(name, [(n, n / most) for n in row]) for name, row in numbers.items()]
    return Cells(title, says, across, rows, corner)


def _scores(standing: Standing) -> Iterator[Figure]:
    """Of every score that a threshold is held against, if it differs between traces."""
    known = thresholds(standing.filters)
    for name, score in dict.fromkeys((at.filter, at.score) for at in known):
        if standing.scores(name).get_column(score).drop_nulls().n_unique() < 2:
            continue
        of_score = [at for at in known if (at.filter, at.score) == (name, score)]
        near = [at.value for at in of_score]
        drawn = histogram(standing, name, score, upto=min(near))
        far = all(at.value > drawn.scale.high for at in of_score)
        says = f"Dropped: {' or '.join(at.drops for at in of_score)}"
        yield Figure(
            f"score-{name}-{score}",
            f"{name}: {score.replace('_', ' ')}",
            charts.scores(drawn, of_score, score.replace("_", " ")),
            says + (", which none comes near." if far else "."),
            small=True,
        )


def _lengths(standing: Standing) -> Iterator[Figure]:
    length = standing.filters.get("length")
    if length is None:
        return
    kept = standing.fates.select(kept=pl.col("fate") == "kept")
    for score, what in (("thinking_tokens", "thinking"), ("summary_tokens", "reply")):
        values = standing.scores("length").select(value=score)
        rows = pl.concat([values, kept], how="horizontal").drop_nulls("value")
        if rows.is_empty():
            continue
        high = rows.select(pl.col("value").quantile(0.99)).item() or 1.0
        yield Figure(
            f"length-{what}",
            f"Length of the {what}",
            charts.histogram(rows, "tokens", ("kept", "not kept"), 0, max(high, 10.0), 40),
            "The longest hundredth is counted in the last bar.",
            small=True,
        )


def _pass_rates(run: Run) -> Iterator[Figure]:
    rows = manifest.rows(
        run,
        "select pass_rate as value, problem_id in (select problem_id from records) as kept "
        "from v_problem_pass_rate where pass_rate is not null",
    )
    if rows:
        yield Figure(
            "pass-rates",
            "Pass rates of the problems",
            charts.histogram(
                pl.DataFrame(rows),
                "share of a problem's samples that are correct",
                ("has a record", "has none"),
                0,
                1,
                10,
            ),
            "How many problems; those with no correct sample have no record.",
            small=True,
        )


def _languages(run: Run) -> Iterator[Cells]:
    rows = manifest.rows(run, _SWITCHES)
    if not rows:
        return
    texts = dict.fromkeys(("problem_id", "problem", "language", "tongue"), pl.String)
    frame = pl.DataFrame(rows, schema={**texts, "traces": pl.Int64})
    counted = (
        frame.with_columns(asked=target_languages(frame))
        .group_by("asked", "tongue")
        .agg(pl.col("traces").sum())
    )
    pairs = {(row["asked"], row["tongue"]): row["traces"] for row in counted.to_dicts()}
    down, across = (sorted({pair[side] for pair in pairs}) for side in (0, 1))
    yield _shaded(
        "Languages mixed, by pair",
        "Traces with words of another language or script than the question's.",
        down,
        across,
        lambda one, other: pairs.get((one, other)),
        corner="asked in ↓, switched to →",
    )


def _evaluations(run: Run) -> Iterator[Figure]:
    rows = [_public(row) for row in manifest.rows(run, "select * from v_evals")]
    if not rows:
        return
    from curate.evaluation.charts import eval_charts

    frame = pl.DataFrame(rows, infer_schema_length=None)
    for name, chart in eval_charts(frame).items():
        spec = chart.to_dict() | {"width": "container"}
        spec["config"] = {**spec["config"], "background": "transparent", "font": charts.SANS}
        yield Figure(f"eval-{name}", "", spec, small=True)


def _trainings(run: Run) -> Iterator[Figure]:
    metrics = manifest.rows(run, "select stage, step, metric, value from metrics order by all")
    rows = [_public(row) for row in metrics]
    metrics_there = {row["metric"] for row in rows}
    for metric in (name for name in _METRICS if name in metrics_there):
        points = [row for row in rows if row["metric"] == metric and row["value"] is not None]
        yield Figure(
            f"training-{metric}",
            f"Training: {metric.replace('_', ' ')}",
            charts.course(points, metric),
            small=True,
        )


def _public(row: dict[str, Any]) -> dict[str, Any]:
    """A chart says what its user called stages and problem sets."""
    called = {name: scrubbed(row[name]) for name in ("stage", "problem_set") if row.get(name)}
    return row | called


def _largest(rows: list[dict[str, Any]], name: str) -> list[str]:
    sums: dict[str, int] = {}
    for row in rows:
        sums[row[name]] = sums.get(row[name], 0) + row["traces"]
    return sorted(sums, key=lambda value: (-sums[value], value))
