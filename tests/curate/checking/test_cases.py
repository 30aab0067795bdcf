"""Test-case hygiene: unsound cases go, telling ones stay, doubtful labels are named."""

import json

import pytest

from curate.checking.cases import Program, cases_of, judge

SQUARE = "n = int(input())\nprint(n * n)"
DOUBLE = "n = int(input())\nprint(n + n)"
CUBE = "n = int(input())\nprint(n ** 3)"
ZERO = "print(0)"


def stdin(*pairs: tuple[int, int]) -> dict:
    return {"mode": "stdin", "tests": [{"stdin": f"{a}\n", "stdout": f"{b}\n"} for a, b in pairs]}


def right(*sources: str) -> list[Program]:
    return [Program(source, True) for source in sources]


def wrong(*sources: str) -> list[Program]:
    return [Program(source, False) for source in sources]


def test_a_case_that_a_correct_program_fails_is_dropped():
    found = judge(stdin((3, 9), (4, 15)), right(SQUARE) + wrong(DOUBLE))
    assert (found.kept, found.dropped) == ([0], {1: "unsound"})
    assert found.tests == stdin((3, 9))


def test_cases_that_catch_nothing_go_and_the_most_telling_come_first():
    cases = stdin((0, 0), (2, 4), (1, 1), (3, 9))
    found = judge(cases, right(SQUARE) + wrong(DOUBLE, CUBE, ZERO))
    assert found.dropped == {0: "catches_nothing"}
    assert (found.kept, found.core) == ([3, 1, 2], 1)  # 3 catches all, 2 two, 1 two
    assert found.uncaught == []


def test_a_cover_of_two_is_named_as_the_core():
    cases = stdin((1, 1), (2, 4))
    found = judge(cases, right(SQUARE) + wrong(DOUBLE, CUBE, ZERO))
    assert (found.kept, found.core) == ([0, 1], 2)


def test_a_wrong_program_that_nothing_catches_is_named():
    found = judge(stdin((0, 0)), right(SQUARE) + wrong(DOUBLE))
    assert (found.kept, found.uncaught) == ([0], [1])
    assert found.dropped == {}  # with nothing to catch, sound cases stay


def test_a_correct_program_that_never_starts_costs_no_case():
    found = judge(stdin((3, 9)), right("return 0", SQUARE) + wrong(DOUBLE))
    assert (found.kept, found.suspects) == ([0], [0])


def test_where_every_correct_program_fails_the_case_is_to_blame():
    found = judge(stdin((3, 10)), right(SQUARE))
    assert (found.kept, found.dropped, found.suspects) == ([], {0: "unsound"}, [])
    assert found.tests == stdin((3, 10))  # nothing to keep: the tests stay as they were


@pytest.mark.parametrize(
    ("tests", "apart"),
    [
        ("assert f(1) == 1\nassert f(2) == 4", ["assert f(1) == 1", "assert f(2) == 4"]),
        ("for x in (1, 2): assert f(x) == x", ["for x in (1, 2): assert f(x) == x"]),
        ("def check(c):\n    assert c(1) == 1\ncheck(f)", None),
    ],
)
def test_asserts_are_taken_apart_where_they_can_be(tests, apart):
    cases = cases_of({"mode": "assert", "tests": tests})
    assert [case["tests"] for case in cases] == (apart or [tests])


def test_calls_keep_their_form():
    calls = [{"call": "f", "args": [n], "expected": n * n} for n in (0, 2, 3)]
    tests = {"mode": "call", "tests": calls}
    square, double = "def f(x): return x * x", "def f(x): return x + x"
    found = judge(tests, right(square) + wrong(double))
    assert found.tests == {"mode": "call", "tests": [calls[2]]}


def test_real_samples_of_a_real_problem(shared):
    problems = read(shared / "stdio_apps_5.jsonl")
    problem = next(p for p in problems if p["problem_id"] == "apps-train/4184")
    samples = read(shared / "stdio_apps_5_samples.jsonl")
    samples = [s for s in samples if s["problem_id"] == problem["problem_id"]]
    programs = right(problem["solution"])
    programs += [
        Program(s["code"], s["result"] == "True")
        for s in samples
        if s["error_type"] != "timeoutexception"
    ]
    found = judge(problem["tests"], programs, jobs=2)
    assert (found.dropped, found.uncaught, found.suspects) == ({}, [], [])
    assert sorted(found.kept) == list(range(8))
    assert found.core <= 2


def read(path):
    return [json.loads(line) for line in path.read_text().splitlines()]
