"""The stage `generate`, driven by the scripted engine."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from curate.config import Config, Generate
from curate.sampling.estimate import estimate
from curate.sampling.generate import generate
from curate.sampling.job import jobs
from curate.sampling.plan import Part
from curate.sampling.prompts import messages
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.errors import UserError
from filters.schema import PROBLEM, PROMPT, TRACE

ANSWERS = {
    "q0": ["<think>a b</think> one", "two words", "one two three four five six"],
    "q1": ["fine", {"error": "server_error: 500"}, {"text": "odd \ud800 text"}],
}


def test_one_row_for_every_sample(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3)
    assert generate(run) == {"requested": 6, "stop": 5, "length": 0, "error": 1, "already": 0}
    rows = traces(run)
    assert rows["problem_id"].to_list() == ["p0"] * 3 + ["p1"] * 3
    assert rows["sample_index"].to_list() == [0, 1, 2] * 2
    assert rows["error"].drop_nulls().to_list() == ["server_error: 500"]
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
    assert traces(run)["error"].drop_nulls().to_list() == ["no_prompt: the problem has no text"]


def test_engine_that_forgets_a_sample_leaves_no_gap(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=2, engine="engines.test_engines:Forgetful")
    assert generate(run) == {"requested": 4, "stop": 2, "length": 0, "error": 2, "already": 0}
    assert set(traces(run)["error"].drop_nulls()) == {
        "engine_error: the scripted engine gave no completion"
    }


def test_engine_that_stops_leaves_the_rest_to_the_next_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = scripted(tmp_path, samples=2, batch_size=3, engine="engines.test_engines:Thrifty")
    assert generate(run)["left"] == 1
    assert "1 samples were not asked for: enough is spent" in capsys.readouterr().err
    assert generate(run)["requested"] == 1


def test_interrupt_commits_the_finished_units(tmp_path: Path) -> None:
    options = {"answers": "engines.test_engines:interrupted_at_third"}
    run = scripted(tmp_path, samples=2, batch_size=2, problems=("a", "b", "c"), options=options)
    with pytest.raises(KeyboardInterrupt):
        generate(run)
    assert traces(run)["problem_id"].to_list() == ["p0", "p0", "p1", "p1"]


def test_every_sample_has_a_seed_that_follows_from_the_run_seed(tmp_path: Path) -> None:
    run = scripted(tmp_path / "a", samples=2)
    other = scripted(tmp_path / "b", samples=2, run_seed=1)
    generate(run)
    generate(other)
    assert len({*traces(run)["seed"], *traces(other)["seed"]}) == 8


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


def test_estimate_counts_without_sampling(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3, max_tokens=10, system="be brief")
    found = estimate(run, 0.0)
    assert (found.requests, found.already) == (6, 0)
    assert (found.prompt_tokens, found.max_completion_tokens) == (18, 60)
    assert found.seconds_most is None
    assert found.basis == "the scripted engine gives no estimate of time"
    assert not run.shards("traces")


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"engine": "transfomers"}, "no engine 'transfomers'; did you mean 'transformers'"),
        ({"engine": "no.such.module:X"}, "there is no module 'no.such.module'"),
        ({"engine": "curate.sampling.plan:Nothing"}, "has no 'Nothing'"),
        ({"options": {}}, "give a table of answers or module:function"),
        ({"problems": ()}, "has no problems to sample from"),
        ({"problems": (None,)}, "not one problem can be put to the model: no_prompt"),
    ],
)
def test_users_mistake_is_one_line(tmp_path: Path, settings: dict[str, Any], line: str) -> None:
    run = scripted(tmp_path, **settings)
    with pytest.raises(UserError, match=line):
        generate(run)
    assert not run.shards("traces")


def test_max_tokens_may_be_given_to_a_retry_alone(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3, max_tokens=2)
    generate(run)
    assert generate(run, retry="truncated", max_tokens=9)["stop"] == 3
    assert set(traces(run).filter(pl.col("attempt") == 1)["max_tokens"]) == {9}


def test_parts_do_not_meet_and_make_a_whole(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=2, problems=tuple(f"q{i}" for i in range(20)))
    counts = [generate(run, part=Part.of(f"{i}/3"))["requested"] for i in (1, 2, 3)]
    assert sum(counts) == 40
    assert all(counts)
    assert traces(run)["trace_id"].n_unique() == traces(run).height == 40
    assert generate(run)["requested"] == 0


@pytest.mark.parametrize("part", ["0/2", "3/2", "1", "a/b"])
def test_part_that_is_none_is_one_line(part: str) -> None:
    with pytest.raises(UserError, match="--part"):
        Part.of(part)


def test_prompts_are_kept_once(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=2, system="be brief")
    generate(run)
    generate(scripted(tmp_path, samples=3, system="be brief"))
    kept = read(run.shards("prompts"), PROMPT)
    assert kept["prompt"].to_list() == ["be brief\n\nq0", "be brief\n\nq1"]
    assert set(kept["prompt_hash"]) == set(traces(run)["prompt_hash"])


def test_worked_examples_come_before_the_problem(tmp_path: Path) -> None:
    file = tmp_path / "shots.jsonl"
    file.write_text('{"problem": "1+1?", "response": "<think>so</think> 2"}\n')
    run = scripted(tmp_path, prompt="Q: {problem}", few_shot=str(file))
    generate(run)
    kept = read(run.shards("prompts"), PROMPT)
    assert kept["prompt"][0] == "Q: 1+1?\n\n<think>so</think> 2\n\nQ: q0"


def test_worked_examples_without_response_are_one_line(tmp_path: Path) -> None:
    file = tmp_path / "shots.jsonl"
    file.write_text('{"problem": "1+1?"}\n')
    with pytest.raises(UserError, match="row 1: columns problem and response are wanted"):
        generate(scripted(tmp_path, few_shot=str(file)))


def test_more_sampling_settings_are_new_work_and_recorded(tmp_path: Path) -> None:
    generate(scripted(tmp_path, samples=1))
    run = scripted(tmp_path, samples=1, sampling={"top_k": 20})
    assert generate(run)["requested"] == 2
    assert traces(run)["meta"].to_list()[-1] == '{"sampling": {"top_k": 20}}'


def test_figures_are_told_to_other_terminals(tmp_path: Path) -> None:
    run = scripted(tmp_path, samples=3)
    generate(run, part=Part.of("1/1"))
    (job,) = jobs(run)
    assert (job["state"], job["samples_done"], job["samples"]) == ("done", 6, 6)
    assert (job["problems_done"], job["problems"], job["tokens"]) == (2, 2, 15)
    assert (job["truncated"], job["failed"]) == (0, 0.1667)


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
    known = read(run.shards("problems"), PROBLEM).height
    rows = [{"problem_id": f"p{i}", "problem": p} for i, p in enumerate(problems)]
    frame = pl.DataFrame(rows, schema={"problem_id": pl.String, "problem": pl.String})
    frame = frame.with_columns(pl.lit(choices, dtype=pl.List(pl.String)).alias("choices"))
    commit(run.folder("problems"), frame.slice(known), PROBLEM)
    return run


def traces(run: Run) -> pl.DataFrame:
    return read(run.shards("traces"), TRACE)
