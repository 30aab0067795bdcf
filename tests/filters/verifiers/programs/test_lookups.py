"""A program that looks its tests up earns nothing; tables that are programs do."""

import pytest

from filters.verifiers.code import verify_code
from filters.verifiers.outcome import Case

STDIN = {"inputs": ["1\n", "5\n"], "outputs": ["2\n", "6\n"]}
CALL = {"fn_name": "f", "inputs": [[1], [5]], "outputs": [2, 6]}
ASSERT = {"mode": "assert", "tests": "assert f(1) == 2\nassert f(5) == 6"}
MONTHS = {"inputs": ["1\n", "2\n", "3\n"], "outputs": ["31\n", "28\n", "31\n"]}
LOOKUPS = [
    (STDIN, "n = int(input())\nif n == 1:\n    print(2)\nelif n == 5:\n    print(6)"),
    (STDIN, "n = input()\nif n == '1': print('2')\nelse:\n    if n == '5': print('6')"),
    (STDIN, "print({'1': '2', '5': '6'}[input().strip()])"),
    (CALL, "def f(n):\n    if n == 1:\n        return 2\n    if n == 5:\n        return 6"),
    (CALL, "def f(n):\n    return {1: 2, 5: 6}[n]"),
    (ASSERT, "def f(n):\n    return {1: 2, 5: 6}[n]"),
]
PROGRAMS = [
    (STDIN, "print(int(input()) + 1)"),
    (STDIN, "n = int(input())\nif n == 1:\n    print(2)\nelse:\n    print(n + 1)"),
    (CALL, "def f(n):\n    return {1: 2, 5: 6, 9: 10}[n]"),
    (ASSERT, "def f(n):\n    return n + 1"),
    (MONTHS, "print({1: 31, 2: 28, 3: 31}[int(input())])"),
]


def outcome(tests, program):
    return verify_code([Case(f"```python\n{program}\n```", kind="code", tests=tests)])[0]


@pytest.mark.parametrize(("tests", "program"), LOOKUPS)
def test_a_lookup_of_the_tests_is_not_worked_out(tests, program):
    found = outcome(tests, program)
    assert (found.outcome, found.detail) == ("incorrect", "not_worked_out")


@pytest.mark.parametrize(("tests", "program"), PROGRAMS)
def test_what_computes_or_knows_more_is_a_program(tests, program):
    assert outcome(tests, program).outcome == "correct"
