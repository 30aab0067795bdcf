"""Text with a place in it marked: in colour on a terminal, between »…« elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from curate.terminal.tables import coloured, visible

_COLOUR, _PLAIN = "\x1b[1;31m", "\x1b[0m"


def marked(text: str) -> str:
    """The piece as it shall stand out; model text in it cannot command the terminal."""
    text = visible(text)
    return f"{_COLOUR}{text}{_PLAIN}" if coloured() else f"»{text}«"


def with_places(text: str, places: Iterable[tuple[int, int]]) -> str:
    """The text with all places marked (characters start to end); of overlapping ones the first."""
    parts, upto = [], 0
    for start, end in sorted(places):
        if upto <= start < end <= len(text):
            parts += [visible(text[upto:start]), marked(text[start:end])]
            upto = end
    return "".join([*parts, visible(text[upto:])])


def show_in_context(groups: Mapping[str, list[dict[str, Any]]]) -> None:
    """The groups of `curate.looking.worst`."""
    for name, rows in groups.items():
        print(f"{name}:" if rows else f"{name}: none")
        for row in rows:
            facts = (row["trace_id"], row["reason"], *row["scores"], row["what"], row["model"])
            print("  " + visible("  ".join(dict.fromkeys(filter(None, facts)))))
            found = marked(row["found"]) if row["found"] else ""
            line = visible(row["before"]) + found + visible(row["after"])
            print("    " + " ⏎ ".join(filter(None, map(str.strip, line.splitlines()))) + "\n")
