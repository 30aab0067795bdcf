"""Places in a text."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

Span = tuple[int, int]


def inside(at: int, spans: Sequence[Span]) -> Span | None:
    """The one of the spans, which are in order and do not overlap, that the place is in."""
    i = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return spans[i] if i >= 0 and at < spans[i][1] else None
