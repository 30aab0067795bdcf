"""Rows for a person: a table on stdout, never cut where a program reads it."""

from __future__ import annotations

import csv
import datetime
import decimal
import itertools
import json
import math
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""what moves a cursor or colours, and what turns the direction of the text behind it"""
READABLE = 24
"""characters that a cell keeps at least, where the terminal has no room for all: an id, a reason"""
PADDED = 60
"""a cell is padded up to this width; a wider one pushes the rest of its line to the right"""


def show(names: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None = None) -> None:
    """On a terminal a table that fits it: long cells end in …, columns without room are named below
    it. Piped, one whole line per row, whatever its length."""
    if not sys.stdout.isatty():
        _show_lines(names, rows, title)
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    values = [list(row) for row in rows]
    cells = [[_flat(value) for value in row] for row in values]
    fitting = _fitting(names, cells, console.width)
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", pad_edge=False)
    for number in range(fitting):
        numeric = any(_is_number(row[number]) for row in values)
        justify: Any = "right" if numeric else "left"
        table.add_column(names[number], justify=justify, no_wrap=True, overflow="ellipsis")
    for row in cells:
        table.add_row(*map(Text, row[:fitting]))
    console.print(table)
    if left_out := names[fitting:]:
        print(f"no room for {len(left_out)} more columns: {', '.join(left_out)}")


def _fitting(names: Sequence[str], cells: Sequence[Sequence[str]], width: int) -> int:
    """How many of the first columns have room, a long one being cut to `READABLE`."""
    used = 0
    for number, name in enumerate(names):
        longest = max([len(name), *(len(row[number]) for row in cells)])
        used += min(longest, READABLE) + 2
        if used > width and number:
            return number
    return len(names)


def _show_lines(names: Sequence[str], rows: Iterable[Sequence[Any]], title: str | None) -> None:
    filled = [list(row) for row in rows]
    cells = [[_flat(value) for value in row] for row in filled]
    right = [any(_is_number(row[i]) for row in filled) for i in range(len(names))]
    lengths = [[len(text) for text in column] for column in zip(names, *cells, strict=True)]
    widths = [min(PADDED, max(column)) for column in lengths]

    def line(texts: Sequence[str]) -> str:
        padded = (
            t.rjust(w) if r else t.ljust(w) for t, w, r in zip(texts, widths, right, strict=True)
        )
        return "  ".join(padded).rstrip()

    head = [title] if title else []
    print("\n".join([*head, line(names), "  ".join("─" * w for w in widths), *map(line, cells)]))


def _flat(value: Any) -> str:
    return visible(_cell(value)).replace("\n", "\\n")


def coloured() -> bool:
    """May colour mark a place? Where a person reads who has not said otherwise (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def visible(text: str) -> str:
    """The text for a terminal: model output must not command it, so control characters but line
    feed and tab are shown as escapes."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def short(text: str | None, limit: int) -> str:
    """The beginning on one line, with a sign where that is not all."""
    text = (text or "").strip()
    flat = " ".join(text[: 4 * limit].split())
    whole = len(flat) <= limit and len(text) <= 4 * limit
    return flat if whole else flat[: limit - 1] + "…"


def distinct(names: Sequence[str]) -> list[str]:
    """The names, repeated ones numbered, so that none hides another in a JSON object."""
    given: list[str] = []
    for name in names:
        tries = (name if n == 1 else f"{name}_{n}" for n in itertools.count(1))
        given.append(next(t for t in tries if t not in given and (t == name or t not in names)))
    return given


def show_dicts(rows: list[dict[str, Any]], title: str | None = None) -> None:
    if rows:
        show(list(rows[0]), [list(row.values()) for row in rows], title)


def write_json(value: Any) -> None:
    print(json.dumps(_plain(value), ensure_ascii=False))


def write_csv(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> Any:
    plain = _plain(value)
    return json.dumps(plain, ensure_ascii=False) if isinstance(plain, list | dict) else plain


def _cell(value: Any) -> str:
    plain = _plain(value)
    if plain is None:
        return ""
    if isinstance(plain, float):
        return f"{plain:.0f}" if 1e4 <= abs(plain) < 1e15 else f"{plain:.4g}"
    if isinstance(plain, list | dict):
        return json.dumps(plain, ensure_ascii=False)
    return str(plain)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | decimal.Decimal) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """The value as JSON has it: no NaN, no dates, no bytes."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, decimal.Decimal):
        value = float(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, bool | int | str) else str(value)
