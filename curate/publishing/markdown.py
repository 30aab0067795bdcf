"""What the cards are written in: Markdown tables and blocks, and settings as YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

_SHOWN = 3_000
"""characters of a text in a block"""


def table(rows: list[dict[str, Any]]) -> str:
    """Nothing where there are no rows; numbers with thousands separators."""
    if not rows:
        return ""
    names = list(rows[0])
    lines = [_line(names), "|" + "---|" * len(names)]
    return "\n".join([*lines, *(_line(map(_cell, row.values())) for row in rows)])


def fenced(text: str) -> str:
    """The text, a long one cut, as a block that nothing in it can end."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in re.findall("`+", shown))])
    return f"{fence}text\n{shown}\n{fence}"


def as_yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True).strip()


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:,}" if isinstance(value, int) else str(value).replace("|", "\\|")
