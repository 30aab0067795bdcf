"""A layout: which columns the files of a public data set have, and how a row becomes ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from filters.verifiers.json_text import unpacked

Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A column of ours that is worked out from columns of theirs: `make(*values)`, not asked where
    all of them are null. A row for which `make` raises is unreadable."""

    make: Callable[..., Any]
    of: tuple[str, ...]

    def get(self, row: Row) -> Any:
        values = [at(row, path) for path in self.of]
        return self.make(*values) if any(value is not None for value in values) else None


Theirs = str | tuple[str, ...] | Made
"""a column's name or path; several, of which the first that is not null counts; or made of some"""


@dataclass(frozen=True)
class Layout:
    name: str
    """as the data set calls itself"""
    known_by: tuple[str, ...]
    """columns or paths that the first rows have, all of them"""
    columns: Mapping[str, Theirs]
    """ours -> theirs; what is not named here has its usual name"""
    kind: str | None = None
    """of rows that do not say theirs"""
    note: str = ""
    """what a user should know of such a file"""
    step: tuple[str, ...] = ()
    """columns that name a step of a training: of one that was done again, the rows that are the
    latest by `when` count, and the others are left out"""
    when: str = ""

    def fits(self, first: list[Row]) -> bool:
        return all(any(at(row, path) is not None for row in first) for path in self.known_by)


PLAIN = Layout("plain", (), {})
"""the usual names alone"""


def made(make: Callable[..., Any], *of: str) -> Made:
    return Made(make, of)


def at(row: Row, path: str) -> Any:
    """What the column holds; of a path `a.b.0`, what lies there in objects, lists or JSON text."""
    if path in row or "." not in path:
        return row.get(path)
    value: Any = row
    for step in path.split("."):
        value = unpacked(value)
        if isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
