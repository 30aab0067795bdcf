"""Rows of a step that was done again, which the later ones replace."""

from __future__ import annotations

from collections import Counter
from typing import Any

from curate.config import Source
from curate.sources.formats import Numbered
from curate.sources.layouts.layout import Layout, Row
from curate.sources.packed import STDIN
from curate.sources.readers import rows


def without_superseded(
    numbered: Numbered, source: Source, layout: Layout, counts: Counter[str]
) -> Numbered:
    """The rows, of each step the latest alone; the others are counted as `superseded`. The file is
    read once more to know which these are, so stdin is taken as it comes."""
    if not layout.step or STDIN in (source.path, *source.more):
        return numbered
    latest: dict[tuple[Any, ...], Any] = {}
    for _, row in rows(source):
        if (when := row.get(layout.when)) is not None:
            step = _step(row, layout)
            latest[step] = max(when, latest.get(step, when))
    return _kept(numbered, layout, latest, counts)


def _kept(
    numbered: Numbered, layout: Layout, latest: dict[tuple[Any, ...], Any], counts: Counter[str]
) -> Numbered:
    for number, row in numbered:
        when = row.get(layout.when)
        if when is None or when == latest[_step(row, layout)]:
            yield number, row
        else:
            counts["superseded"] += 1


def _step(row: Row, layout: Layout) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in layout.step)
