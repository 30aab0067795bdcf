"""`curate tests`: the cases go back to the problem, which keeps its id."""

import json

import pytest

from curate.config import Config, Source
from curate.hygiene import clean_tests
from curate.problems import latest_problems, load_problems
from curate.run import Run
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


def programs(tmp_path, problem_id="p1"):
    rows = [
        {"problem_id": problem_id, "program": RIGHT, "correct": True},
        {"problem_id": problem_id, "program": WRONG, "correct": False},
    ]
    path = tmp_path / "programs.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
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
