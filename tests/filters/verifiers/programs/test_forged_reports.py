"""Whatever a program writes to the pipe of results, it gets an outcome and nobody an exception."""

import random

import pytest
from hostile_data import LITERALS, line

from filters.verifiers.code import verify_code
from filters.verifiers.outcome import Case, Outcome
from filters.verifiers.programs.endings import ending, failure, report_of
from filters.verifiers.sandbox import Ended

SIMPLE = "assert f(1) == 1\nassert f(2) == [2]\nassert f(3) == {3: (4,)}"
RUNNING = "for x in (1, 2):\n    assert f(x) == x"


def forging(lines: list[bytes]) -> str:
    """A program that writes its own report, and in the test code's pipe, and ends."""
    text = b"".join(line + b"\n" for line in lines)
    sized = b"".join(len(line).to_bytes(4, "big") + line for line in lines)
    return f"import os\nos.write(4, {text!r})\ntry: os.write(5, {sized!r})\nexcept OSError: pass\nos._exit(0)"  # noqa: E501


def outcomes(programs: list[str], tests: object, mode: str = "assert") -> list[Outcome]:
    asked = {"mode": mode, "tests": tests}
    cases = [Case(program, kind="code", bare=True, tests=asked) for program in programs]
    return verify_code(cases, jobs=2)


@pytest.mark.parametrize(
    "text",
    [
        *('["r", {"c": []}]', '["r", 1' + "0" * 5000 + "]", '["r", {"i": "0x' + "f" * 9000 + '"}]'),
        *('["r", {"d": [[{"a": "00"}, 1]]}]', '["r", NaN]', '["n", {"t": []}]', '["n", []]'),
        *('["e", {"c": []}]', '["e", ["E", "\\ud800", null, []]]', '["v", []]', '["v", 5]'),
        *('["v", ["fail", {}, {}]]', '["v", ["pass"]]', '["r"]', "{}", "", "\x00", "é"),
        '["r", ' + '{"t": [' * 300 + "]}" * 300 + "]",
    ],
)
def test_a_reply_that_cannot_be_read_is_the_programs_fault(text):
    program = forging([text.encode()])
    for tests in (SIMPLE, RUNNING):
        [said] = outcomes([program], tests)
        assert said.outcome in ("incorrect", "runtime_error"), said
        assert said.detail
        said.detail.encode()
        assert not said.is_defect


def test_random_reports_end_in_an_outcome():
    rng = random.Random(5)
    programs = [forging([line(rng) for _ in range(4)]) for _ in range(40)]
    calls = [{"call": "f", "args": [n], "expected": e} for n, e in enumerate(([1], {"1": 2}, 3.5))]
    for said in outcomes(programs, SIMPLE) + outcomes(programs, calls, "call"):
        assert said.keep is False, said


def test_random_reports_are_read_without_exception():
    rng = random.Random(6)
    for _ in range(2000):
        lines = [line(rng) for _ in range(3)] + [rng.choice(LITERALS).encode("utf-8", "replace")]
        ended = Ended(None, 0, 0, 0, 0, b"", b"\n".join(lines), False)
        report = report_of(ended, 2)
        assert len(report) <= 3
        ending(ended, report)
        for _, value in report:
            failure(value)


def test_half_a_character_and_a_huge_number_are_told_in_words():
    tests = f"assert f(0) == 0x1{'0' * 5000}"
    programs = [
        "def f(x): return 10 ** 4999",
        "def f(x): return '\\ud800'",
        "def f(x): raise ValueError('\\ud800')",
    ]
    said = outcomes(programs, tests)
    assert [s.outcome for s in said] == ["incorrect", "incorrect", "runtime_error"]
    assert said[0].detail == "case 1: returned a huge number, not a huge number"
    assert r"\ud800" in said[1].detail
    assert r"\ud800" in said[2].detail
