"""Curves of a training, from the rows of `v_evals`: accuracy, language, length and reflection over
its steps, a stage a colour.

Colours are Okabe and Ito's, which colour-blind people tell apart; stages differ in the shape of
their points too, measures in the line's dashes. A stage with one checkpoint alone (a base, a cold
start) has no curve: it is a level line with its name on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import polars as pl

from filters.errors import UserError, needs_extra

with needs_extra("report", "charts need"):
    import altair as alt
    import vl_convert

LOOKS = {
    "base": ("#666666", "circle"),
    "r1-zero": ("#0072B2", "square"),
    "cold-start": ("#009E73", "triangle-up"),
    "r1": ("#D55E00", "diamond"),
}
"""stage -> its colour and the shape of its points; other stages take these in turn:"""
OTHERS = (
    ("#CC79A7", "cross"),
    ("#E69F00", "triangle-down"),
    ("#56B4E9", "circle"),
    ("#000000", "square"),
    ("#F0E442", "diamond"),
)
DASHES = ([1, 0], [6, 3])
WIDTH, HEIGHT = 440, 270
PNG_SCALE = 2.0  # pixels to a point, for screens that have them


@dataclass(frozen=True)
class Figure:
    title: str
    measures: Mapping[str, str]
    """column -> what it is called; the first is drawn solid, with its error where there is one"""
    axis: str
    share: bool = False
    error: str | None = None


FIGURES = {
    "accuracy": Figure(
        "Accuracy",
        {"pass_at_1": "pass@1", "cons_at_k": "cons@k (vote)"},
        "share of problems solved",
        share=True,
        error="pass_at_1_se",
    ),
    "language": Figure(
        "Mixed languages and unreadable text",
        {"mixed_language_rate": "mixed languages", "unreadable_rate": "unreadable"},
        "share of replies",
        share=True,
    ),
    "length": Figure("Length", {"mean_tokens": "tokens"}, "mean tokens of a reply"),
    "reflection": Figure(
        "Reflection", {"reflection_rate": "words"}, "reflection words of a reply (wait, check, …)"
    ),
}
"""all that is drawn of a problem set"""


def eval_charts(evals: pl.DataFrame) -> dict[str, alt.LayerChart]:
    """`SET-FIGURE` -> its chart, of every problem set and all `FIGURES`. `evals` has the columns of
    the table, of one run or several; what differs in seeds is drawn as its mean."""
    return {
        f"{name}-{called}": _chart(rows, figure)
        for (name,), rows in evals.group_by("problem_set", maintain_order=True)
        for called, figure in FIGURES.items()
    }


def write(charts: Mapping[str, alt.LayerChart], folder: Path) -> list[Path]:
    """As PNG and SVG; the files, in order."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, chart in charts.items():
            spec = chart.to_json()
            png, svg = folder / f"{name}.png", folder / f"{name}.svg"
            png.write_bytes(vl_convert.vegalite_to_png(spec, scale=PNG_SCALE))
            svg.write_text(vl_convert.vegalite_to_svg(spec), encoding="utf-8")
            written += [png, svg]
    except OSError as error:
        raise UserError(f"cannot write the charts to {folder}: {error.strerror}") from None
    return written


def over_seeds(rows: pl.DataFrame, figure: Figure) -> pl.DataFrame:
    """stage, step, measure, value, low, high: means over the seeds. low and high are a standard
    error away: that of the seeds, sd / √n, where there are several, else the row's own over
    problems. `course`: has the stage several steps?"""
    frames: list[pl.DataFrame] = []
    for column, name in figure.measures.items():
        own = pl.lit(None, pl.Float64) if figure.error is None or frames else pl.col(figure.error)
        spread = pl.col(column).std() / pl.len().sqrt()
        means = rows.group_by("stage", "step", maintain_order=True).agg(
            pl.col(column).mean().alias("value"),
            pl.when(pl.len() > 1).then(spread).otherwise(own.first()).alias("error"),
        )
        frames.append(means.with_columns(measure=pl.lit(name)))
    value, error = pl.col("value"), pl.col("error")
    return (
        pl.concat(frames)
        .drop_nulls("value")
        .with_columns(
            low=value - error,
            high=value + error,
            course=pl.col("step").n_unique().over("stage") > 1,
        )
        .sort("stage", "step")
    )


def _chart(rows: pl.DataFrame, figure: Figure) -> alt.LayerChart:
    data = over_seeds(rows, figure)
    layers = _courses(data, figure) if data["course"].any() else _compared(data, figure)
    title = alt.TitleParams(figure.title, subtitle=_subtitle(rows, data, figure), anchor="start")
    return (
        alt.layer(*layers)
        .properties(width=WIDTH, height=HEIGHT, title=title)
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=12, titleFontSize=12, gridColor="#e5e5e5", titlePadding=8)
        .configure_legend(labelFontSize=12, symbolSize=90, symbolStrokeWidth=2)
        .configure_title(fontSize=15, subtitleFontSize=11, subtitleColor="#555555", offset=12)
        # to the right there is room for the letters of a viewer that has wider ones
        .configure(background="white", padding={"left": 12, "right": 32, "top": 12, "bottom": 12})
    )


