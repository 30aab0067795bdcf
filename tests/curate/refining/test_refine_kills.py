"""Killed at random moments and started again, a refinement ends like one that never was."""

import shutil
import time
from pathlib import Path

import writers
from killing import killed
from small_runs import contents, imported, only

from curate.config import Refine
from curate.judging.filter_stage import filter_traces
from curate.refining.refine import refine
from curate.sampling import rows
from curate.store.run_folder import Run
from filters.trace_format import render


def slow(prompt: str) -> list[str]:
    time.sleep(0.01)
    return writers.good(prompt)


def refined(folder: str) -> None:
    """In the process that is killed: every batch is committed."""
    rows.COMMIT_EVERY_S = 0.0
    refine(Run.open(Path(folder)))


def row(n: int) -> dict[str, str]:
    text = render(writers.filled(writers.MIXED, n, 15), f"It is \\boxed{{{n + 15}}}.")
    return {"problem": writers.problem(n, 15), "gold": str(n + 15), "response": text}


def test_every_rewriting_is_there_once(tmp_path: Path) -> None:
    options = {"answers": "test_refine_kills:slow"}
    straight = imported(
        tmp_path / "straight",
        [row(n) for n in range(30)],
        filters=only("finish", "language", "correctness", "faithful"),
        refine=Refine(engine="scripted", batch_size=2, options=options),
    )
    filter_traces(straight)
    run = Run.open(Path(shutil.copytree(straight.path, tmp_path / "run")))
    assert killed(run, 3, 0.1, seed=6, work=refined) > 1
    assert refine(run) == {"already": 30}
    assert refine(straight) == {"already": 0, "rewritten": 30}
    assert contents(run)["traces"].equals(contents(straight)["traces"])
