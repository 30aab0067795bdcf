"""Two containers of one host name, whose first processes both have the number 1, on one folder."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_runs import files

CONTAINER = "unshare --fork --kill-child --pid --mount-proc --uts sh -c".split()
WORK = """
import os, socket, sys
from pathlib import Path
from curate.store.disk import hidden
from curate.store.lock import writer
from filters.errors import UserError
folder = Path(sys.argv[1])
try:
    with writer(folder, "filter"):
        staged = hidden(folder, "staged")
        left = len(list(folder.glob(".staged*")))
        staged.touch()
        print(os.getpid(), socket.gethostname(), left, flush=True)
        sys.stdin.readline()
        staged.unlink()
except UserError as error:
    print(error, flush=True)
"""


@contextlib.contextmanager
def container(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A writer there, and what it says when it has begun or was refused."""
    command = f'hostname box && exec "{sys.executable}" -c "$1" "$2"'
    with subprocess.Popen(
        [*CONTAINER, command, "sh", WORK, str(folder)], stdin=-1, stdout=-1, text=True
    ) as process:
        assert process.stdout
        yield process, process.stdout.readline().strip()


@pytest.fixture(autouse=True)
def may_contain() -> None:
    with contextlib.suppress(FileNotFoundError):
        if not subprocess.run([*CONTAINER, "hostname box"], capture_output=True).returncode:
            return
    pytest.skip("no namespaces may be made here")


def test_one_writes_and_the_other_is_refused_and_leaves_its_files_alone(tmp_path: Path) -> None:
    with container(tmp_path) as (_, first):
        assert first == "1 box 0"
        there = files(tmp_path)
        with container(tmp_path) as (_, second):
            assert second.startswith("`filter` works in ")
            assert "(process 1 on box)" in second
        assert files(tmp_path) == there


def test_dead_one_holds_nothing_and_what_it_left_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    with container(tmp_path) as (first, said):
        assert said == "1 box 0"
        there = files(tmp_path)
        first.kill()
        first.wait()
        assert files(tmp_path) == there
    with container(tmp_path) as (_, second):
        assert second == "1 box 1"
