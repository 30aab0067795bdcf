"""A run folder has one writer at a time; readers need no leave.

The system's lock on `.writer` decides between processes that share a kernel, or a file system that
hands locks on (NFS does). It ends with its holder, whatever that dies of, so no process number can
fool it. What stands in the file tells who works there, and its time when that was last said: where
locks are not handed on this is all there is, and a holder silent for `LEASE_S` counts as dead.

Parts of one stage (`generate --part 1/4`) share `.writer`, and hold a file of their own each.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from curate.store.disk import discard, hidden, kernel
from curate.store.disk import writing as telling_why_not
from filters.errors import UserError

LOCK_FILE = ".writer"
BEAT_S = 10.0
LEASE_S = 60.0
"""six beats: a busy disk delays some"""
POLL_S = 0.2
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
Part = tuple[int, int]
"""which, of how many"""


@dataclass
class _Held:
    """What this process holds of a run folder, and how deep in such blocks it is."""

    owner: tuple[int, int]
    release: Callable[[], object]
    depth: int = 1


_held: dict[Path, _Held] = {}
_guard = threading.Lock()


@contextlib.contextmanager
def writer(folder: Path, doing: str, part: Part | None = None) -> Iterator[bool]:
    """Be the folder's one writer. A block within such a block is part of it; true in the outermost.
    Raises UserError, saying who works there, where somebody does."""
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
                _enter(stack, folder, doing, part)
                held = _held[place] = _Held(me, stack.pop_all().close)
    try:
        yield held.depth == 1
    finally:
        with _guard:
            held.depth -= 1
            if not held.depth:
                del _held[place]
                held.release()


@contextlib.contextmanager
def lent(folder: Path) -> Iterator[None]:
    """For a process that works for the folder's writer while that waits: blocks `writer` within are
    part of the other's."""
    place = folder.resolve()
    with _guard:
        _held[place] = _Held((os.getpid(), threading.get_ident()), lambda: None)
    try:
        yield
    finally:
        with _guard:
            _held.pop(place, None)


def follows() -> bool:
    """Whether this is one of several processes that train together, and not the first of them, who
    alone writes. `accelerate launch` and `torchrun` number them so."""
    return int(os.environ.get("RANK", "0")) > 0


@contextlib.contextmanager
def turn(folder: Path) -> Iterator[None]:
    """What even parts do one after the other, such as loading what all of them read."""
    stack = contextlib.ExitStack()
    with stack:
        while True:
            with contextlib.suppress(_Busy):
                stack.enter_context(_Slot(folder / f"{LOCK_FILE}-turn").held("generate"))
                break
            time.sleep(POLL_S)
        yield


def _enter(stack: contextlib.ExitStack, folder: Path, doing: str, part: Part | None) -> None:
    whole = _Slot(folder / LOCK_FILE)
    try:
        if part is None:
            stack.enter_context(whole.held(doing))
        else:
            number, count = part
            stack.enter_context(whole.held(None))
            own = f"{LOCK_FILE}-{number}-of-{count}"
            stack.enter_context(_Slot(folder / own).held(f"{doing}, part {number} of {count}"))
    except _Busy:
        raise UserError(_works_there(folder)) from None
    fits = None if part is None else re.compile(rf"{LOCK_FILE}-\d+-of-{part[1]}")
    for path in sorted(folder.glob(f"{LOCK_FILE}-*-of-*")):
        if not (fits and fits.fullmatch(path.name)) and _Slot(path).taken():
            raise UserError(_works_there(folder))


class _Busy(Exception):
    """Somebody else has it."""


class _Slot:
    """A file that one process has at a time, or several that share it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def held(self, doing: str | None) -> Iterator[None]:
        """Exclusively, with a note of what is done; without one, shared. Raises `_Busy`."""
        file = self._locked(fcntl.LOCK_SH if doing is None else fcntl.LOCK_EX)
        if file is None:
            yield
            return
        ended = threading.Event()
        heart = threading.Thread(target=_beat, args=(file, ended), daemon=True)
        try:
            if doing is not None:
                os.ftruncate(file, 0)
                with telling_why_not(self.path.parent):
                    os.pwrite(file, _note(doing), 0)
                heart.start()
            yield
        finally:
            ended.set()
            if heart.ident:
                heart.join()
            if _lock(file, fcntl.LOCK_EX) is not False:  # nobody shares it any more
                discard(self.path)
            os.close(file)

    def taken(self) -> bool:
        try:
            with self.held(None):
                return False
        except _Busy:
            return True

    def _locked(self, how: int) -> int | None:
        """The open file. Null for who may not write here: what he does will leave no trace."""
        while True:
            try:
                with telling_why_not(self.path.parent):
                    file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except UserError as error:
                if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FORBIDDEN:
                    return None
                raise
            got = _lock(file, how)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file), self.path.stat()):  # not removed meanwhile
                    if got is not False and not _speaks(self.path, file, trust_lock=bool(got)):
                        return file
                    os.close(file)
                    raise _Busy
            os.close(file)


def _lock(file: int, how: int) -> bool | None:
    """Null where the disk knows no locks. Not flock, which children inherit and keep alive; the
    price: a process that opens and closes the file a second time gives it up."""
    try:
        fcntl.lockf(file, how | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return None
    return True


def _speaks(path: Path, file: int, trust_lock: bool) -> bool:
    """Whether the note is of a holder that the lock says nothing of and that is not silent."""
    note = _read(os.pread(file, 4096, 0))
    if not note or (trust_lock and note["machine"] == kernel()):
        return False
    probe = hidden(path.parent, "clock")
    try:
        probe.touch()  # the disk's clock, which the note's time is of
        return probe.stat().st_mtime - os.fstat(file).st_mtime < LEASE_S
    finally:
        discard(probe)


def _beat(file: int, ended: threading.Event) -> None:
    while not ended.wait(BEAT_S):
        with contextlib.suppress(OSError):
            os.utime(file)


def _note(doing: str) -> bytes:
    now = datetime.datetime.now(datetime.UTC)
    note = {
        "doing": doing,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{now:%Y-%m-%d %H:%M:%S} UTC",
        "machine": kernel(),
    }
    return json.dumps(note).encode()


def _read(text: bytes) -> dict[str, str] | None:
    with contextlib.suppress(ValueError):
        note = json.loads(text)
        return note if isinstance(note, dict) and "machine" in note else None
    return None


def _works_there(folder: Path) -> str:
    """One line on who does, by the notes."""
    for path in sorted(folder.glob(f"{LOCK_FILE}*")):
        with contextlib.suppress(OSError):
            if note := _read(path.read_bytes()):
                return (
                    f"`{note['doing']}` works in {folder} since {note['since']} (process "
                    f"{note['process']} on {note['host']}); wait until it is done, or stop it"
                )
    return f"another program works in {folder}; wait until it is done"
