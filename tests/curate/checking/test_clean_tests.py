"""`curate tests`: the cases go back to the problem, which keeps its id."""

import json

import pytest

from curate.checking.clean_tests import clean_tests
from curate.config import Config, Source
from curate.sources.problems import latest_problems, load_problems
from curate.store.run_folder import Run
from filters.errors import UserError

RIGHT = "def double(x):\n    return 2 * x\n"
WRONG = "def double(x):\n    return x * x\n"


@pytest.fixture
def run(tmp_path):
    tests = [
        {"call": "double", "args": [2], "expected": 4},  # the wrong program passes it too
        {"call": "double", "args": [3], "expected": 6},
        {"call": "double", "args": [5], "expected": 11},  # the right program fails it
    ]
    row = {
        "problem_id": "p1",
        "problem": "Write double(x).",
        "kind": "code",
        "tests": {"mode": "call", "tests": tests},
    }
    (tmp_path / "problems.jsonl").write_text(json.dumps(row))
    run = Run.create(tmp_path / "run", Config())
    load_problems(run, Source(path=str(tmp_path / "problems.jsonl")))
    return run


def programs(tmp_path, problem_id="p1", labels=(True, False), more=()):
    rows = [
        {"problem_id": problem_id, "program": program, "correct": label}
        for program, label in zip((RIGHT, WRONG), labels, strict=True)
    ]
    path = tmp_path / "programs.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in (*rows, *more)))
    return Source(path=str(path))


def test_only_the_sound_case_that_catches_something_stays(run, tmp_path):
    before = latest_problems(run).row(0, named=True)
    (report,) = clean_tests(run, programs(tmp_path), apply=True)
    after = latest_problems(run).row(0, named=True)
    assert (report["cases"], report["kept"]) == (3, 1)
    assert (report["unsound"], report["catches_nothing"]) == (1, 1)
    assert [case["args"] for case in json.loads(after["tests"])["tests"]] == [[3]]
    assert after["problem_id"] == before["problem_id"]
    assert after["gold_hash"] != before["gold_hash"]


def test_without_apply_nothing_is_written(run, tmp_path):
    clean_tests(run, programs(tmp_path), apply=False)
    assert len(run.shards("problems")) == 1


def test_programs_of_no_known_problem_are_one_line(run, tmp_path):
    with pytest.raises(UserError, match=r"no problem of .* has programs"):
        clean_tests(run, programs(tmp_path, "elsewhere"), apply=True)


@pytest.mark.parametrize("labels", [("Accepted", "Wrong Answer"), (1.0, 0), ("pass", "FAILED")])
def test_labels_of_other_judges(run, tmp_path, labels):
    (report,) = clean_tests(run, programs(tmp_path, labels=labels), apply=False)
    assert (report["kept"], report["unsound"]) == (1, 1)


def test_label_of_unknown_meaning_is_not_guessed(run, tmp_path):
    with pytest.raises(UserError, match="row 2: correct is 'TLE'; true, false or empty"):
        clean_tests(run, programs(tmp_path, labels=(True, "TLE")), apply=True)


def test_rows_of_no_use_are_counted(run, tmp_path, capsys):
    more = [{"problem_id": "p1", "program": p, "correct": c} for p, c in ((WRONG, None), (5, True))]
    (report,) = clean_tests(run, programs(tmp_path, more=more), apply=False)
    assert report["kept"] == 1
    said = capsys.readouterr().err
    assert "1 rows of" in said
    assert "without a label" in said
    assert "without a program" in said


def test_loading_the_problems_again_keeps_the_cleaned_tests(run, tmp_path):
    clean_tests(run, programs(tmp_path), apply=True)
    cleaned = latest_problems(run)["tests"].to_list()
    load_problems(run, Source(path=str(tmp_path / "problems.jsonl")))
    assert latest_problems(run)["tests"].to_list() == cleaned
