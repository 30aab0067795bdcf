"""A program on its tests, one way for each mode of tests. The first case that fails decides."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from typing import Any

from filters.verifiers.outcome import (
    GOLD_UNPARSEABLE,
    INCORRECT,
    RUNTIME_ERROR,
    SANDBOX_ERROR,
    UNSUPPORTED,
)
from filters.verifiers.programs import asserts
from filters.verifiers.programs.comparison import Check, same_text, shown
from filters.verifiers.programs.endings import (
    DETAIL_LIMIT,
    PASSED,
    Verdict,
    ending,
    failure,
    not_plain,
    report_of,
    short,
)
from filters.verifiers.programs.forms import BadTests, TooLong, parse
from filters.verifiers.sandbox import Job, Limits, SandboxError, run, wire

_TRIES = 3  # of a run the sandbox, not the program, broke
# what each site's own judge has in scope
_TYPING = "from typing import *\n"
_LEETCODE = _TYPING + (
    "import bisect, collections, functools, heapq, itertools, math, operator, random, re, string\n"
    "from bisect import *\nfrom collections import *\nfrom functools import *\n"
    "from heapq import *\nfrom itertools import *\nfrom math import *\n"
    "__import__('sys').setrecursionlimit(550_000)\n"
)


def tried(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    """Again where the sandbox failed: that says nothing of the program."""
    trial = _TRIALS[tests["mode"]]
    verdict = Verdict(SANDBOX_ERROR)
    for _ in range(_TRIES):
        try:
            verdict = trial(program, tests, limits)
        except SandboxError as error:
            verdict = Verdict(SANDBOX_ERROR, str(error)[:DETAIL_LIMIT])
        if verdict.outcome != SANDBOX_ERROR:
            break
    return verdict


def _on_stdin(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    """One process per case."""
    for number, test in enumerate(tests["tests"], 1):
        stdin = str(test["stdin"]).encode(errors="replace")
        [ended] = run([Job({"role": "script", "source": program}, stdin)], limits)
        verdict = ending(ended, report_of(ended))
        if verdict is None:
            got, expected = ended.stdout.decode("utf-8", "replace"), str(test["stdout"])
            if same_text(expected, got, test.get("tolerance")):
                continue
            verdict = Verdict(INCORRECT, f"printed {short(got)}, not {short(expected)}")
        return verdict.at(number)
    return PASSED


def _by_calls(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    checks = [
        Check(
            test["call"],
            test["args"],
            test.get("kwargs", {}),
            test="==",
            expected=test["expected"],
            json=True,
            tolerance=test.get("tolerance"),
            wrapped=bool(test.get("wrapped")),
        )
        for test in tests["tests"]
    ]
    return _checked(program, tests, limits, checks)


def _checked(
    program: str, tests: dict[str, Any], limits: Limits, checks: Sequence[Check]
) -> Verdict:
    """One process answers all calls."""
    calls = [[check.call, check.args, check.named] for check in checks]
    try:
        wanted = wire.load(wire.pack([check.expected for check in checks]))
        serving = Job(_serving(program, tests, calls))
    except wire.NotPlain as error:
        return Verdict(UNSUPPORTED, f"the tests call with or expect {error}")
    [ended] = run([serving], limits)
    report = report_of(ended, len(calls))
    answers = [line for line in report if line[0] in ("r", "n")]
    for number, check in enumerate(checks):
        if number >= len(answers):
            early = Verdict(RUNTIME_ERROR, f"ended early, exit status {ended.exit}")
            return (ending(ended, report) or early).at(number + 1)
        kind, got = answers[number]
        if kind == "n":
            return not_plain(got).at(number + 1)
        if not check.holds(got):
            detail = f"returned {shown(got)}, not {shown(wanted[number])}"
            return Verdict(INCORRECT, detail).at(number + 1)
    return PASSED


def _serving(program: str, tests: dict[str, Any], calls: list[Any] | None) -> dict[str, Any]:
    leetcode = re.search(r"^class Solution\b", program, re.MULTILINE)
    prelude = (_LEETCODE if leetcode else _TYPING) + tests.get("prelude", "")
    return {"role": "serve", "source": program, "prelude": prelude, "calls": calls}


def _by_asserts(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    try:
        checks = asserts.checks_of(parse(tests["tests"]))
    except TooLong:
        checks = None
    except BadTests as error:
        return Verdict(GOLD_UNPARSEABLE, str(error))
    if checks is None:
        return _by_test_code(program, tests, limits)
    if not checks:
        return Verdict(UNSUPPORTED, "the tests assert nothing about the program")
    return _checked(program, tests, limits, checks)


def _by_test_code(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    """Test code in one process, the program in another."""
    tester = {"role": "test", "source": tests["tests"], "prelude": tests.get("prelude", "")}
    ended, served = run([Job(tester), Job(_serving(program, tests, None))], limits)
    report = report_of(ended)
    match [value for kind, value in report if kind == "v"]:
        case [["pass", *_]]:
            return PASSED
        case [["fail", int(case), str(text)]]:
            return Verdict(INCORRECT, text).at(case)
        case [["unreadable", _, str(text)]]:
            return Verdict(GOLD_UNPARSEABLE, f"the test source is no Python: {text}")
        case [["unsupported", int(case), str(text)]]:
            return Verdict(UNSUPPORTED, text).at(case)
        case [["program", int(case), described]]:
            # the program may have said why it is gone; killed it was when the test code had ended
            own = None if served.exit == -signal.SIGKILL else ending(served, report_of(served))
            return (own or failure(described)).at(case)
    return ending(ended, report) or Verdict(UNSUPPORTED, "the test code gave no verdict")


_TRIALS = {"assert": _by_asserts, "call": _by_calls, "stdin": _on_stdin}
