"""Problems: ids by content, golds that verify themselves, corrections that outrank, conflicts."""

import json
from pathlib import Path

import pytest
from small_runs import stored, trace, write

from curate.config import Config, Source
from curate.manifest import ask as manifest
from curate.sources.imported_traces import import_traces
from curate.sources.plain_values import json_of
from curate.sources.problems import latest_problems, load_problems
from curate.store.run_folder import Run
from filters.errors import UserError


def load(run: Run, *rows: dict[str, object], **settings: object) -> dict[str, int]:
    file = write(run.path.with_suffix(".jsonl"), rows)
    return dict(load_problems(run, Source(path=str(file), **settings)))


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return Run.create(tmp_path / "run", Config(jobs=1))


def test_id_is_what_the_model_is_shown(run: Run) -> None:
    load(
        run,
        {"problem": "1+1?", "gold": "2", "source": "a"},
        {"problem": "1+1?", "choices": ["2", "3"], "kind": "choice", "gold": "A"},
        {"problem": "1+1? "},
    )
    assert stored(run, "problems")["problem_id"].n_unique() == 3
    again = Run.create(run.path.parent / "other", Config(jobs=1))
    load(again, {"question": "1+1?", "answer": "2", "source": "b"})
    assert stored(again, "problems")["problem_id"][0] == stored(run, "problems")["problem_id"][0]


def test_each_gold_verifies_itself(run: Run) -> None:
    counts = load(
        run,
        {"problem": "a", "gold": "\\frac{1}{2}"},
        {"problem": "b", "gold": None},
        {"problem": "c", "gold": "  "},
        {"problem": "d", "gold": "\\frac{1}{"},
        {"problem": "e", "kind": "open", "gold": "whatever"},
        {"problem": "f", "kind": "choice", "choices": ["yes", "no"], "gold": "B"},
        {"problem": "g", "kind": "code"},
        {"problem": None, "gold": "1"},
        {"problem": "  ", "gold": "1", "id": "x"},
    )
    checks = stored(run, "problems")["gold_check"].to_list()
    assert checks[:4] == ["correct", "no_gold", "no_gold", "gold_unparseable"]
    assert checks[4:] == ["not_applicable", "correct", "no_gold", "no_problem", "no_problem"]
    assert counts["new"] == 9


def test_loading_again_adds_nothing(run: Run) -> None:
    rows = [{"problem": "a", "gold": "1"}, {"problem": "b"}]
    load(run, *rows)
    assert load(run, *rows) == {"known": 2, "new": 0}
    assert stored(run, "problems").height == 2


def test_corrected_gold_counts_from_now_on(run: Run) -> None:
    load(run, {"problem": "a", "gold": "1"}, {"problem": "b", "gold": "5"})
    counts = load(run, {"problem": "a", "gold": "2"})
    assert (counts["new"], counts["corrected"]) == (0, 1)
    assert latest_problems(run)["gold"].to_list() == ["2", "5"]
    assert manifest.rows(run, "select gold from problems") == [{"gold": "2"}, {"gold": "5"}]


def test_what_was_said_before_corrects_nothing(run: Run) -> None:
    old = {"problem": "a", "gold": "3", "license": "mit", "level": 1}
    load(run, old)
    load(run, old | {"gold": "2", "license": "apache-2.0"})
    assert load(run, old) == {"new": 0, "known": 1}
    assert latest_problems(run)["gold", "license"].row(0) == ("2", "apache-2.0")
    source = Source(path=str(write(run.path.with_suffix(".jsonl"), [old])))
    assert load_problems(run, source, again=True)["corrected"] == 1
    assert latest_problems(run)["gold", "license"].row(0) == ("3", "mit")


@pytest.mark.parametrize(
    ("column", "old", "new"),
    [
        ("kind", "math", "logic"),
        ("license", "mit", "apache-2.0"),
        ("language", None, "de"),
        ("source", "x", "y"),
        ("id", "1", "2"),
        ("level", "easy", "hard"),
    ],
)
def test_other_columns_are_corrected_and_the_gold_stays(
    run: Run, column: str, old: str | None, new: str
) -> None:
    load(run, {"problem": "a", "gold": "5", column: old})
    assert load(run, {"problem": "a", column: new})["corrected"] == 1
    (problem,) = latest_problems(run).to_dicts()
    meta = json.loads(problem["meta"] or "{}")
    assert (problem | meta | {"id": problem["source_problem_id"]})[column] == new
    assert problem["gold"] == "5"


def test_silent_columns_and_defaults_correct_nothing(run: Run, tmp_path: Path) -> None:
    load(run, {"problem": "a", "gold": "5", "kind": "logic", "source": "s", "license": "mit"})
    silent = write(tmp_path / "t.jsonl", [{"problem": "a", "response": "5"}])
    assert import_traces(run, Source(path=str(silent)))["problems_known"] == 1
    assert stored(run, "problems").height == 1


