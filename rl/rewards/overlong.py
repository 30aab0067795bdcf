"""DAPO's soft overlong punishment (Yu et al. 2025, arXiv 2503.14476, eq. 13): 0 up to a length,
then a line down to −1 at the greatest, so that a reply is not worth the same one token before the
limit and one behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

SLACK = 0.2
"""of `max_tokens`: DAPO punishes the last 4,096 of 20,480 tokens"""


def overlong(
    completion_ids: Sequence[Sequence[int]], max_tokens: int, **_: Any
) -> list[float | None]:
    """0 … −1. `max_tokens` is how many a rollout may have; the end of text counts as one."""
    return [punishment(len(ids), max_tokens) for ids in completion_ids]


def punishment(length: int, most: int) -> float:
    slack = SLACK * most
    return min(0.0, max(-1.0, (most - slack - length) / slack))
