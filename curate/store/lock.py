"""A run folder has one writer at a time; readers need no leave.

`slot.py` is the lock on a disk, `lease.py` that at a URL, where that of the copy comes first. Parts
of one stage (`generate --part 1/4`) share `.writer`, and hold a slot of their own each. Who was
silent for so long that another took over must not commit: `still_writer`.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.store.lease import Lease, all_numbers
from curate.store.remote import Remote
from curate.store.slot import POLL_S, Busy, Note, Slot, read_note
from filters.errors import UserError

LOCK_FILE = ".writer"
Part = tuple[int, int]
"""which, of how many"""
Lost = Callable[[], bool]


@dataclass
class _Held:
    """What this process holds of a run folder, and how deep in such blocks it is."""

    owner: tuple[int, int]
    release: Callable[[], object]
    lost: list[Lost]
    depth: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def writer(folder: Path, doing: str, part: Part | None = None) -> Iterator[bool]:
    """Be the folder's one writer. A thread may nest such blocks; gives whether this one is the
    outermost. Raises UserError, saying who works there, where somebody does."""
    place, me = folder.resolve(), (os.getpid(), threading.get_ident())
    with _guard:
        held = _held.get(place)
        if held and held.owner[0] == me[0]:
            if held.owner != me:
                raise UserError(f"another thread of this program works in {folder}")
            held.depth += 1
        else:  # or held by the process that this one was forked from
            stack = contextlib.ExitStack()
            with stack:
                lost = _enter(stack, folder, doing, part)
                held = _held[place] = _Held(me, stack.pop_all().close, lost)
    try:
        yield held.depth == 1
    finally:
        with _guard:
            held.depth -= 1
            if not held.depth:
                del _held[place]
                held.release()


def still_writer(path: Path) -> None:
    """Raises UserError where this process wrote in the folder that `path` lies in, and another has
    taken over since: it was silent for too long, as a suspended machine is."""
    place = path.resolve()
    held = next((_held[above] for above in place.parents if above in _held), None)
    if held and any(lost() for lost in held.lost):
        raise UserError(
            f"another program has taken over, as this one was silent for too long; {path.name} is "
            "not committed: run the same command again when the other is done"
        )


def is_follower() -> bool:
    """Whether this is one of several processes that train together, and not the first of them, who
    alone writes. `accelerate launch` and `torchrun` number them so."""
    return int(os.environ.get("RANK", "0")) > 0


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One part at a time, for what parts of a stage may not do side by side, such as loading what
    all of them read."""
    name = f"{LOCK_FILE}-turn"
    stack = contextlib.ExitStack()
    with stack:
        while True:
            with contextlib.suppress(Busy), contextlib.ExitStack() as trying:
                trying.enter_context(Slot(folder / name).held("generate"))
                if remote := Remote.of(folder):
                    trying.enter_context(Lease(remote, folder, name).held("generate"))
                stack.enter_context(trying.pop_all())
                break
            time.sleep(POLL_S)
        yield


def _enter(stack: contextlib.ExitStack, folder: Path, doing: str, part: Part | None) -> list[Lost]:
    """Take our slots first, then look for others' that exclude ours: of two that come at once at
    least one sees the other. Gives a test for each slot of whether it was lost."""
    own, others = LOCK_FILE, None
    lost = []
    try:
        if part is None:
            lost.append(stack.enter_context(Slot(folder / own).held(doing)))
        else:
            number, count = part
            doing = f"{doing}, part {number} of {count}"
            others = re.compile(rf"{LOCK_FILE}-\d+-of-{count}")
            stack.enter_context(Slot(folder / own).held(None))
            own = f"{LOCK_FILE}-{number}-of-{count}"
            lost.append(stack.enter_context(Slot(folder / own).held(doing)))
        for path in sorted(folder.glob(f"{LOCK_FILE}-*-of-*")):
            if not (others and others.fullmatch(path.name)) and Slot(path).taken():
                raise Busy(read_note(path.read_bytes()))
        if remote := Remote.of(folder):
            lost.append(stack.enter_context(Lease(remote, folder, own).held(doing)))
            for name in sorted(all_numbers(remote).keys() - {own, f"{LOCK_FILE}-turn"}):
                like = others and others.fullmatch(name)
                if not like and (note := Lease(remote, folder, name).holder()):
                    raise Busy(note)
    except Busy as busy:
        raise UserError(_works_there(folder, busy.note)) from None
    return lost


def _works_there(folder: Path, note: Note | None) -> str:
    """One line on who does, by the notes."""
    notes = [note]
    for path in sorted(folder.glob(f"{LOCK_FILE}*")):
        with contextlib.suppress(OSError):
            notes.append(read_note(path.read_bytes()))
    for found in notes:
        if found:
            return (
                f"`{found['doing']}` works in {folder} since {found['since']} (process "
                f"{found['process']} on {found['host']}); wait until it is done, or stop it"
            )
    return f"another program works in {folder}; wait until it is done"
