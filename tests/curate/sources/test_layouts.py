"""Files in the shape of public sets, ten rows each, from the file to the record."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from choice_sets import CHOICES
from code_sets import CODE, UNTESTED, program, reply
from public_sets import ROWS, TRACES, WITHOUT_GOLDS, WRONG, Row, asked, gold, said, thought, trace
from public_sets import openr1 as openr1_row
from reading_sets import QUESTION, READING, passage
from small_runs import CHEAP, only, stored, write

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.sources.layouts import LAYOUTS, layout_of
from curate.sources.layouts.choice import unlettered
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.errors import UserError


def imported(folder: Path, rows: list[Any], **settings: Any) -> Run:
    run = Run.create(folder / "run", Config(filters=only(*CHEAP), jobs=1))
    import_traces(run, Source(path=str(write(folder / "set.jsonl", rows)), **settings))
    return run


def add_problems(run: Run, rows: list[Row]) -> None:
    load_problems(run, Source(path=str(write(run.path.with_suffix(".jsonl"), rows))))


def recorded(run: Run) -> pl.DataFrame:
    """The records that become of it, one of each problem, in the order of the problems."""
    filter_traces(run)
    normalize(run)
    return stored(run, "records").unique("problem_id", keep="any").sort("problem")


def reasons(run: Run, filter: str = "correctness") -> list[str]:
    """Why traces are not kept, each reason once."""
    verdicts = stored(run, "verdicts").filter(filter=filter)
    return sorted(set(verdicts["reason"].drop_nulls()))


@pytest.mark.parametrize("name", TRACES | CHOICES)
def test_ten_rows_become_nine_records_and_the_wrong_one_is_dropped(
    tmp_path: Path, name: str
) -> None:
    shape = (TRACES | CHOICES)[name]
    rows = [shape.row(n) for n in range(ROWS)]
    assert layout_of(None, rows).name == shape.called
    run = imported(tmp_path, rows, **shape.settings)
    problems = stored(run, "problems").sort("problem")
    assert problems["gold"].to_list() == [shape.gold(n) for n in range(ROWS)]
    assert set(problems["kind"]) == {shape.kind}
    assert set(problems["gold_check"]) == {"correct"}
    records = recorded(run)
    right = [n for n in range(ROWS) if n != WRONG]
    assert records["problem"].to_list() == [asked(n) for n in right]
    assert records["summary"].to_list() == [shape.said(n) for n in right]
    whole = shape.settings.get("reply_is") == "thinking"  # the summary is its last paragraph
    told = [f"{thought(n)}\n\n{said(n)}" if whole else thought(n) for n in right]
    assert records["thinking"].to_list() == told
    assert reasons(run) == ["incorrect"]


@pytest.mark.parametrize("name", WITHOUT_GOLDS)
def test_set_without_golds_says_so_and_takes_them_from_a_file(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shape = WITHOUT_GOLDS[name]
    rows = [shape.row(n) for n in range(ROWS)]
    assert layout_of(None, rows).name == shape.called
    run = imported(tmp_path, rows)
    assert "no problem has a gold" in capsys.readouterr().err
    assert recorded(run).is_empty()
    assert reasons(run) == ["no_gold"]
    add_problems(run, [{"problem": asked(n), "gold": gold(n)} for n in range(ROWS)])
    assert recorded(run)["summary"].to_list() == [said(n) for n in range(ROWS) if n != WRONG]


@pytest.mark.parametrize("name", CODE)
def test_their_tests_are_run(tmp_path: Path, name: str) -> None:
    row, called, right = CODE[name]
    rows = [row(n) | {"response": reply(right(99 if n == WRONG else n), n)} for n in range(ROWS)]
    assert layout_of(None, rows).name == called
    run = imported(tmp_path, rows)
    problems = stored(run, "problems")
    assert (problems.height, set(problems["kind"])) == (ROWS, {"code"})
    assert set(problems["gold_check"]) == {"correct"}
    assert recorded(run).height == ROWS - 1
    assert reasons(run) == ["incorrect"]


@pytest.mark.parametrize("name", UNTESTED)
def test_code_without_tests_takes_them_from_a_file(tmp_path: Path, name: str) -> None:
    row, called = UNTESTED[name]
    rows = [row(n) for n in range(ROWS)]
    assert layout_of(None, rows).name == called
    run = imported(tmp_path, rows)
    problems = stored(run, "problems")
    assert set(problems["kind"]) == {"code"}
    assert recorded(run).is_empty()
    assert reasons(run) == ["no_gold"]
    tests = [f"assert add(1) == {n + (2 if n == WRONG else 1)}" for n in range(ROWS)]
    texts = problems["problem"]
    add_problems(run, [{"problem": p, "tests": t} for p, t in zip(texts, tests, strict=True)])
    assert recorded(run).height == ROWS - 1


def test_tests_from_a_file_make_a_problem_one_of_code(tmp_path: Path) -> None:
    rows = [{"problem": "Add 1.", "response": reply(program(1), 1)}]
    run = imported(tmp_path, rows)
    add_problems(run, [{"problem": "Add 1.", "tests": "assert add(1) == 2"}])
    assert recorded(run).height == 1


def test_replies_of_a_batch_join_the_problems_they_name(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config(filters=only(*CHEAP), jobs=1))
    add_problems(run, [{"id": f"c{n}", "problem": asked(n), "gold": n + 1} for n in range(ROWS)])
    message = lambda n: {"content": said(n), "reasoning_content": thought(n)}
    body = lambda n: {"choices": [{"message": message(n), "finish_reason": "length"}], "model": "r"}
    rows = [{"custom_id": f"c{n}", "response": {"body": body(n)}} for n in range(ROWS)]
    import_traces(run, Source(path=str(write(tmp_path / "batch.jsonl", rows))))
    traces = stored(run, "traces")
    assert traces["response"].to_list() == [trace(n) for n in range(ROWS)]
    assert set(traces.select("finish_reason", "model").iter_rows()) == {("length", "r")}


def rollouts(training: str, step: int, hour: int, answer: int) -> pl.DataFrame:
    """Two of a step, as a training commits them."""
    row = {
        "training_id": training,
        "checkpoint": "grpo",
        "step": step,
        "problem_id": "p",
        "completion_ids": [1],
        "completion": f"<think>\n{thought(1)}\n</think>\n\n\\boxed{{{answer}}}",
        "created_at": datetime(2026, 11, 1, hour),
    }
    ids = [f"{training}-{step}-{hour}-{k}" for k in (0, 1)]
    return pl.DataFrame([row | {"rollout_id": rollout} for rollout in ids])


def test_of_a_step_done_again_the_later_rollouts_are_traces(tmp_path: Path) -> None:
    shards = {
        "a": [rollouts("t", 1, 1, 1), rollouts("t", 2, 2, 2)],
        "b": [rollouts("t", 2, 3, 3), rollouts("t", 3, 4, 4), rollouts("u", 2, 1, 5)],
    }
    for name, steps in shards.items():
        pl.concat(steps).write_parquet(tmp_path / f"{name}.parquet")
    run = Run.create(tmp_path / "run", Config(filters=only(*CHEAP), jobs=1))
    add_problems(run, [{"id": "p", "problem": asked(1), "gold": 4}])
    counts = import_traces(run, Source(path=str(tmp_path / "*.parquet")))
    assert (counts["rows"], counts["new"], counts["superseded"]) == (8, 8, 2)
    traces = stored(run, "traces")
    assert traces["source_id"].str.head(5).unique().sort().to_list() == [
        *("t-1-1", "t-2-3", "t-3-4", "u-2-1"),
    ]
    assert set(traces["model"]) == {f"grpo, step {n}" for n in (1, 2, 3)}
    assert recorded(run)["answer"].to_list() == ["4"]


@pytest.mark.parametrize("about", ["input", "context"])
def test_an_instruction_comes_with_what_it_is_about(tmp_path: Path, about: str) -> None:
    row = {"instruction": "Add one.", about: "7", "output": trace(7)}
    run = imported(tmp_path, [row, row | {about: ""}])
    assert stored(run, "problems")["problem"].to_list() == ["Add one.\n\n7", "Add one."]


@pytest.mark.parametrize("name", READING)
def test_a_question_comes_with_the_text_it_is_about(tmp_path: Path, name: str) -> None:
    row, called, kind = READING[name]
    rows = [row(n) | {"response": trace(n)} for n in range(ROWS)]
    assert layout_of(None, rows).name == called
    problems = stored(imported(tmp_path, rows), "problems").sort("problem")
    texts = [f"{passage(n)}\n\n{QUESTION}" for n in range(ROWS)]
    assert problems["problem"].to_list() == texts
    golds = ["B"] * ROWS if kind == "choice" else [gold(n) for n in range(ROWS)]
    assert problems["gold"].to_list() == golds
    assert set(problems["kind"]) == {kind}
    assert set(problems["gold_check"]) == {"correct"}


def test_an_option_that_is_missing_leaves_the_others_their_letters(tmp_path: Path) -> None:
    row = {"question": "q", "A": "a", "B": "b", "C": "c", "D": "d", "answer": "D"}
    run = Run.create(tmp_path / "run", Config())
    add_problems(run, [row, row | {"question": "r", "C": None}, row | {"question": "s", "D": None}])
    choices = stored(run, "problems").sort("problem")["choices"].to_list()
    assert choices == [["a", "b", "c", "d"], ["a", "b", "", "d"], ["a", "b", "c"]]


@pytest.mark.parametrize("columns", [True, False])
def test_a_conversation_without_an_object_has_its_gold_as_reply(
    tmp_path: Path, columns: bool
) -> None:
    turns = lambda n: [
        {"from": "human", "value": asked(n)},
        {"from": "assistant", "ground_truth": {"value": gold(n)}},
    ]
    rows = [dict(zip("01", turns(n), strict=True)) if columns else turns(n) for n in range(ROWS)]
    run = Run.create(tmp_path / "run", Config())
    add_problems(run, rows)
    problems = stored(run, "problems").sort("problem")
    assert problems["problem"].to_list() == [asked(n) for n in range(ROWS)]
    assert problems["gold"].to_list() == [gold(n) for n in range(ROWS)]


@pytest.mark.parametrize("conversation", [True, False])
def test_a_pair_is_two_traces_of_its_prompt(tmp_path: Path, conversation: bool) -> None:
    question = {"role": "user", "content": asked(1)}
    side = lambda text: [question, {"role": "assistant", "content": text}] if conversation else text
    row = {"prompt": asked(1), "chosen": side(trace(1)), "rejected": side(trace(9))}
    run = imported(tmp_path, [row])
    assert stored(run, "problems")["problem"].to_list() == [asked(1)]
    assert stored(run, "traces").sort("sample_index")["response"].to_list() == [trace(1), trace(9)]


def test_what_the_file_says_of_each_sample_is_kept(tmp_path: Path) -> None:
    traces = stored(imported(tmp_path, [openr1_row(0)]), "traces")
    assert traces["finish_reason"].to_list() == ["stop", "length"]
    assert [json.loads(meta)["said_correct"] for meta in traces["meta"]] == [True, True]


REFUSED: dict[str, tuple[Any, str]] = {
    "opencodereasoning, split_1": (
        lambda n: {"input": "-", "output": trace(n), "solution": "x", "dataset": "taco"},
        "the question is not here but in taco; take split_0",
    ),
    "a reply under a name of its own": (
        lambda n: {"question": asked(n), "r1_says": trace(n), "answer": gold(n)},
        "no column 'response'.*--map response=r1_says",
    ),
    "prm800k": (
        lambda n: {"question": {"problem": asked(n)}, "response": trace(n)},
        "the problem 'question' is an object.*--map problem=question.PART",
    ),
    "opencodereasoning-2": (
        lambda n: {"question": "-", "r1_generation": trace(n), "dataset": "taco"},
        "the question is not here but in taco",
    ),
    "numbers in a list": (lambda n: [n], "line 1: a JSON object is wanted"),
    "one text": (lambda n: {"text": f"[INST]{asked(n)}[/INST]"}, "no column 'response'"),
    "turns as pandas prints them": (
        lambda n: {"messages": str([{"role": "user", "content": asked(n)}]), "answer": gold(n)},
        "row 1: turns are written as Python prints them",
    ),
    "turns of nobody": (
        lambda n: {"conversation": [{"q": asked(n), "a": trace(n)}], "response": trace(n)},
        "none of the first 10 rows has a question",
    ),
    "problems alone": (
        lambda n: {"messages": [{"role": "user", "content": asked(n)}], "ground_truth": gold(n)},
        "traces are all empty.*--problems",
    ),
    "whole solutions": (
        lambda n: {"question": asked(n), "solution": said(n), "answer": gold(n)},
        "has thinking tags.*--as thinking",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_handled_stops_with_a_line(tmp_path: Path, name: str) -> None:
    row, line = REFUSED[name]
    with pytest.raises(UserError, match=line) as error:
        imported(tmp_path, [row(n) for n in range(ROWS)])
    assert "\n" not in str(error.value)


def test_every_layout_of_the_table_is_tried() -> None:
    tried = {shape.called for shape in (TRACES | CHOICES | WITHOUT_GOLDS).values()}
    tried |= {called for _, called, *_ in (CODE | UNTESTED).values()}
    tried |= {called for _, called, _ in READING.values()}
    tried |= {"output of a batch", "Alpaca", "Dolly", "rollouts of GRPO"}  # above
    tried |= {"preference pairs", "Open-Reasoner-Zero"}  # above
    assert {layout_of(name, []).name for name in LAYOUTS} == tried - {"plain"}


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        (["(A) f(x) = 3", "(B) at 5 a.m."], ["f(x) = 3", "at 5 a.m."]),
        (["a ) 21", "b ) 7"], ["21", "7"]),
        (["A. Adams", "C. Clark"], ["A. Adams", "C. Clark"]),
        (["A.", "B."], ["A.", "B."]),
    ],
)
def test_options_lose_the_letters_they_begin_with_and_nothing_else(options, texts):
    assert unlettered(options) == texts
