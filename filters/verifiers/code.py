"""Does a program pass its tests? Programs run in the sandbox (docs/sandbox.md); expected values
stay here, or, where test code must run itself, in a second confined process that asks the program
through a pipe of plain data. A program can therefore say what it wants, exit when it wants and
patch what it wants: only the right values earn `correct`.

Test forms and how other files' are mapped to them: code_tests.py. How the program is found in a
reply: code_block.py.
"""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from filters.verifiers.extraction.program import program_in
from filters.verifiers.outcome import (
    CORRECT,
    GOLD_UNPARSEABLE,
    INCORRECT,
    NO_ANSWER,
    NO_GOLD,
    RESOURCE_LIMIT,
    RUNTIME_ERROR,
    SANDBOX_ERROR,
    TIMEOUT,
    UNSUPPORTED,
    Case,
    Outcome,
)
from filters.verifiers.programs import asserts as code_asserts
from filters.verifiers.programs.comparison import same, same_text, shown
from filters.verifiers.programs.forms import MODES, BadTests, CannotCross, map_tests
from filters.verifiers.sandbox import Ended, Job, Limits, SandboxError, limits_of, run, wire
from filters.verifiers.sandbox.limits import out_of_room

__all__ = ["map_tests", "verify_code"]

VERSION = "1"
"""raise it whenever a program may now get another outcome"""

_TRIES = 3  # of a run the sandbox, not the program, broke
_DETAIL_LIMIT = 300
# what each site's own judge has in scope
_TYPING = "from typing import *\n"
_LEETCODE = _TYPING + (
    "import bisect, collections, functools, heapq, itertools, math, operator, random, re, string\n"
    "from bisect import *\nfrom collections import *\nfrom functools import *\n"
    "from heapq import *\nfrom itertools import *\nfrom math import *\n"
)


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: str
    detail: str | None = None

    def at(self, case: int) -> Verdict:
        return replace(self, detail=f"case {case}: {self.detail}"[:_DETAIL_LIMIT])


_PASSED = Verdict(CORRECT)


