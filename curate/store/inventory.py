"""The shards that a run must have: `shards.txt`, noted whenever somebody has written, so that one
that vanishes is missed even where no other row needs it. One that is there and not in the list is
no fault: its writer was killed in between."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path

from curate.store.disk import writing
from curate.store.names import has_successor
from curate.store.placing import place_text

FILE = "shards.txt"
DAMAGED = "damaged"
"""folder in the run for what was moved aside"""


def there(folder: Path) -> set[str]:
    """The names, below the run folder, of all its shards."""
    names = (path.relative_to(folder) for path in folder.rglob("[0-9]*.parquet"))
    own = (name for name in names if not any(part.startswith(".") for part in name.parts))
    return {name.as_posix() for name in own if name.parts[0] != DAMAGED}


def missing(folder: Path) -> set[str]:
    """Those that the last writer listed and that are not there now."""
    try:
        listed = set((folder / FILE).read_text(encoding="utf-8").splitlines())
    except FileNotFoundError:
        return set()
    return {name for name in listed - there(folder) if not has_successor(folder / name)}


def note(folder: Path, gone: Set[str] = frozenset()) -> None:
    """List what is there now, and what was `gone` before this writer began and is missing still."""
    text = "".join(f"{name}\n" for name in sorted(there(folder) | (gone & missing(folder))))
    file = folder / FILE
    if text != (file.read_text(encoding="utf-8") if file.exists() else ""):
        with writing(folder):
            place_text(text, file)
