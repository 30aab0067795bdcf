"""The report's charts, as Vega-Lite specs. Colours are Okabe and Ito's; what is text or line takes
its colour from the page, light or dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import altair as alt
import polars as pl

from curate.looking.histogram import Histogram
from curate.looking.thresholds import Threshold, number

Spec = dict[str, Any]
ENDS = {
    "went on": "#0072B2",
    "undecided": "#E69F00",
    "dropped": "#D55E00",
    "failed": "#7A7F87",
}
"""a stage's traces by what became of them there -> colour"""
KEPT, DROPPED, LINE = "#0072B2", "#D55E00", "#7A7F87"
SANS = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"
_ROW = 24
"""pixels of a row of bars or cells"""
_LOW = 180
"""pixels of a small chart's height"""


def spec(chart: Any) -> Spec:
    """As wide as the page lets it be; no colour of its own behind it."""
    told: Spec = (
        chart.properties(width="container")
        .configure(
            background="transparent",
            font=SANS,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            gridOpacity=0.6,
            domain=False,
            ticks=False,
            labelPadding=6,
            titlePadding=8,
        )
        .configure_legend(labelFontSize=12, title=None, orient="top", symbolType="square")
        .to_dict()
    )
    return told


def funnel(rows: Sequence[dict[str, Any]]) -> Spec:
    """Of `v_funnel`, its last row (the total) left out."""
    stages = [row["stage"] for row in rows[:-1]]
    ends = [
        {"stage": row["stage"], "end": end, "order": order, "traces": traces}
        for row in rows[:-1]
        for order, (end, traces) in enumerate(_ends(row).items())
    ]
    most = max(row["rows_in"] for row in rows)
    base = alt.Chart(alt.Data(values=ends))
    y = alt.Y("stage:N", sort=stages, title=None)
    bars = base.mark_bar(height=14).encode(
        y=y,
        x=alt.X(
            "traces:Q",
            title="traces",
            scale=alt.Scale(domain=[0, most], nice=False),
            axis=alt.Axis(tickCount=5, grid=True, labelOverlap=True),
        ),
        color=alt.Color("end:N", scale=_scale(ENDS), sort=list(ENDS), legend=alt.Legend(columns=2)),
        order="order:Q",
        tooltip=["stage:N", "end:N", "traces:Q"],
    )
    text = (
        base.transform_filter("datum.end == 'went on'")
        .mark_text(align="left", dx=4, fontSize=12, baseline="middle")
        .encode(
            y=y,
            x=alt.datum(most),
            text=alt.Text("traces:Q", format=","),
        )
    )
    return spec(alt.layer(bars, text).properties(height=_ROW * len(stages)))


def _ends(row: dict[str, Any]) -> dict[str, int]:
    went_on = row["kept"] + row["not_checked"]
    traces = (went_on, row["undecided"], row["dropped"], row["failed"])
    return dict(zip(ENDS, traces, strict=True))


def scores(drawn: Histogram, theirs: Sequence[Threshold], title: str) -> Spec:
    """Of one score, with its thresholds: the root scale shows single traces beside thousands."""
    bars = _bars(drawn.edges(), drawn.kept, drawn.dropped, ("kept by it", "not"))
    scale = alt.Scale(
        type="symlog" if drawn.scale.logarithmic else "linear",
        nice=False,
        domain=[drawn.scale.low, drawn.scale.high],
    )
    bent = {"values": drawn.scale.ticks()} if drawn.scale.logarithmic else {}
    title += ", logarithmic" if bent else ""
    names = ("kept by it", "not")
    layers: list[alt.Chart] = [_histogram(bars, scale, title, names, legend=None, axis=bent)]
    lines = [
        {"at": at.value, "says": number(at.value)} for at in theirs if at.value <= drawn.scale.high
    ]
    if lines:
        base = alt.Chart(alt.Data(values=lines)).encode(x=alt.X("at:Q", scale=scale))
        layers += [
            base.mark_rule(color=LINE, strokeDash=[4, 3], size=1.5),
            base.mark_text(dy=-6, fontSize=11).encode(y=alt.value(0), text="says:N"),
        ]
    return spec(alt.layer(*layers).properties(height=_LOW))


def histogram(
    values: pl.DataFrame, title: str, names: tuple[str, str], low: float, high: float, bars: int
) -> Spec:
    """Of a frame with `value` and the boolean `kept`."""
    width = (high - low) / bars
    place = ((pl.col("value") - low) / width).floor().clip(0, bars - 1).cast(pl.Int64)
    counted = values.group_by(place.alias("bar"), "kept").len()
    counts = {(bar, kept): n for bar, kept, n in counted.iter_rows()}
    one, other = ([counts.get((bar, kept), 0) for bar in range(bars)] for kept in (True, False))
    drawn = _bars([low + width * n for n in range(bars + 1)], one, other, names)
    scale = alt.Scale(domain=[low, high], nice=False)
    return spec(alt.layer(_histogram(drawn, scale, title, names, "linear")).properties(height=_LOW))


def _bars(
    edges: list[float], kept: list[int], rest: list[int], names: tuple[str, str]
) -> list[Any]:
    bars = []
    for bar, (one, other) in enumerate(zip(kept, rest, strict=True)):
        ends = {"from": edges[bar], "to": edges[bar + 1]}
        for name, low, high in ((names[0], 0, one), (names[1], one, one + other)):
            if high > low:
                bars.append({**ends, "which": name, "low": low, "high": high, "traces": high - low})
    return bars


def _histogram(
    bars: list[Any],
    scale: alt.Scale,
    title: str,
    names: tuple[str, str],
    heights: Any = "sqrt",
    legend: Any = alt.Undefined,
    axis: Mapping[str, Any] = MappingProxyType({}),
) -> alt.Chart:
    return (
        alt.Chart(alt.Data(values=bars))
        .mark_bar(binSpacing=1)
        .encode(
            x=alt.X(
                "from:Q",
                scale=scale,
                title=title,
                axis=alt.Axis(grid=False, tickCount=5, labelOverlap=True, **axis),
            ),
            x2="to:Q",
            y=alt.Y("low:Q", title=None, scale=alt.Scale(type=heights), axis=alt.Axis(tickCount=3)),
            y2="high:Q",
            color=alt.Color(
                "which:N",
                scale=alt.Scale(domain=list(names), range=[KEPT, DROPPED]),
                legend=legend,
            ),
            tooltip=[
                "which:N",
                "traces:Q",
                alt.Tooltip("from:Q", format=".4~g"),
                alt.Tooltip("to:Q", format=".4~g"),
            ],
        )
    )


def course(rows: Sequence[dict[str, Any]], metric: str) -> Spec:
    """One metric over the steps of one training or several."""
    chart = (
        alt.Chart(alt.Data(values=list(rows)))
        .mark_line(point=alt.OverlayMarkDef(size=18), strokeWidth=1.5)
        .encode(
            x=alt.X("step:Q", title="step", axis=alt.Axis(grid=False, tickMinStep=1)),
            y=alt.Y(
                "value:Q",
                title=metric.replace("_", " "),
                scale=alt.Scale(zero=False),
                axis=alt.Axis(tickCount=4),
            ),
            color=alt.Color(
                "stage:N", scale=alt.Scale(range=[KEPT, DROPPED, "#009E73", "#CC79A7"])
            ),
            tooltip=["stage:N", "step:Q", "value:Q"],
        )
    )
    return spec(chart.properties(height=_LOW))


def _scale(colours: dict[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(colours), range=list(colours.values()))
