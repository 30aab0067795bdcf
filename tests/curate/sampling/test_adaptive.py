"""`until_correct`: easy problems cost little, hard ones are kept."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.config import Config, Generate
from curate.sampling.estimate import estimate
from curate.sampling.generate import generate
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.schema import PROBLEM, TRACE

RIGHT, WRONG = r"<think>so</think> \boxed{7}", r"<think>so</think> \boxed{8}"
ANSWERS = {
    "easy": [RIGHT],
    "half": [WRONG, RIGHT],
    "hard": [*[WRONG] * 11, RIGHT],
    "never": [WRONG],
    "open": ["a poem"],
}


def adaptive(folder: Path, *problems: str, gold: str | None = "7", **settings: Any) -> Run:
    settings = {"samples": 8, "until_correct": 1, "options": {"answers": ANSWERS}, **settings}
    generating = Generate(engine="scripted", batch_size=3, **settings)
    run = Run.create(folder / "run", Config(jobs=1, generate=generating))
    if not run.shards("problems"):
        rows = [{"problem_id": p, "problem": p, "gold": gold, "kind": "math"} for p in problems]
        commit(run.folder("problems"), pl.DataFrame(rows), PROBLEM)
    return run


def asked(run: Run) -> dict[str, int]:
    rows = read(run.shards("traces"), TRACE)
    assert rows["trace_id"].n_unique() == rows.height
    return dict(rows["problem_id"].value_counts().iter_rows())


def test_problem_stops_at_its_correct_samples_or_its_budget(tmp_path: Path) -> None:
    run = adaptive(tmp_path, "easy", "half", "never")
    counts = generate(run)
    assert asked(run) == {"easy": 1, "half": 2, "never": 8}
    assert (counts["requested"], counts["stop"]) == (11, 11)
    assert (counts["samples_saved"], counts["tokens_saved"]) == (13, 26)


def test_hard_problem_is_asked_more_until_it_has_one(tmp_path: Path) -> None:
    run = adaptive(tmp_path, "easy", "hard", "never", hard_samples=32)
    generate(run)
    assert asked(run) == {"easy": 1, "hard": 16, "never": 32}


def test_several_correct_ones_are_asked_for_at_the_rate_so_far(tmp_path: Path) -> None:
    """Three, of which one is right; six more, of which three are."""
    run = adaptive(tmp_path, "half", until_correct=3, samples=20)
    generate(run)
    assert asked(run) == {"half": 9}


def test_problem_that_cannot_be_checked_gets_its_budget(tmp_path: Path) -> None:
    run = adaptive(tmp_path, "open", gold=None)
    generate(run)
    assert asked(run) == {"open": 8}


def test_running_again_does_nothing(tmp_path: Path) -> None:
    run = adaptive(tmp_path, "easy", "half", "never")
    generate(run)
    counts = generate(run)
    assert (counts["requested"], counts["already"]) == (0, 11)


def test_samples_that_are_there_are_judged_not_asked_for(tmp_path: Path) -> None:
    generate(adaptive(tmp_path, "half", "never", samples=2, until_correct=None))
    run = adaptive(tmp_path)
    assert generate(run)["requested"] == 6
    assert asked(run) == {"half": 2, "never": 8}


def test_estimate_is_at_most(tmp_path: Path) -> None:
    found = estimate(adaptive(tmp_path, "easy", "never"), 0.0)
    assert (found.requests, found.prompt_tokens) == (16, 16)


def test_hard_samples_alone_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="hard_samples needs until_correct"):
        Generate(hard_samples=9)


def test_samples_found_there_behind_one_that_is_asked_for_are_not_missing(tmp_path: Path) -> None:
    run = adaptive(tmp_path, "never", samples=4, until_correct=None)
    generate(run)
    (shard,) = run.shards("traces")
    rest = read([shard], TRACE).filter(pl.col("sample_index") != 1)
    shard.unlink()
    commit(run.folder("traces"), rest, TRACE)
    counts = generate(adaptive(tmp_path, samples=4))
    assert (counts["requested"], counts["already"], counts["stop"]) == (1, 3, 1)
    assert "left" not in counts
