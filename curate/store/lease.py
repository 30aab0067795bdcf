"""The lock of a run folder at a URL, of the one thing that an object store can: put a file only
where none of that name is.

A slot's holders are numbered. Who wants it puts the next number; of two at once one is refused. A
holder puts its note again with every beat, and an empty one when it ends; the number stays, so that
none is ever given twice, and who was silent for so long that another took the next number sees that
before and after it commits. Copies on one machine share a lock of the disk, which is asked first:
a holder whose copy is ours is dead, and is not waited for.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

from curate.store import slot
from curate.store.remote import Remote, Version
from curate.store.slot import Busy, Note, heard, locks_of, note_of, read_note
from filters.errors import UserError

FOLDER = ".lease"
_NAME = re.compile(rf"{FOLDER}/(.+)\.(\d{{8}})")
_FREE = b"{}"


class Lease:
    """A slot at a URL, as `Slot` is one on a disk."""

    def __init__(self, remote: Remote, folder: Path, name: str) -> None:
        """`folder`: the copy, whose lock of that name this process holds."""
        self.remote, self.folder, self.name = remote, folder, name

    @contextlib.contextmanager
    def held(self, doing: str) -> Iterator[Callable[[], bool]]:
        """With a note of what is done; gives a test of whether it was lost. Raises `Busy`."""
        note = {**note_of(doing, self.folder), "copy": self.copy_id(), "id": uuid.uuid4().hex}
        number = self._take(note)
        ended = threading.Event()
        heart = threading.Thread(target=self._beat, args=(number, note, ended), daemon=True)
        heart.start()
        try:
            yield lambda: self._last() != number
        finally:
            ended.set()
            heart.join()
            with contextlib.suppress(UserError):
                if self._last() == number:
                    self.remote.put(self._file(number), _FREE)

    def holder(self) -> Note | None:
        """Who has it on another machine and is heard."""
        number, note = self._last(), None
        if number >= 0:
            note = read_note(self.remote.read(self._file(number)))
        if note is None or note.get("copy") == self.copy_id():
            return None
        return note if heard(note, lambda: self._numbers().get(number)) else None

    def _take(self, note: Note) -> int:
        if (other := self.holder()) is not None:
            raise Busy(other)
        older = self._numbers()
        number = max(older, default=-1) + 1
        try:
            self.remote.put_new(self._file(number), json.dumps(note).encode())
        except FileExistsError:
            raise Busy(read_note(self.remote.read(self._file(number)))) from None
        self._check_store(number)
        for old in older:
            self.remote.delete(self._file(old))
        return number

    def _check_store(self, number: int) -> None:
        with contextlib.suppress(FileExistsError):
            self.remote.put_new(self._file(number), _FREE)
            raise UserError(
                f"{self.remote.url}: this store puts a file over one that is there, so two "
                "programs could not be kept apart; use another"
            )

    def _beat(self, number: int, note: Note, ended: threading.Event) -> None:
        count = 0
        while not ended.wait(slot.BEAT_S):
            count += 1
            with contextlib.suppress(UserError, OSError):  # the next one may come through
                if self._last() != number:
                    return
                beat = json.dumps(note | {"beat": str(count)}).encode()
                self.remote.put(self._file(number), beat)

    def _last(self) -> int:
        return max(self._numbers(), default=-1)

    def _numbers(self) -> dict[int, Version]:
        return all_numbers(self.remote).get(self.name, {})

    def copy_id(self) -> str:
        """Of this very copy: whoever wrote it down asked the same lock of the disk."""
        return f"{locks_of(self.folder)} {self.folder.stat().st_ino}"

    def _file(self, number: int) -> str:
        return f"{FOLDER}/{self.name}.{number:08d}"


def all_numbers(remote: Remote) -> dict[str, dict[int, Version]]:
    """Of every slot the numbers that there are."""
    found: dict[str, dict[int, Version]] = {}
    for file, version in remote.versions(FOLDER).items():
        if name := _NAME.fullmatch(file):
            found.setdefault(name[1], {})[int(name[2])] = version
    return found
