"""Whose lock of a disk counts: no clock, name of a host or number of a process decides that."""

import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from small_runs import files

from curate.store import slot
from curate.store.lock import LOCK_FILE, writer
from curate.store.shards import commit
from curate.store.slot import locks_of, note_of
from filters.errors import UserError

SCHEMA = {"id": pl.String()}
FRAME = pl.DataFrame({"id": ["a"]})
CENTURY_S = 100 * 365 * 86400.0


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "BEAT_S", 0.05)
    monkeypatch.setattr(slot, "LEASE_S", 1.0)


def leave_note(folder: Path, at: float = 0.0, **facts: object) -> Path:
    """As one who works there, or died there, on another machine of the same name."""
    note = {**note_of("filter", folder), "machine": "other", **facts}
    (folder / LOCK_FILE).write_text(json.dumps(note))
    os.utime(folder / LOCK_FILE, (at, at))
    return folder / LOCK_FILE


@contextmanager
def beating(file: Path, clock: float) -> Iterator[None]:
    """The heart of another machine, whose disk's clock starts at `clock` and goes backwards."""
    ended = threading.Event()

    def beat() -> None:
        at = clock
        while not ended.wait(0.05):
            at -= 1
            os.utime(file, (at, at))

    thread = threading.Thread(target=beat)
    thread.start()
    yield
    ended.set()
    thread.join()


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as error:
        writer(folder, "normalize").__enter__()
    return str(error.value)


@pytest.mark.parametrize("clock", [time.time() - CENTURY_S / 4, time.time(), 2**31.0])
def test_heard_is_believed_whatever_the_clock_says(tmp_path: Path, clock: float) -> None:
    with beating(leave_note(tmp_path, clock), clock):
        assert f"process {os.getpid()} on {socket.gethostname()}" in refused(tmp_path)


@pytest.mark.parametrize("clock", [0.0, time.time(), 2**31.0])
def test_silent_is_dead_whatever_the_clock_says(tmp_path: Path, clock: float) -> None:
    leave_note(tmp_path, clock)
    with writer(tmp_path, "normalize"):
        assert json.loads((tmp_path / LOCK_FILE).read_text())["machine"] == locks_of(tmp_path)


def test_two_mounts_of_one_disk_on_one_machine_share_no_lock(tmp_path: Path) -> None:
    kernel, mount = locks_of(tmp_path).rsplit(" ", 1)
    file = leave_note(tmp_path, machine=f"{kernel} {int(mount) + 1}")
    with beating(file, time.time()):
        assert "`filter` works in" in refused(tmp_path)


def test_without_locks_on_the_disk_the_note_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slot, "_lock", lambda file, how: None)
    file = leave_note(tmp_path, machine=locks_of(tmp_path))
    with beating(file, time.time()):
        assert "`filter` works in" in refused(tmp_path)
    with writer(tmp_path, "normalize"):
        pass


def test_writer_is_heard(tmp_path: Path) -> None:
    with writer(tmp_path, "filter"):
        os.utime(tmp_path / LOCK_FILE, (1, 1))
        for _ in range(100):
            time.sleep(0.05)
            if (tmp_path / LOCK_FILE).stat().st_mtime > 1:
                return
    pytest.fail("silent")


def test_writer_who_was_taken_over_commits_nothing(tmp_path: Path) -> None:
    with writer(tmp_path, "filter"):
        commit(tmp_path / "traces", FRAME, SCHEMA)
        before = files(tmp_path)
        leave_note(tmp_path, doing="normalize")
        time.sleep(0.5)
        with pytest.raises(UserError, match="another program has taken over"):
            commit(tmp_path / "traces", FRAME, SCHEMA)
        assert files(tmp_path) == before
    assert files(tmp_path) == before, "the note of the other stays"
