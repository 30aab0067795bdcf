"""Killed at any commit and run again, the stages end where an uninterrupted run ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_runs import CHEAP, Curate, contents, files, imported, only, stored, trace, write

from curate.config import Source
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run

KILLED = """
import os, signal, sys
import curate.judging.filter_stage, curate.store.shards
curate.judging.filter_stage.COMMIT_ROWS = 2
moment, when = int(sys.argv.pop(1)), sys.argv.pop(1)

def dying(rename):
    def call(*names):
        global moment
        moment -= 1
        if moment < 0 and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        rename(*names)
        if moment < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    return call

os.rename, os.replace = dying(os.rename), dying(os.replace)
from curate.cli import main
main()
"""
"""the command, killed before or after it makes its n-th file visible"""
ROWS = [
    [trace(n, answer=0 if n % 4 == 0 else None) for n in some]
    for some in ((1, 2, 3), (4, 5, 6), (7, 1, 1))
]
FILTERS = only(*CHEAP, "duplicate", select={"best": 1})


def killed(moment: int, when: str, *arguments: object) -> None:
    command = [sys.executable, "-c", KILLED, str(moment), when, *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, check=False, timeout=100)
    assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()


def straight(folder: Path) -> Run:
    run = imported(folder, ROWS[0], filters=FILTERS)
    for number, rows in enumerate(ROWS[1:]):
        file = write(folder.parent / f"more{number}.jsonl", rows)
        import_traces(run, Source(path=str(file)))
    return run


def assert_equal(run: Run, other: Run) -> None:
    ours, theirs = contents(run), contents(other)
    for table in ours:
        assert ours[table].equals(theirs[table]), table


@pytest.mark.parametrize(
    ("moment", "when", "traces"),
    [
        *[(0, "before", 0), (0, "after", 0)],  # run.yaml
        *[(1, "before", 0), (1, "after", 0)],  # problems
        *[(2, "before", 0), (2, "after", 3)],  # traces
    ],
)
def test_killed_import_brings_in_all_or_nothing_and_then_all(
    tmp_path: Path, curate: Curate, moment: int, when: str, traces: int
) -> None:
    file, folder = write(tmp_path / "run.jsonl", ROWS[0]), tmp_path / "run"
    killed(moment, when, "import", folder, file)
    assert sum(stored(run, "traces").height for run in opened(folder)) == traces
    assert curate("import", folder, file).code == 0
    assert_equal(Run.open(folder), imported(tmp_path / "straight" / "run", ROWS[0]))
    assert not [name for name in files(folder) if "staged" in name or ".run.yaml" in name]


def opened(folder: Path) -> list[Run]:
    return [Run.open(folder)] if (folder / "run.yaml").exists() else []


def test_killed_filter_and_normalize_go_on_where_they_were(tmp_path: Path, curate: Curate) -> None:
    run = straight(tmp_path / "run")
    for moment, when in ((0, "after"), (4, "before"), (7, "after"), (1, "after")):
        killed(moment, when, "filter", run.path)
    assert curate("filter", run.path).code == 0
    killed(0, "before", "normalize", run.path)
    killed(1, "after", "normalize", run.path)
    assert "known" in curate("normalize", run.path).err
    other = straight(tmp_path / "straight" / "run")
    for verb in ("filter", "normalize"):
        assert curate(verb, other.path).code == 0
    assert_equal(Run.open(run.path), Run.open(other.path))
    assert not [name for name in files(run.path) if ".staged" in name]


def until_gone(group: int) -> None:
    """Raises ProcessLookupError as soon as no process of the group is left."""
    for _ in range(200):
        os.killpg(group, 0)
        time.sleep(0.05)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_with_130_and_says_how_to_go_on(tmp_path: Path, workers: int) -> None:
    endless = only(*CHEAP) | {"own_filter:Endless": True}
    run = imported(tmp_path / "run", ROWS[0], filters=endless, jobs=workers)
    code = (
        "import curate.judging.filter_stage as j; j.PARALLEL_FROM = 1; "
        "from curate.cli import main; main()"
    )
    command = [sys.executable, "-c", code, "filter", str(run.path)]
    with subprocess.Popen(
        command, stderr=-1, text=True, cwd=Path(__file__).parent, start_new_session=True
    ) as process:
        assert process.stderr
        assert process.stderr.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
        said = process.stderr.read()
    assert process.returncode == 130
    assert said.strip().splitlines() == [
        "stopped; what was finished is kept: run the same command again to go on"
    ]
    with pytest.raises(ProcessLookupError):
        until_gone(process.pid)
