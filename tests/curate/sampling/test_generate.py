"""The stage `generate`, driven by the scripted engine."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.config import Config, Generate
from curate.sampling.generate import generate, plan
from curate.sampling.plan import messages
from curate.store.run_folder import Run
from curate.store.shards import commit, live_shards, read
from filters.errors import UserError
from filters.schema import PROBLEM, TRACE

ANSWERS = {
    "q0": ["<think>a b</think> one", "two words", "one two three four five six"],
    "q1": ["fine", {"error": "server: 500"}, {"text": "odd \ud800 text"}],
}


def test_one_row_for_every_sample(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3)
    assert generate(run) == {"requested": 6, "stop": 5, "length": 0, "error": 1, "already": 0}
    rows = traces(run)
    assert rows["problem_id"].to_list() == ["p0"] * 3 + ["p1"] * 3
    assert rows["sample_index"].to_list() == [0, 1, 2] * 2
    assert rows["error"].drop_nulls().to_list() == ["server: 500"]
    assert rows["repaired"].drop_nulls().to_list() == ["lone_surrogates=1"]
    assert rows["trace_id"].n_unique() == 6


def test_running_again_does_nothing(tmp_path: Path) -> None:
    run = scripted(tmp_path)
    generate(run)
    before = traces(run)
    assert generate(run)["requested"] == 0
    assert traces(run).equals(before)


def test_more_samples_compute_only_the_missing(tmp_path: Path) -> None:
    generate(scripted(tmp_path, samples=2))
    counts = generate(scripted(tmp_path, samples=5))
    assert (counts["requested"], counts["already"]) == (6, 4)
    assert traces(Run.open(tmp_path / "run")).height == 10


def test_added_problem_is_sampled_alone(tmp_path: Path) -> None:
    generate(scripted(tmp_path, samples=2))
    run = scripted(tmp_path, samples=2, problems=("q0", "q1", "q2"))
    assert generate(run)["requested"] == 2


def test_changed_temperature_is_new_work_beside_the_old(tmp_path: Path) -> None:
    generate(scripted(tmp_path, samples=2))
    run = scripted(tmp_path, samples=2, temperature=0.5)
    assert generate(run)["requested"] == 4
    assert traces(run)["temperature"].to_list() == [1.0] * 4 + [0.5] * 4


def test_raised_max_tokens_alone_is_no_new_work(tmp_path: Path) -> None:
    generate(scripted(tmp_path, max_tokens=3))
    assert generate(scripted(tmp_path, max_tokens=9))["requested"] == 0


def test_truncated_samples_are_redone_as_the_next_attempt(tmp_path: Path) -> None:
    assert generate(scripted(tmp_path, samples=3, max_tokens=2))["length"] == 3
    run = scripted(tmp_path, samples=3, max_tokens=4)
    assert generate(run, retry="truncated") == {
        **{"requested": 3, "stop": 2, "length": 1, "error": 0, "already": 3}
    }
    longest = traces(run).filter(pl.col("sample_index") == 2, pl.col("problem_id") == "p0")
    assert longest["attempt"].to_list() == [0, 1]
    assert longest["response"].to_list() == ["one two", "one two three four"]
    run = scripted(tmp_path, samples=3, max_tokens=9)
    assert generate(run, retry="truncated")["requested"] == 1
    assert generate(run, retry="truncated")["requested"] == 0


def test_retry_of_truncated_wants_more_tokens(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3, max_tokens=2)
    generate(run)
    with pytest.raises(UserError, match=r"3 samples were cut at 2 tokens.*raise"):
        generate(run, retry="truncated")


def test_failed_samples_are_redone(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3)
    generate(run)
    assert generate(run, retry="failed")["requested"] == 1
    assert traces(run).filter(pl.col("error").is_not_null())["attempt"].to_list() == [0, 1]


def test_problem_without_text_is_an_error_row(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=1, problems=("q0", None))
    assert generate(run)["error"] == 1
    assert traces(run)["error"].to_list()[1] == "no_prompt: the problem has no text"


def test_engine_that_forgets_a_sample_leaves_no_gap(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=2, engine="test_engines:Forgetful")
    assert generate(run) == {"requested": 4, "stop": 2, "length": 0, "error": 2, "already": 0}
    assert set(traces(run)["error"].drop_nulls()) == {"no_completion: engine gave none"}


def test_interrupt_commits_the_finished_units(tmp_path: Path) -> None:
    options = {"answers": "test_engines:interrupted_at_third"}
    run = scripted(tmp_path, samples=2, batch_size=2, problems=("a", "b", "c"), options=options)
    with pytest.raises(KeyboardInterrupt):
        generate(run)
    assert traces(run)["problem_id"].to_list() == ["p0", "p0", "p1", "p1"]


def test_units_share_a_seed_and_follow_the_run_seed(tmp_path: Path) -> None:
    run = scripted(tmp_path / "a", samples=2, batch_size=2)
    other = scripted(tmp_path / "b", samples=2, batch_size=2, run_seed=1)
    generate(run)
    generate(other)
    seeds = traces(run)["seed"].to_list()
    assert seeds[0] == seeds[1] != seeds[2] == seeds[3]
    assert not set(seeds) & set(traces(other)["seed"])


def test_choices_are_shown_and_braces_survive(tmp_path: Path) -> None:
    run = scripted(
        tmp_path,
        problems=(r"\frac{1}{2}?",),
        choices=["half", "third"],
        prompt="Solve: {problem}",
        options={"answers": {"Solve: \\frac{1}{2}?\nA. half\nB. third": ["A"]}},
    )
    assert generate(run)["stop"] == 8


def test_starter_code_is_shown_once() -> None:
    code = {"messages": None, "choices": None, "tests": '{"starter_code": "def f(x):\\n"}'}
    (turn,) = messages({**code, "problem": "Double x."}, Generate())
    assert turn["content"] == "Double x.\n\n```python\ndef f(x):\n```"
    (turn,) = messages({**code, "problem": "def f(x):\n    ..."}, Generate())
    assert turn["content"] == "def f(x):\n    ..."


def test_plan_counts_without_sampling(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3, max_tokens=10, system="be brief")
    found = plan(run)
    assert (found.requests, found.already) == (6, 0)
    assert (found.prompt_tokens, found.max_completion_tokens) == (18, 60)
    assert found.seconds is None
    assert found.basis == "the scripted engine gives no estimate"
    assert not live_shards(run.folder("traces"))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"engine": "transfomers"}, "no engine 'transfomers'; did you mean 'transformers'"),
        ({"engine": "no.such.module:X"}, "there is no module 'no.such.module'"),
        ({"engine": "curate.sampling.generate:Nothing"}, "has no 'Nothing'"),
        ({"options": {}}, "give a table of answers or module:function"),
        ({"problems": ()}, "has no problems to sample from"),
        ({"problems": (None,)}, "not one problem can be put to the model: no_prompt"),
    ],
)
def test_users_mistake_is_one_line(tmp_path: Path, settings: dict[str, Any], line: str) -> None:
    run = scripted(tmp_path, **settings)
    with pytest.raises(UserError, match=line):
        generate(run)
    assert not live_shards(run.folder("traces"))


def test_unknown_retry_names_the_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'truncated'"):
        generate(scripted(tmp_path), retry="truncate")


def scripted(
    folder: Path,
    problems: tuple[str | None, ...] = ("q0", "q1"),
    choices: list[str] | None = None,
    run_seed: int = 0,
    **settings: Any,
) -> Run:
    """A run with these problems and the scripted engine; the same folder takes new settings."""
    settings = {"engine": "scripted", "options": {"answers": ANSWERS}, **settings}
    run = Run.create(folder / "run", Config(seed=run_seed, generate=Generate(**settings)))
    known = read(live_shards(run.folder("problems")), PROBLEM).height
    rows = [{"problem_id": f"p{i}", "problem": p} for i, p in enumerate(problems)]
    frame = pl.DataFrame(rows, schema={"problem_id": pl.String, "problem": pl.String})
    frame = frame.with_columns(pl.lit(choices, dtype=pl.List(pl.String)).alias("choices"))
    commit(run.folder("problems"), frame.slice(known), PROBLEM)
    return run


def traces(run: Run) -> pl.DataFrame:
    return read(live_shards(run.folder("traces")), TRACE)
