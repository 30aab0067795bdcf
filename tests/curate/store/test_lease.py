"""One writer at a URL, whatever machine he is on. Two folders are the copies of two machines."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from curate.config import Config
from curate.store import lock, slot
from curate.store.lease import FOLDER, Lease, all_numbers
from curate.store.remote import Remote
from curate.store.run_folder import Run
from curate.store.shards import commit
from curate.store.slot import Busy
from curate.store.urls import folder_of
from filters.errors import UserError
from filters.schema import PROBLEM


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot, "BEAT_S", 0.1)
    monkeypatch.setattr(slot, "LEASE_S", 3.0)


@pytest.fixture
def remote(place: str) -> Remote:
    found = Remote.of(folder_of(place))
    assert found
    return found


@pytest.fixture
def two(remote: Remote, tmp_path: Path) -> tuple[Lease, Lease]:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, other = (Lease(remote, folder, ".writer") for folder in folders)
    return one, other


def test_second_is_refused_and_told_who_works(two: tuple[Lease, Lease]) -> None:
    one, other = two
    with one.held("filter") as lost:
        with pytest.raises(Busy) as busy:
            other.held("normalize").__enter__()
        assert busy.value.note
        assert busy.value.note["doing"] == "filter"
        assert not lost()
    with other.held("normalize"):
        pass


def silent(lease: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine is suspended: no beat of it comes through."""
    monkeypatch.setattr(lease, "_beat", lambda *_: None)


def test_silent_is_taken_over_and_sees_it(
    two: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = two
    silent(one, monkeypatch)
    with one.held("filter") as lost:
        began = time.monotonic()
        with other.held("normalize") as lost_too:
            assert time.monotonic() - began >= slot.LEASE_S
            assert lost()
            assert not lost_too()
    assert one._last() == 1
    with one.held("filter") as lost:
        assert not lost()
        assert one._last() == 2, "no number is given twice"


def test_dead_holder_of_this_very_copy_is_not_waited_for(
    two: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = two
    one._take({**slot.note_of("filter", one.folder), "copy": one.copy_id(), "id": "dead"})
    monkeypatch.setattr(slot, "LEASE_S", 1000.0)
    with one.held("filter"):
        assert list(all_numbers(one.remote)[".writer"]) == [1]


def test_store_that_overwrites_is_refused(
    two: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Remote, "put_new", Remote.put)
    with pytest.raises(UserError, match="could not be kept apart"):
        two[0].held("filter").__enter__()


def test_writer_who_was_taken_over_commits_nothing(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    run = Run.create(folder_of(place), Config())
    remote = Remote.of(run.path)
    assert remote
    problem = pl.DataFrame({"problem_id": ["a"], "problem": ["a"]})
    over = "another program has taken over"
    # who leaves the block is told once more
    with pytest.raises(UserError, match=over), run.writing("import"):  # noqa: PT012
        commit(run.folder("problems"), problem, PROBLEM)
        (last,) = all_numbers(remote)[".writer"]
        remote.put_new(f"{FOLDER}/.writer.{last + 1:08d}", b"{}")
        for _ in range(2):
            with pytest.raises(UserError, match=over):
                commit(run.folder("problems"), problem, PROBLEM)
    assert len(remote.versions("problems")) == 1


def test_commit_at_the_moment_of_loss_is_taken_back(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import polars as pl

    run = Run.create(folder_of(place), Config())
    remote = Remote.of(run.path)
    assert remote
    lost = iter([False, True])
    with run.writing("import"):
        lock._held[run.path.resolve()].lost[:] = [lambda: next(lost)]
        with pytest.raises(UserError, match="another program has taken over"):
            commit(run.folder("problems"), pl.DataFrame({"problem_id": ["a"]}), PROBLEM)
    assert remote.versions("problems") == {}


@pytest.mark.parametrize(
    ("name", "part", "refused"),
    [
        (".writer", (1, 2), True),
        (".writer-2-of-2", (1, 2), False),
        (".writer-1-of-2", (1, 2), True),
        (".writer-1-of-3", (1, 2), True),
        (".writer-1-of-3", None, True),
        (".writer-turn", None, False),
    ],
)
def test_parts_share_with_their_like_alone(
    place: str, tmp_path: Path, name: str, part: tuple[int, int] | None, refused: bool
) -> None:
    run = Run.create(folder_of(place), Config())
    remote = Remote.of(run.path)
    assert remote
    with Lease(remote, tmp_path, name).held("generate"):
        if refused:
            with pytest.raises(UserError, match="`generate` works in"):
                run.writing("generate", part).__enter__()
        else:
            with run.writing("generate", part):
                pass


HOLD = """
import sys, time
from curate.store import slot
from curate.store.run_folder import Run
from curate.store.urls import folder_of
slot.BEAT_S = 0.1
with Run.open(folder_of(sys.argv[1])).writing("filter"):
    print("held", flush=True)
    time.sleep(600)
"""


def test_killed_machine_is_taken_over(
    s3: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.create(folder_of(f"{s3}/run"), Config())
    monkeypatch.setattr(slot, "LEASE_S", 4.0)  # a busy machine's beats are late
    elsewhere = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "elsewhere")}
    command = [sys.executable, "-c", HOLD, f"{s3}/run"]
    with subprocess.Popen(command, env=elsewhere, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=rf"`filter` works in .* \(process {other.pid} on "):
            run.writing("normalize").__enter__()
        other.kill()
    with run.writing("normalize"):
        pass


def test_of_many_at_once_one_gets_in(s3: str, tmp_path: Path) -> None:
    remote = Remote.of(folder_of(s3))
    assert remote
    everybody = threading.Barrier(8)
    inside, done = [], []

    def come(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        everybody.wait()
        with contextlib.suppress(Busy), Lease(remote, folder, ".writer").held("filter") as lost:
            inside.append(number)
            everybody.wait()
            assert not lost()
            done.append(number)
            return
        everybody.wait()

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inside) == 1
    assert done == inside
