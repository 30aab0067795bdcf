"""A program that looks its tests up: `if n == 5: print(6)` for each of them, or a dict of them all.
It computes nothing, and a policy that sees the examples must earn nothing by it."""

from __future__ import annotations

import re
from typing import Any

from filters.verifiers.programs import asserts
from filters.verifiers.programs.forms import BadTests, parse

MAX_SOURCE = 100_000
"""characters; who lists tests is short"""


def looks_up_its_tests(program: str, tests: dict[str, Any]) -> bool:
    """Whether each test's result stands in the program behind that test's own input, and nothing
    else is looked up. Numbers alone are seen, where they are not all there are: a table of the
    months is a program."""
    if len(program) > MAX_SOURCE:
        return False
    pairs = _pairs(tests)
    if len(pairs) < 2 or len(set(pairs.values())) < 2 or _is_whole_range(list(pairs)):
        return False
    found = {(key, value) for key, value in _LOOKED_UP.findall(_without_quotes(program))}
    return found == set(pairs.items())


def _pairs(tests: dict[str, Any]) -> dict[str, str]:
    """Input and result of each test, where all of them are one plain number and one plain value."""
    if tests["mode"] == "stdin":
        pairs = [(str(test["stdin"]), str(test["stdout"])) for test in tests["tests"]]
    else:
        pairs = [(str(args[0]), str(value)) for args, value in _calls(tests) if len(args) == 1]
        if len(pairs) < len(tests["tests"]) and tests["mode"] == "call":
            return {}
    plain = {key.strip(): _without_quotes(value.strip()) for key, value in pairs}
    fits = all(_NUMBER.fullmatch(k) and _VALUE.fullmatch(v) for k, v in plain.items())
    return plain if fits else {}


def _calls(tests: dict[str, Any]) -> list[tuple[list[Any], Any]]:
    if tests["mode"] == "call":
        return [(test["args"], test["expected"]) for test in tests["tests"]]
    try:
        checks = asserts.checks_of(parse(tests["tests"])) or []
    except BadTests:
        return []
    return [(check.args, check.expected) for check in checks if check.test == "=="]


def _is_whole_range(inputs: list[str]) -> bool:
    """Three or more numbers without a gap may be all that there are."""
    if not all(number.lstrip("-").isdigit() for number in inputs):
        return False
    numbers = sorted(map(int, inputs))
    return len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1


def _without_quotes(text: str) -> str:
    return text.translate(_QUOTES)


_QUOTES = str.maketrans("", "", "'\"")
_NUMBER = re.compile(r"-?\d{1,18}(?:\.\d{1,18})?")
_VALUE = re.compile(r"-?[\w.]{1,40}")
_LOOKED_UP = re.compile(
    r"(?<![\w.])(-?\d{1,18}(?:\.\d{1,18})?)(?:\\n)?\s*(?:\)\s*)?:\s*(?:(?:print\s*\(|return\b)\s*\(?)?\s*"
    r"(-?[\w.]{1,40})(?![\w.(\[])"
)
"""`5: print(6)`, `== 5: return 6`, `5: 6` of a dict"""
