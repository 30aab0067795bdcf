"""R1's format reward: 1 for exactly one think block, closed, first, with a reply after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.trace_format import CLOSE, OPEN, parse


def format_reward(completions: Sequence[str], **_: Any) -> list[float | None]:
    return [float(well_formed(completion)) for completion in completions]


def well_formed(reply: str) -> bool:
    if reply.count(OPEN) != 1 or reply.count(CLOSE) != 1 or not reply.lstrip().startswith(OPEN):
        return False
    parts = parse(reply)
    return bool(parts.thinking and parts.summary)
