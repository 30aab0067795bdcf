"""Frames as text filters see them, from a few texts: for tests."""

from __future__ import annotations

from typing import Any

import polars as pl

from filters.base import FRAME, Filter
from filters.schema import PROBLEM, TRACE, conform, content_id
from filters.trace_format import parse_columns

_TYPES = {**PROBLEM, **TRACE}


def frame(*texts: str | None, **columns: Any) -> pl.DataFrame:
    """A row for each text; a column given as a list has a value for each, else one for all."""
    rows = pl.DataFrame({"response": pl.Series(texts, dtype=pl.String)}).with_columns(
        pl.Series(name, value if isinstance(value, list) else [value] * len(texts), _TYPES[name])
        for name, value in columns.items()
    )
    ids = [content_id(str(i), text) for i, text in enumerate(texts)]
    rows = rows.with_columns(pl.Series("trace_id", ids), pl.Series("response_hash", ids))
    return parse_columns(conform(rows, {n: _TYPES[n] for n in FRAME if n in _TYPES}))


def reasons(judge: Filter, *texts: str | None, **columns: Any) -> list[list[str]]:
    return judge.judge(frame(*texts, **columns)).get_column("reasons").to_list()


def scores(judge: Filter, text: str, **columns: Any) -> dict[str, float | None]:
    row = judge.judge(frame(text, **columns)).row(0, named=True)
    return {score["key"]: score["value"] for score in row["scores"]}


def whats(judge: Filter, text: str, **columns: Any) -> list[tuple[str, str]]:
    """What was found, and the text of it in the response."""
    row = judge.judge(frame(text, **columns)).row(0, named=True)
    return [(f["what"], f["text"]) for f in row["detail"] or []]
