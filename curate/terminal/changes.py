"""What differs between two runs, or between now and other settings: a line for each difference,
however narrow the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from curate.terminal.tables import show, visible

WIDTH = 80
_INDENT = " " * 11
COUNTS = ("kept", "dropped", "undecided")
_ENOUGH = 12
"""characters of an id; `curate explain` takes its beginning"""


def show_diff(diff: dict[str, Any]) -> None:
    """What `curate.manifest.diff` tells of two runs."""
    print("settings" if diff["settings"] else "settings: the same")
    for row in diff["settings"]:
        print(visible(f"  {row['setting']}: {row['a']} → {row['b']}"))
    print()
    rows = [[row["stage"], *(_both(row, name) for name in COUNTS)] for row in diff["funnel"]]
    show(("stage", *COUNTS), rows)
    print("\nkept by one only" if diff["moved"] else "\nkept: the same")
    for row in diff["moved"]:
        _show_move(row, *(_fate(row, run) for run in ("a", "b")))


def show_moves(rows: Iterable[dict[str, Any]]) -> None:
    """What `curate.judging.what_if.summed` tells of other settings."""
    for row in rows:
        _show_move(row, row["now"], row["then"])


def _show_move(row: dict[str, Any], before: str, after: str) -> None:
    print(visible(f"{row['traces']:>9,}  {before} → {after}"))
    ids = " ".join(name[:_ENOUGH] for name in row["examples"])
    print(textwrap.fill(ids, WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT))


def _both(row: dict[str, Any], name: str) -> str:
    a, b = ("–" if row[f"{name}_{run}"] is None else f"{row[f'{name}_{run}']:,}" for run in "ab")
    return a if a == b else f"{a} → {b}"


def _fate(row: dict[str, Any], run: str) -> str:
    by, reason = row[f"by_{run}"], row[f"reason_{run}"]
    return row[f"fate_{run}"] + (f" by {by}: {reason}" if by else "")