def verify_code(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    """One outcome per case, in order. Equal cases run once; `jobs` of them at one time."""
    keys = [_key(case) for case in cases]
    distinct = dict(zip(keys, cases, strict=True))
    if jobs > 1 and len(distinct) > 1:
        with ThreadPoolExecutor(jobs) as pool:
            found = dict(zip(distinct, pool.map(_outcome, distinct.values()), strict=True))
    else:
        found = {key: _outcome(case) for key, case in distinct.items()}
    first = {key: at for at, key in reversed(list(enumerate(keys)))}
    return [
        found[key] if first[key] == at else replace(found[key], stage="cache", seconds=0.0)
        for at, key in enumerate(keys)
    ]


def _key(case: Case) -> str:
    return json.dumps(
        [case.prediction, case.bare, case.tests, case.params], sort_keys=True, default=repr
    )


def _outcome(case: Case) -> Outcome:
    began = time.monotonic()
    verdict, program, rule = _judged(case)
    seconds = time.monotonic() - began
    return Outcome(verdict.outcome, program, rule, "code", verdict.detail, seconds, code=True)


def _judged(case: Case) -> tuple[Verdict, str | None, str | None]:
    try:
        tests = _checked(case.tests)
    except BadTests as error:
        return Verdict(GOLD_UNPARSEABLE, str(error)), None, None
    if tests is None:
        return Verdict(NO_GOLD, "no tests"), None, None
    found = _program(case, tests)
    if found is None:
        return Verdict(NO_ANSWER, "no program in the reply"), None, None
    program, rule = found
    limits = limits_of({**(tests.get("limits") or {}), **case.params})
    check = _MODES[tests["mode"]]
    try:
        return _persistently(lambda: check(program, tests, limits)), program, rule
    except wire.NotPlain as error:
        return Verdict(UNSUPPORTED, f"the tests call with {error}"), program, rule


def _checked(raw: Any) -> dict[str, Any] | None:
    """The tests, None where there are none."""
    if not raw or (isinstance(raw, dict) and not raw.get("tests", True)):
        return None
    tests = map_tests(raw)
    if "mode" not in tests:
        raise BadTests(tests["unknown"])
    if not tests["tests"]:
        return None
    if tests["mode"] == "assert":
        if not isinstance(tests["tests"], str):
            raise BadTests("assert tests must be source text")
        return tests
    fields = _FIELDS[tests["mode"]]
    for number, test in enumerate(tests["tests"], 1):
        if not isinstance(test, dict) or not fields.keys() <= test.keys():
            raise BadTests(f"case {number} needs {', '.join(fields)}")
        for name, kind in (fields | _OPTIONAL).items():
            if name in test and not isinstance(test[name], kind):
                raise BadTests(f"case {number}: {name} is {test[name]!r:.40}")
    return tests


_FIELDS: dict[str, dict[str, Any]] = {
    "call": {"call": str, "args": list, "expected": object},
    "stdin": {"stdin": str | int | float, "stdout": str | int | float},
}
_OPTIONAL: dict[str, Any] = {"kwargs": dict, "tolerance": int | float | None}


def _program(case: Case, tests: dict[str, Any]) -> tuple[str, str] | None:
    if not (case.prediction or "").strip():
        return None
    assert case.prediction is not None
    if case.bare:
        return case.prediction, "program"
    return program_in(case.prediction, _names(tests))


def _names(tests: dict[str, Any]) -> frozenset[str]:
    """Of the functions that the tests call."""
    if tests["mode"] == "call":
        return frozenset(test["call"] for test in tests["tests"])
    if tests["mode"] == "assert":
        try:
            tree = code_asserts.parse(tests["tests"])
            return frozenset(code_asserts.proxies(tree, tests.get("prelude", "")))
        except (BadTests, CannotCross):
            pass
    return frozenset()


def _persistently(check: Callable[[], Verdict]) -> Verdict:
    """Again where the sandbox failed: that says nothing of the program."""
    verdict = Verdict(SANDBOX_ERROR)
    for _ in range(_TRIES):
        try:
            verdict = check()
        except SandboxError as error:
            verdict = Verdict(SANDBOX_ERROR, str(error)[:_DETAIL_LIMIT])
        if verdict.outcome != SANDBOX_ERROR:
            break
    return verdict


# ---- stdin ---------------------------------------------------------------------------------------


def _stdin(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    """One process per case, to the first that fails."""
    for number, test in enumerate(tests["tests"], 1):
        job = Job(
            {"role": "script", "source": program}, str(test["stdin"]).encode(errors="replace")
        )
        [ended] = run([job], limits)
        verdict = _ending(ended, _lines(ended))
        if verdict is None:
            got = ended.stdout.decode("utf-8", "replace")
            verdict = _compared_text(str(test["stdout"]), got, test.get("tolerance"))
        if verdict is not _PASSED:
            return verdict.at(number)
    return _PASSED


def _compared_text(expected: str, got: str, tolerance: float | None) -> Verdict:
    if same_text(expected, got, tolerance):
        return _PASSED
    return Verdict(INCORRECT, f"printed {_short(got)}, not {_short(expected)}")


# ---- calls ---------------------------------------------------------------------------------------


def _call(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    cases = tests["tests"]
    calls = [[test["call"], test["args"], test.get("kwargs", {})] for test in cases]

    def holds(number: int, got: Any) -> bool:
        test = cases[number]
        wanted = [test["expected"], *(test["expected"] if test.get("wrapped") else [])]
        tolerance = test.get("tolerance")
        return any(same(value, got, json=True, tolerance=tolerance) for value in wanted)

    expected = [test["expected"] for test in cases]
    return _called(program, tests, limits, calls, holds, expected)


def _called(
    program: str,
    tests: dict[str, Any],
    limits: Limits,
    calls: list[Any],
    holds: Callable[[int, Any], bool],
    expected: Sequence[Any],
) -> Verdict:
    """One process answers all calls; the first answer that does not hold decides."""
    [ended] = run([Job(_serving(program, tests, calls))], limits)
    lines = _lines(ended, len(calls))
    answers = [line for line in lines if line[0] in ("r", "n")]
    for number in range(len(calls)):
        if number >= len(answers):
            early = Verdict(RUNTIME_ERROR, f"ended early, exit status {ended.exit}")
            return (_ending(ended, lines) or early).at(number + 1)
        kind, got = answers[number]
        if kind == "n":
            return Verdict(INCORRECT, f"returned {_short(str(got))}").at(number + 1)
        if not holds(number, got):
            detail = f"returned {shown(got)}, not {_short(repr(expected[number]))}"
            return Verdict(INCORRECT, detail).at(number + 1)
    return _PASSED


def _serving(program: str, tests: dict[str, Any], calls: list[Any] | None) -> dict[str, Any]:
    leetcode = re.search(r"^class Solution\b", program, re.MULTILINE)
    prelude = (_LEETCODE if leetcode else _TYPING) + tests.get("prelude", "")
    return {"role": "serve", "source": program, "prelude": prelude, "calls": calls}


# ---- asserts -------------------------------------------------------------------------------------


def _assert(program: str, tests: dict[str, Any], limits: Limits) -> Verdict:
    try:
        tree = code_asserts.parse(tests["tests"])
        checks = code_asserts.checks_of(tree)
        if checks is None:
            return _tested(program, tests, limits, tree)
    except BadTests as error:
        return Verdict(GOLD_UNPARSEABLE, str(error))
    except CannotCross as error:
        return Verdict(UNSUPPORTED, str(error))
    if not checks:
        return Verdict(UNSUPPORTED, "the tests assert nothing about the program")
    calls = [[check.call, check.args, check.named] for check in checks]
    expected = [check.expected for check in checks]
    return _called(program, tests, limits, calls, lambda n, got: checks[n].holds(got), expected)


def _tested(program: str, tests: dict[str, Any], limits: Limits, tree: Any) -> Verdict:
    """Test code in one process, the program in another."""
    prelude = tests.get("prelude", "")
    names = code_asserts.proxies(tree, prelude)
    tester = {"role": "test", "source": tests["tests"], "prelude": prelude, "proxies": names}
    ended, served = run([Job(tester), Job(_serving(program, tests, None))], limits)
    lines = _lines(ended)
    said = next((line[1] for line in lines if line[0] == "v"), None)
    if said is None:
        return _ending(ended, lines) or Verdict(UNSUPPORTED, "the test code gave no verdict")
    kind, case, text = said[0], said[1], wire.untag(said[2])
    verdict = _VERDICTS[kind](text)
    if kind == "program":
        # the program may have said why it is gone
        verdict = _ending(served, _lines(served)) or _failure(said[2])
    return verdict if verdict is _PASSED else verdict.at(case)


_VERDICTS: dict[str, Callable[[Any], Verdict]] = {
    "pass": lambda text: _PASSED,
    "fail": lambda text: Verdict(INCORRECT, text),
    "unsupported": lambda text: Verdict(UNSUPPORTED, text),
    "program": lambda text: Verdict(RUNTIME_ERROR, text),
}


# ---- how it ended --------------------------------------------------------------------------------

_STOPS = {
    "cpu": Verdict(TIMEOUT, "over the processor limit"),
    "wall": Verdict(TIMEOUT, "over the wall limit"),
    "memory": Verdict(RESOURCE_LIMIT, "over the memory limit"),
    "processes": Verdict(RESOURCE_LIMIT, "over the limit of processes"),
    "starved": Verdict(
        SANDBOX_ERROR, "over the wall limit, still running and under its processor limit"
    ),
    "cancelled": Verdict(SANDBOX_ERROR, "cancelled"),
}


def _ending(ended: Ended, lines: list[list[Any]]) -> Verdict | None:
    """What the way it ended says by itself; None for a normal end."""
    if ended.stop:
        return _STOPS[ended.stop]
    if ended.full:
        return Verdict(RESOURCE_LIMIT, "over the output limit")
    error = next((line[1] for line in lines if line[0] == "e"), None)
    if error is not None:
        return _failure(error)
    if ended.exit == -signal.SIGXCPU:
        return _STOPS["cpu"]
    if ended.exit < 0:
        return Verdict(RUNTIME_ERROR, f"killed by {_signal(-ended.exit)}")
    return Verdict(RUNTIME_ERROR, f"exit status {ended.exit}") if ended.exit else None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _failure(described: Any) -> Verdict:
    """An exception, as `inside.py` describes it: its name, text, errno and builtin bases."""
    match described:
        case [str(name), str(text), None | int() as number, list(bases)]:
            room = "MemoryError" in bases or out_of_room(number)
            shown = f"{name}: {text}" if text else name
            return Verdict(RESOURCE_LIMIT if room else RUNTIME_ERROR, _short(shown, 200))
    return Verdict(RUNTIME_ERROR, "the program failed")


def _lines(ended: Ended, calls: int = 0) -> list[list[Any]]:
    """The report's lines [kind, value], the value in wire form: one per call and at most one
    more. What is none is left out, for the program may have written what it liked."""
    found = []
    for line in ended.report.split(b"\n", calls + 1)[: calls + 1]:
        try:
            pair = wire.load(line)
        except ValueError:
            continue
        if type(pair) is list and len(pair) == 2 and pair[0] in ("r", "n", "e", "v"):
            found.append(pair)
    return found


def _short(text: str, limit: int = 60) -> str:
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_MODES = dict(zip(MODES, (_assert, _call, _stdin), strict=True))