def test_conflicting_tests_conflict_once(run: Run) -> None:
    rows = [
        {"problem": "f(x)?", "kind": "code", "tests": f"assert f(1) == {n}", "level": 1}
        for n in (1, 2)
    ]
    assert load(run, *rows)["gold_conflict"] == 1
    assert load(run, *rows) == {"new": 0, "known": 1, "repeated": 1}
    load(run, {"problem": "f(x)?", "license": "mit"})
    (problem,) = latest_problems(run).to_dicts()
    assert (problem["gold_check"], problem["license"]) == ("gold_conflict", "mit")


def test_two_golds_for_one_text_conflict(run: Run) -> None:
    rows = [{"problem": "a", "gold": gold} for gold in ("2", "1", "1")]
    counts = load(run, *rows)
    assert counts["gold_conflict"] == 1
    (problem,) = latest_problems(run).to_dicts()
    assert (problem["gold"], problem["gold_check"]) == (None, "gold_conflict")
    assert json.loads(problem["meta"])["conflicting_golds"] == ["1", "2"]
    assert manifest.rows(run, "select finding from v_gold_audit") == [{"finding": "gold_conflict"}]
    assert load(run, *rows).get("gold_conflict") is None
    assert latest_problems(run)["gold_check"].to_list() == ["gold_conflict"]


def test_conflict_is_settled_by_a_later_file(run: Run) -> None:
    load(run, {"problem": "a", "gold": "1"}, {"problem": "a", "gold": "2"})
    load(run, {"problem": "a", "gold": "3"})
    assert latest_problems(run)["gold"].to_list() == ["3"]


def test_trace_without_gold_does_not_erase_one(run: Run, tmp_path: Path) -> None:
    load(run, {"problem": "What is 1 + 1?", "gold": "2"})
    silent = write(tmp_path / "t.jsonl", [trace(1) | {"gold": None}])
    import_traces(run, Source(path=str(silent)))
    assert latest_problems(run)["gold"].to_list() == ["2"]


def test_kind_is_the_rows_then_the_sources_then_math(run: Run) -> None:
    load(run, {"problem": "a", "kind": "logic"}, {"problem": "b"}, kind="open")
    load(run, {"problem": "c"})
    assert latest_problems(run)["kind"].to_list() == ["logic", "open", "math"]


def test_misspelt_kind_names_its_row_and_the_nearest(run: Run) -> None:
    with pytest.raises(UserError, match="row 2: unknown kind 'maths'; did you mean 'math'"):
        load(run, {"problem": "a"}, {"problem": "b", "kind": "maths"})
    assert stored(run, "problems").is_empty()


def test_mapped_and_left_over_columns(run: Run) -> None:
    row = {"id": 7, "q": "a", "final": 12, "level": 5, "score": float("nan"), "answer": "no"}
    load(run, row, map={"problem": "q", "gold": "final"})
    (problem,) = latest_problems(run).to_dicts()
    assert (problem["problem"], problem["gold"]) == ("a", "12")
    assert problem["source_problem_id"] == "7"
    assert json.loads(problem["meta"]) == {"answer": "no", "level": 5, "score": "nan"}


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        ({"problem": "questoin"}, "has no column 'questoin'; did you mean 'question'"),
        ({"probelm": "question"}, "no column 'probelm' to map to; did you mean 'problem'"),
    ],
)
def test_map_to_an_unknown_column(run: Run, columns: dict[str, str], line: str) -> None:
    with pytest.raises(UserError, match=line):
        load(run, {"question": "a"}, map=columns)


def test_file_without_a_problem_column(run: Run) -> None:
    with pytest.raises(UserError, match=r"no column 'problem' \(columns: aufgabe, gold\)"):
        load(run, {"aufgabe": "a", "gold": "1"})


def test_turns_are_kept_where_there_are_several(run: Run) -> None:
    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "1+1?"}]
    load(run, {"messages": turns, "gold": "2"}, {"prompt": turns[1:], "gold": "2"})
    problems = latest_problems(run)
    assert problems["problem"].to_list() == ["1+1?", "1+1?"]
    assert problems["messages"].to_list() == [turns, None]


def test_real_files_verify_their_golds(run: Run, shared: Path) -> None:
    counts = load_problems(run, Source(path=str(shared / "math_train_1000.jsonl"), limit=100))
    assert counts["correct"] >= 95
    assert sum(counts[k] for k in counts if k not in ("new", "known", "repeated")) == counts["new"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "ü"}, '{"a": "ü", "b": 1}'),
        ([float("nan"), {"x": float("-inf")}], '["nan", {"x": "-inf"}]'),
        ({"a": "\ud800"}, '{"a": "\ufffd"}'),
    ],
)
def test_meta_is_json_that_any_reader_takes(value: object, text: str) -> None:
    assert json_of(value) == text
    assert json.loads(text) is not None
