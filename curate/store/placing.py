"""The only place that makes a file of a run visible, or takes it away. On a disk that is a rename.
At a URL, which knows none, it is a put, and that of a shard fails where its name is taken."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from curate.store.disk import discard, hidden, make_folder, put
from curate.store.lock import still_writer
from curate.store.remote import Remote, stamp
from filters.errors import UserError


def place(staged: Path, path: Path, new: bool = False) -> None:
    """Give a written file its name; `new`: the name is of this content alone. Raises UserError
    where another program has taken over the run folder."""
    still_writer(path)
    if remote := Remote.of(path.parent):
        if new:
            remote.put_new(path.name, staged.read_bytes())
        else:
            remote.put(path.name, staged.read_bytes())
        try:
            still_writer(path)
        except UserError:
            if new:
                remote.delete(path.name)
            raise
        stamp(staged, remote.version(path.name))
    put(staged, path)


def place_text(text: str, path: Path) -> None:
    """A small file, all of it or as it was."""
    staged = hidden(path.parent, path.name)
    try:
        staged.write_text(text, encoding="utf-8")
        place(staged, path)
    finally:
        discard(staged)


def remove(paths: Iterable[Path]) -> None:
    """Files that may be gone already."""
    for path in paths:
        still_writer(path)
        if remote := Remote.of(path.parent):
            remote.delete(path.name)
        discard(path)


def move(path: Path, target: Path) -> None:
    """Within a run."""
    still_writer(path)
    make_folder(target.parent)
    if remote := Remote.of(target.parent):
        remote.put(target.name, path.read_bytes())
    path.replace(target)
    remove([path])
