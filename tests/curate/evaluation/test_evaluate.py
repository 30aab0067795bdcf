"""`curate eval` with the scripted engine: every figure by hand."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from small_runs import Curate, finished, trace, write

from curate.config import Config, Eval, Generate
from curate.evaluation.evaluate import evaluate
from curate.evaluation.scores import JUDGES, scores
from curate.manifest import ask as manifest
from curate.manifest.explain import explain
from curate.store.run_folder import Run
from filters.errors import UserError
from filters.schema import PROBLEM


def reply(answer: str, thinking: str = "I count on from the first number, step by step.") -> str:
    return f"<think>\n{thinking}\n</think>\n\nSo it is \\boxed{{{answer}}}."


WAIT = "But wait, I check it. I count on from the first number, however I might be wrong."
MIXED = "I count on from the first number, 然后我们把这两个数字加起来得到结果, and there it is."
ANSWERS: dict[str, list[Any]] = {
    "What is 1 + 1?": [reply("2", WAIT), reply("2"), reply("3", MIXED), reply("3.0")],
    "What is 2 + 2?": [reply("4"), reply("4"), "So it is \\boxed{4}.", reply("4")],
    "What is 3 + 3?": [reply("7"), reply("7"), reply("6"), "<think>\nI do not know"],
    "Why?": [reply("so"), reply("so"), reply("so"), {"error": "server_error: 500"}],
}
PROBLEMS = [
    {"problem": problem, "gold": gold}
    for problem, gold in zip(ANSWERS, ("2", "4", "6", None), strict=True)
]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    answers = Generate(engine="scripted", options={"answers": ANSWERS}, batch_size=3)
    return Run.create(tmp_path / "run", Config(jobs=1, generate=answers))


@pytest.fixture
def sums(tmp_path: Path) -> str:
    return str(write(tmp_path / "sums.v1.jsonl", PROBLEMS))


def section(sums: str, **more: Any) -> Eval:
    return Eval.model_validate({"problems": sums, "checkpoints": {"r1": "m"}, "k": 4, **more})


def test_figures_are_those_computed_by_hand(run: Run, sums: str) -> None:
    (row,) = evaluate(run, section(sums))
    # right of 4: 2, 4, 1; the fourth problem has no gold
    assert row["pass_at_1"] == pytest.approx((0.5 + 1 + 0.25) / 3)
    assert row["pass_at_1_se"] == pytest.approx(0.220479, abs=1e-6)
    assert row["pass_at_k"] == 1.0
    # 2 against 3 and 3.0: a tie; 4; 7 against 6
    assert row["cons_at_k"] == pytest.approx((0.5 + 1 + 0) / 3)
    assert row["cons_at_k_se"] == pytest.approx(0.288675, abs=1e-6)
    assert (row["undecided"], row["failed"]) == (3, 1)
    replies = 15
    assert row["format_rate"] == pytest.approx(13 / replies)
    assert row["mixed_language_rate"] == pytest.approx(1 / replies)
    assert row["unreadable_rate"] == 0.0
    assert row["truncated_rate"] == 0.0
    assert row["reflection_rate"] == pytest.approx(5 / replies)  # But wait check however wrong
    known = ("problem_set", "n_problems", "stage", "checkpoint", "step", "trained_on", "samples")
    assert [row[name] for name in known] == ["sums", 4, "r1", "m", 0, 0, "evals/sums"]
    assert (row["temperature"], row["top_p"], row["max_tokens"]) == (0.6, 0.95, 32768)


def test_row_is_in_the_table_once_and_its_samples_can_be_explained(
    run: Run, sums: str, curate: Curate
) -> None:
    evaluate(run, section(sums))
    evaluate(run, section(sums))
    assert len(run.shards("evals")) == 1
    (shown,) = curate("status", run.path, "--json").json["evaluations"]
    assert (shown["problem_set"], shown["stage"], shown["checkpoint"]) == ("sums", "r1", "m")
    assert 0 < shown["pass_at_1"] < 1
    (row,) = manifest.rows(run, "select pass_at_k, samples from evals")
    samples = Run.open(run.path / row["samples"])
    found = manifest.rows(
        samples,
        "select label, count(*) as n from verdicts where filter = 'correctness' group by label "
        "order by label",
    )
    assert {row["label"]: row["n"] for row in found if row["label"]} == {
        **{"correct": 7, "incorrect": 4, "no_answer": 1, "no_gold": 3}
    }
    assert not run.shards("traces")
    (kept,) = manifest.rows(samples, "select min(trace_id) as id from fates where fate = 'kept'")
    told = explain(samples, kept["id"])
    assert {v["filter"] for v in told["verdicts"]} == set(JUDGES)


def test_more_samples_are_added_to_those_that_are_there(run: Run, sums: str) -> None:
    for k, asked in ((2, 8), (4, 8), (3, 0)):
        before = traces(run, "sums")
        (row,) = evaluate(run, section(sums, k=k))
        assert row["k"] == k
        assert traces(run, "sums") - before == asked
    assert len(manifest.rows(run, "select * from evals")) == 3


def test_other_limit_is_another_evaluation(run: Run, sums: str) -> None:
    (whole,) = evaluate(run, section(sums))
    (cut,) = evaluate(run, section(sums, max_tokens=5))
    assert whole["eval_id"] != cut["eval_id"]
    # "So it is \\boxed{4}." and "<think> I do not know" are no longer than that
    assert (cut["truncated_rate"], cut["pass_at_1"]) == (13 / 15, 1 / 12)
    assert cut["mean_tokens"] == pytest.approx((13 * 5 + 4 + 5) / 15)
    assert traces(run, "sums") == 32


DOWN: list[bool] = []
"""whether the server that `unsteady` plays is down"""


def unsteady(prompt: str) -> list[Any]:
    return [{"error": "server_error: 500"} if DOWN else reply("4")]


def test_failed_samples_are_asked_for_again_only_on_retry(
    tmp_path: Path, sums: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"answers": f"{__name__}:unsteady"}
    generate = Generate(engine="scripted", options=options)
    run = Run.create(tmp_path / "run", Config(jobs=1, generate=generate))
    monkeypatch.setattr(f"{__name__}.DOWN", [True])
    (row,) = evaluate(run, section(sums))
    assert (row["failed"], row["pass_at_1"], row["format_rate"]) == (16, None, None)
    monkeypatch.setattr(f"{__name__}.DOWN", [])
    (row,) = evaluate(run, section(sums))
    assert row["failed"] == 16
    (row,) = evaluate(run, section(sums), retry=True)
    assert (row["failed"], row["pass_at_1"]) == (0, pytest.approx(1 / 3))


def traces(run: Run, problem_set: str) -> int:
    folder = run.path / "evals" / problem_set
    if not folder.exists():
        return 0
    return int(manifest.rows(Run.open(folder), "select count(*) as n from traces")[0]["n"])


def test_problems_that_the_run_trains_on_are_counted_and_refused_where_asked(
    tmp_path: Path, curate: Curate
) -> None:
    rows = [trace(n) for n in range(3)]
    finished(tmp_path / "run", rows)
    file = write(tmp_path / "taught.jsonl", [trace(2), {"problem": "New?", "gold": "1"}])
    answers = {"What is 2 + 1?": [reply("3")], "New?": [reply("1")]}
    config = {"generate": {"engine": "scripted", "options": {"answers": answers}}}
    path = write(tmp_path / "config.yaml", [config])
    given = ("eval", tmp_path / "run", "m", "--problems", file, "--k", 2, "--config", path)
    told = curate(*given, "--json")
    assert "1 of the 2 problems of taught are among those" in told.err
    (row,) = told.json
    assert (row["trained_on"], row["pass_at_1"], row["stage"]) == (1, 1.0, "m")
    assert "what is measured there is memory" in curate(*given, "--strict").line


def test_run_evaluates_after_training_and_a_set_is_known_by_its_name(
    tmp_path: Path, sums: str, curate: Curate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    generate = {"engine": "scripted", "options": {"answers": ANSWERS}, "samples": 1}
    config = {
        **{"problems": [{"path": str(write(tmp_path / "p.jsonl", PROBLEMS[:1]))}]},
        **{"generate": generate, "jobs": 1},
        "eval": {"problems": ["sums.v1.jsonl", "trick"], "checkpoints": {"r1": "m"}, "k": 4},
    }
    run = tmp_path / "run"
    assert curate("run", write(tmp_path / "c.yaml", [config]), "--out", run).code == 0
    found = "select problem_set, trained_on, failed from evals order by all"
    assert manifest.rows(Run.open(run), found) == [
        {"problem_set": "sums", "trained_on": 1, "failed": 1},
        {"problem_set": "trick", "trained_on": 0, "failed": 48},
    ]
    monkeypatch.chdir("/")  # the file is found from anywhere
    (row,) = curate("eval", run, "--problems", "sums", "--k", 2, "--json").json
    assert (row["problem_set"], row["k"], row["pass_at_1"]) == ("sums", 2, pytest.approx(2 / 3))
    rows = curate("eval", run, "--temperature", 0, "--json").json
    told = [(row["problem_set"], row["k"], row["temperature"]) for row in rows]
    assert told == [("sums", 4, 0.0), ("trick", 4, 0.0)]


def test_corrected_gold_judges_anew_and_samples_nothing(run: Run, sums: str) -> None:
    (before,) = evaluate(run, section(sums))
    write(Path(sums), [{**row, "gold": row["gold"] and "3"} for row in PROBLEMS])
    (after,) = evaluate(run, section(sums))
    assert after["pass_at_1"] == pytest.approx((0.5 + 0 + 0) / 3)  # 3 and 3.0 of the first
    assert after["problem_set_hash"] != before["problem_set_hash"]
    assert traces(run, "sums") == 16


def test_problems_that_the_file_has_no_more_count_no_more(run: Run, sums: str) -> None:
    evaluate(run, section(sums))
    write(Path(sums), PROBLEMS[1:2])
    (row,) = evaluate(run, section(sums))
    assert (row["n_problems"], row["pass_at_1"], row["undecided"]) == (1, 1.0, 0)


def test_any_model_can_be_evaluated_in_a_run_that_is_new(tmp_path: Path, curate: Curate) -> None:
    file = write(tmp_path / "sums.jsonl", PROBLEMS[:1])
    config = {"generate": {"engine": "scripted", "options": {"answers": ANSWERS}}}
    given = ("m", "--config", write(tmp_path / "c.yaml", [config]), "--k", 2)
    missing = curate("eval", tmp_path / "run", *given, "--problems", tmp_path / "no.jsonl").line
    assert "no.jsonl" in missing
    assert not (tmp_path / "run").exists()
    (row,) = curate("eval", tmp_path / "run", *given, "--problems", file, "--json").json
    assert (row["stage"], row["pass_at_1"]) == ("m", 1.0)


def test_programs_have_no_vote() -> None:
    frame = {"problem_id": ["p", "p"], "answer": ["print(1)"] * 2, "correct": [True, False]}
    shares = ("well_formed", "one_language", "readable", "truncated", "num_tokens", "reflections")
    samples = pl.DataFrame({**frame, "failed": False, **dict.fromkeys(shares, 1)})
    problems = pl.DataFrame(
        {"problem_id": ["p"], "kind": ["code"], "choices": [None]}, schema_overrides=PROBLEM
    )
    found = scores(samples, problems.select("problem_id", "kind", "choices"), k=2)
    assert (found.pass_at_1, found.pass_at_k, found.cons_at_k) == (0.5, 1.0, None)


def test_what_is_missing_is_said(run: Run, sums: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no checkpoint to evaluate: `curate eval .* CHECKPOINT`"):
        evaluate(run)
    with pytest.raises(UserError, match="give --problems FILE"):
        evaluate(run, Eval(checkpoints={"r1": "m"}))
    with pytest.raises(UserError, match="two problem sets have one name"):
        evaluate(run, section(sums, problems=[sums, sums]))
    with pytest.raises(UserError, match="holds no checkpoint that was trained here"):
        evaluate(run, section(sums, checkpoints={"r1": "grpo/*"}))
