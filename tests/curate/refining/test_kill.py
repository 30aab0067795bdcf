"""A refinement that is killed (SIGKILL) and started again ends like one that never was."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import writers
from small_runs import contents, imported, only
from test_kill_resume import written_files

from curate.config import Refine
from curate.judging.filter_stage import filter_traces
from curate.refining.refine import refine
from curate.store.run_folder import Run
from filters.trace_format import render

REFINE = (
    "import curate.sampling.rows as r; r.COMMIT_EVERY_S = 0; from curate.cli import main; main()"
)


def slow(prompt: str) -> list[str]:
    time.sleep(0.05)
    return writers.good(prompt)


def row(n: int) -> dict[str, str]:
    text = render(writers.filled(writers.MIXED, n, 15), f"It is \\boxed{{{n + 15}}}.")
    return {"problem": writers.problem(n, 15), "gold": str(n + 15), "response": text}


def test_every_rewriting_is_there_once(tmp_path: Path) -> None:
    options = {"answers": "test_kill:slow"}
    straight = imported(
        tmp_path / "straight",
        [row(n) for n in range(30)],
        filters=only("finish", "language", "correctness", "faithful"),
        refine=Refine(engine="scripted", batch_size=2, options=options),
    )
    filter_traces(straight)
    killed = Run.open(Path(shutil.copytree(straight.path, tmp_path / "killed")))
    tests = Path(__file__).parents[2]  # its folders are on the path as pyproject.toml has them
    here = (Path(__file__).parent, tests, tests / "filters", tests / "curate")
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", REFINE, "refine", str(killed.path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([*map(str, here), *sys.path])},
        )
        before = written_files(killed.path / "traces")
        while written_files(killed.path / "traces") <= before + 2 and process.poll() is None:
            time.sleep(0.01)
        assert process.poll() is None, "ended before it could be killed"
        process.kill()
        process.wait()
    already = refine(killed)["already"]
    assert 0 < already < 30
    assert refine(straight) == {"already": 0, "rewritten": 30}
    assert contents(killed)["traces"].equals(contents(straight)["traces"])