def _subtitle(rows: pl.DataFrame, data: pl.DataFrame, figure: Figure) -> list[str]:
    name, problems, k = rows.select("problem_set", "n_problems", "k").row(-1)
    seeds = rows.get_column("seed").n_unique()
    lines = [f"{name}: {problems:,} problems × {k} samples" + (f" × {seeds} seeds" * (seeds > 1))]
    if data["error"].count():
        lines[0] += f"; bars: standard error over {'seeds' if seeds > 1 else 'problems'}"
    if not data["course"].any() and len(figure.measures) > 1:
        lines.append("{}: filled, {}: hollow".format(*figure.measures.values()))
    return lines


def _courses(data: pl.DataFrame, figure: Figure) -> list[alt.Chart]:
    """Lines over the steps, and level lines where there is one step alone."""
    names = list(figure.measures.values())
    dashes = alt.Scale(domain=names, range=list(DASHES[: len(names)]))
    legend = alt.Legend(symbolStrokeColor="#444444") if len(names) > 1 else None
    x = alt.X("step:Q", title="step of the training", axis=alt.Axis(tickMinStep=1))
    curves = data.filter("course")
    lines = _base(curves, data, figure).mark_line(strokeWidth=2)
    dash = alt.StrokeDash("measure:N", title=None, scale=dashes, legend=legend)
    return [
        *_levels(data.filter(~pl.col("course") & (pl.col("measure") == names[0])), data, figure),
        lines.encode(x=x, strokeDash=dash),
        *(layer.encode(x=x) for layer in _points(curves, data, figure)),
    ]


def _compared(data: pl.DataFrame, figure: Figure) -> list[alt.Chart]:
    """Checkpoints side by side."""
    x = alt.X("stage:N", title=None, sort=_stages(data), axis=alt.Axis(labelAngle=0))
    return [layer.encode(x=x) for layer in _points(data, data, figure)]


def _points(some: pl.DataFrame, data: pl.DataFrame, figure: Figure) -> list[alt.Chart]:
    """With their error bars; those of the second measure hollow."""
    first, *others = figure.measures.values()
    shape = alt.Shape("stage:N", title=None, scale=_scale(data, 1))
    bars = _base(some.drop_nulls("error"), data, figure).mark_rule(strokeWidth=1.5)
    filled = _base(some.filter(measure=first), data, figure).mark_point(size=45, filled=True)
    layers = [
        bars.encode(y=alt.Y("low:Q", scale=_height(data, figure)), y2="high:Q"),
        filled.encode(shape=shape, opacity=alt.value(1)),
    ]
    for measure in others:
        hollow = _base(some.filter(measure=measure), data, figure)
        layers.append(
            hollow.mark_point(size=45, fill="white", opacity=1, strokeWidth=1.6).encode(shape=shape)
        )
    return layers


def _levels(levels: pl.DataFrame, data: pl.DataFrame, figure: Figure) -> list[alt.Chart]:
    """Named at their right ends, below; above where that would be in the axis."""
    low = pl.col("value") < 0.06 * _top(data, figure)
    name = {"x": alt.value(WIDTH - 4), "text": "stage:N"}
    return [
        _base(levels, data, figure).mark_rule(strokeDash=[2, 3], strokeWidth=1.5),
        *(
            _base(some, data, figure).mark_text(align="right", dy=dy, fontSize=11).encode(**name)
            for some, dy in ((levels.filter(low), -7), (levels.filter(~low), 10))
        ),
    ]


def _base(some: pl.DataFrame, data: pl.DataFrame, figure: Figure) -> alt.Chart:
    """A chart of some of the data, on the scales of all of it."""
    axis = alt.Axis(format="%") if figure.share else alt.Axis()
    return alt.Chart(some).encode(
        y=alt.Y("value:Q", title=figure.axis, scale=_height(data, figure), axis=axis),
        color=alt.Color("stage:N", title=None, scale=_scale(data, 0)),
    )


def _height(data: pl.DataFrame, figure: Figure) -> alt.Scale:
    return alt.Scale(domain=[0, _top(data, figure)], clamp=True)


def _top(data: pl.DataFrame, figure: Figure) -> float:
    """Of the axis."""
    return 1.0 if figure.share else 1.1 * max([1e-9, *data.get_column("value").to_list()])


def _scale(data: pl.DataFrame, of: int) -> alt.Scale:
    """Stages to their colours (0) or shapes (1)."""
    stages = _stages(data)
    others = cycle(OTHERS)
    looks = [LOOKS.get(stage) or next(others) for stage in stages]
    return alt.Scale(domain=stages, range=[look[of] for look in looks])


def _stages(data: pl.DataFrame) -> list[str]:
    """In the order of R1's road, others behind it."""
    known = list(LOOKS)
    stages = data.get_column("stage").unique().to_list()
    return sorted(stages, key=lambda s: (known.index(s) if s in known else len(known), s))
