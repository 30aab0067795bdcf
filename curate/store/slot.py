"""A file that one process has at a time, or several that share it: the lock of a run folder on a
disk (`lock.py`).

The system's lock decides between processes that share a kernel and a mount, or a file system that
hands locks on (NFS does). It ends with its holder, whatever that dies of. What stands in the file
tells who works there, and its time changes with every beat of the holder: where locks are not
handed on this is all there is, and who is not heard for `LEASE_S` counts as dead. No clock is asked
what time it is, and no name of a host or number of a process who it is: they repeat, and clocks go
backwards.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import fcntl
import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from curate.store.disk import discard, kernel, writing
from curate.terminal.progress import say
from filters.errors import UserError

BEAT_S = 5.0
LEASE_S = 60.0
"""twelve beats: a busy disk or network delays some"""
POLL_S = 0.2
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
Note = dict[str, Any]
"""doing, process, host, since, machine"""


class Busy(Exception):
    """Somebody else has it."""

    def __init__(self, note: Note | None = None) -> None:
        self.note = note


class Slot:
    """`held` gives a test of whether it was lost: to one who heard nothing of us for too long."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextlib.contextmanager
    def held(self, doing: str | None) -> Iterator[Callable[[], bool]]:
        """Exclusively, with a note of what is done; without one, shared. Raises `Busy`."""
        file = self._locked(fcntl.LOCK_SH if doing is None else fcntl.LOCK_EX)
        if file is None:
            yield lambda: False
            return
        lost, ended = threading.Event(), threading.Event()
        heart = threading.Thread(target=lambda: None)
        try:
            if doing is not None:
                text = json.dumps(note_of(doing, self.path.parent)).encode()
                os.ftruncate(file, 0)
                with writing(self.path.parent):
                    os.pwrite(file, text, 0)
                heart = threading.Thread(target=_beat, args=(file, text, ended, lost), daemon=True)
                heart.start()
            yield lost.is_set
        finally:
            ended.set()
            if heart.ident:
                heart.join()
            # nobody shares it any more, and nobody has taken it over
            if _lock(file, fcntl.LOCK_EX) is not False and not lost.is_set():
                discard(self.path)
            os.close(file)

    def taken(self) -> bool:
        try:
            with self.held(None):
                return False
        except Busy:
            return True

    def _locked(self, how: int) -> int | None:
        """The open file. Null for who may not write here: what he does will leave no trace."""
        while True:
            try:
                with writing(self.path.parent):
                    file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except UserError as error:
                if isinstance(error.__cause__, OSError) and error.__cause__.errno in _FORBIDDEN:
                    return None
                raise
            got = _lock(file, how)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file), self.path.stat()):  # not removed meanwhile
                    if got is not False and not _speaks(self.path.parent, file, bool(got)):
                        return file
                    os.close(file)
                    raise Busy
            os.close(file)


def note_of(doing: str, folder: Path) -> Note:
    now = datetime.datetime.now(datetime.UTC)
    return {
        "doing": doing,
        "process": os.getpid(),
        "host": socket.gethostname(),
        "since": f"{now:%Y-%m-%d %H:%M:%S} UTC",
        "machine": locks_of(folder),
    }


def read_note(text: bytes | None) -> Note | None:
    with contextlib.suppress(ValueError):
        note = json.loads(text or b"")
        return note if isinstance(note, dict) and "machine" in note else None
    return None


def heard(note: Note, look: Callable[[], object]) -> bool:
    """Whether the holder lives who left this note: `look` gives something else after each beat."""
    first, began, warned = look(), time.monotonic(), False
    while (silent := time.monotonic() - began) < LEASE_S:
        if silent > 2 * BEAT_S and not warned:
            warned = True
            say(
                f"`{note['doing']}` on {note['host']} is silent; after {LEASE_S:.0f} s without a "
                "sign it counts as dead"
            )
        time.sleep(min(1.0, BEAT_S / 2))
        if look() != first:
            return True
    return False


def locks_of(folder: Path) -> str:
    """Who has the same here sees the same locks: this boot of a kernel, and this mount."""
    return f"{kernel()} {folder.stat().st_dev}"


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


def _speaks(folder: Path, file: int, trust_lock: bool) -> bool:
    """Whether the note is of a holder that the lock says nothing of and that is heard."""
    note = read_note(os.pread(file, 4096, 0))
    if not note or (trust_lock and note["machine"] == locks_of(folder)):
        return False
    return heard(note, lambda: os.fstat(file).st_mtime_ns)


def _beat(file: int, note: bytes, ended: threading.Event, lost: threading.Event) -> None:
    while not ended.wait(BEAT_S):
        with contextlib.suppress(OSError):
            if os.pread(file, 4096, 0) != note:
                lost.set()
                return
            os.utime(file)
