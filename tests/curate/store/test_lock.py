"""One writer in a run folder: who he is, and that he is gone when he is dead. Real processes."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_runs import CHEAP, files, imported, only, stored, trace, write

from curate.config import Config
from curate.manifest import ask as manifest
from curate.store.lock import LOCK_FILE, turn, writer
from curate.store.run_folder import Run
from filters.errors import UserError

HOLD = """
import sys
from pathlib import Path
from curate.store.lock import writer
part = tuple(map(int, sys.argv[3:])) or None
with writer(Path(sys.argv[1]), sys.argv[2], part):
    print("held", flush=True)
    sys.stdin.readline()
"""


@contextlib.contextmanager
def another(folder: Path, doing: str, *part: int) -> Iterator[subprocess.Popen[str]]:
    """A process that works there until the block ends."""
    command = [sys.executable, "-c", HOLD, str(folder), doing, *map(str, part)]
    with subprocess.Popen(command, stdin=-1, stdout=-1, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        yield process
        if process.stdin and process.poll() is None:
            process.stdin.write("\n")


def curate(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "curate.cli", *map(str, arguments)]
    return subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_second_is_told_who_works_there_and_since_when(tmp_path: Path) -> None:
    with another(tmp_path, "filter") as first:
        with pytest.raises(
            UserError, match=rf"`filter` works in .* since 20.* UTC \(process {first.pid} on "
        ):
            writer(tmp_path, "normalize").__enter__()
        assert files(tmp_path) == [LOCK_FILE]
    with writer(tmp_path, "normalize"):
        pass
    assert files(tmp_path) == []


def test_killed_writer_holds_nothing(tmp_path: Path) -> None:
    with another(tmp_path, "filter") as first:
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert files(tmp_path) == [LOCK_FILE]
        with writer(tmp_path, "normalize"):
            note = json.loads((tmp_path / LOCK_FILE).read_text())
            assert (note["doing"], note["process"]) == ("normalize", os.getpid())


def test_block_in_a_block_is_the_same_writer_and_another_thread_is_not(tmp_path: Path) -> None:
    said: list[str] = []

    def elsewhere() -> None:
        try:
            writer(tmp_path, "filter").__enter__()
        except UserError as error:
            said.append(str(error))

    with writer(tmp_path, "run") as outer, writer(tmp_path, "filter") as inner:
        assert (outer, inner) == (True, False)
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert "another thread" in said[0]


@pytest.mark.parametrize(
    ("part", "refused"),
    [((2, 2), None), ((1, 2), "part 1 of 2"), ((1, 3), "part 1 of 2"), (None, "part 1 of 2")],
)
def test_parts_share_with_their_like_alone(
    tmp_path: Path, part: tuple[int, int] | None, refused: str | None
) -> None:
    with another(tmp_path, "generate", 1, 2):
        if refused:
            with pytest.raises(UserError, match=refused):
                writer(tmp_path, "generate", part).__enter__()
        else:
            with writer(tmp_path, "generate", part):
                pass
    with writer(tmp_path, "filter"):
        assert files(tmp_path) == [LOCK_FILE]


def test_part_finds_the_one_writer(tmp_path: Path) -> None:
    with another(tmp_path, "filter"), pytest.raises(UserError, match="`filter` works in"):
        writer(tmp_path, "generate", (1, 2)).__enter__()


def test_turns_come_one_after_the_other(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from curate.store.lock import turn\n"
    code += "with turn(Path(sys.argv[1])): print('turn', flush=True)"
    with turn(tmp_path):
        other = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=-1)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(1.5)
    assert other.communicate()[0] == b"turn\n"


def test_stale_run_takes_the_settings_as_they_are_now(tmp_path: Path) -> None:
    early = Run.create(tmp_path / "run", Config(seed=1))
    Run.open(tmp_path / "run").configure(Config(seed=2))
    with early.writing("filter"):
        assert early.config.seed == 2
    early.configure(Config(seed=3))
    assert [v["config"]["seed"] for v in Run.open(early.path).versions] == [1, 2, 3]


STAGES = [
    ("import", "{run}", "{file}"),
    ("import", "{run}", "{file}", "--problems"),
    ("filter", "{run}"),
    ("normalize", "{run}"),
    ("review", "{run}", "{file}"),
    ("tests", "{run}", "{file}", "--apply"),
    ("generate", "{run}"),
    ("run", "{config}", "--out", "{run}"),
]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: " ".join(stage[::2]))
def test_every_stage_that_writes_is_refused_and_readers_go_on(
    tmp_path: Path, stage: tuple[str, ...]
) -> None:
    run = imported(tmp_path / "run", [trace(1)])
    config = tmp_path / "c.yaml"
    config.write_text(f"imports: [{{path: {tmp_path / 'run.jsonl'}}}]\n")
    names = {"run": run.path, "file": tmp_path / "run.jsonl", "config": config}
    with another(run.path, "filter"):
        before = {name: (run.path / name).read_bytes() for name in files(run.path)}
        assert count(run) == 1
        (run.path / "manifest.duckdb").unlink()
        process = curate(*(word.format(**names) for word in stage))
        out, err = process.communicate()
        assert (process.returncode, out) == (2, "")
        assert err.startswith("curate: `filter` works in ")
        assert err.count("\n") == 1
        assert before == {name: (run.path / name).read_bytes() for name in files(run.path)}


def count(run: Run) -> int:
    return len(manifest.rows(run, "select trace_id from traces"))


def test_two_filters_at_once_leave_what_run_yaml_says(tmp_path: Path) -> None:
    rows = [trace(n) for n in range(40)]
    run = imported(tmp_path / "run", rows, filters=only(*CHEAP))
    asked = (10, 1000)
    both = [curate("filter", run.path, "--set", f"length.thinking_min={least}") for least in asked]
    errors = [process.communicate()[1] for process in both]
    assert {process.returncode for process in both} <= {0, 2}
    assert [process.returncode for process in both].count(0) >= 1
    assert all("works in" in e for e, p in zip(errors, both, strict=True) if p.returncode)
    now = Run.open(run.path)
    least = now.config.filters["length"]["thinking_min"]  # type: ignore[index]
    (row,) = manifest.rows(now, "select kept from v_funnel where stage = 'total'")
    assert row["kept"] == (40 if least == 10 else 0)


def test_two_runs_at_once_write_everything_once(tmp_path: Path) -> None:
    source = write(tmp_path / "t.jsonl", [trace(n) for n in range(300)])
    config = tmp_path / "c.yaml"
    config.write_text(f"imports: [{{path: {source}}}]\nfilters: {json.dumps(only(*CHEAP))}\n")
    both = [curate("run", config, "--out", tmp_path / "run") for _ in range(2)]
    for process in both:
        process.communicate()
    assert sorted(process.returncode for process in both)[0] == 0
    run = Run.open(tmp_path / "run")
    assert stored(run, "traces").height == 300
    assert stored(run, "records").height == 300
