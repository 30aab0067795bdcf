"""Does a program pass its tests? Programs run in the sandbox (docs/sandbox.md); expected values
stay here, or, where test code must run itself, in a second confined process that asks the program
through a pipe of plain data. A program can therefore say what it wants, exit when it wants and
patch what it wants: only the right values earn `correct`.

Test forms and how other files' are mapped to them: programs/forms.py. How the program is found in
a reply: extraction/program.py. How it is tried: programs/trials.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from filters.errors import UserError
from filters.verifiers.extraction.program import Found, program_in
from filters.verifiers.outcome import (
    GOLD_UNPARSEABLE,
    INCORRECT,
    NO_ANSWER,
    NO_GOLD,
    RUNTIME_ERROR,
    UNSUPPORTED,
    Case,
    Outcome,
    defect,
)
from filters.verifiers.programs.endings import PASSED, Verdict
from filters.verifiers.programs.forms import BadTests, map_tests, parse, usable
from filters.verifiers.programs.lookups import looks_up_its_tests
from filters.verifiers.programs.trials import tried
from filters.verifiers.sandbox import limits_of
from filters.verifiers.sandbox.expected import CannotCross, names_of

__all__ = ["map_tests", "verify_code"]

VERSION = "7"
"""raise it whenever a program may now get another outcome"""


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
    asked = [case.prediction, case.bare, case.tests, case.params]
    try:
        return json.dumps(asked, sort_keys=True, default=repr)
    except (TypeError, ValueError, RecursionError):  # keys of two types, nesting without end
        return f"case {id(case)}"


def _outcome(case: Case) -> Outcome:
    began = time.monotonic()
    found = None
    try:
        tests = usable(case.tests)
        found = _found(case, tests) if tests else None
        verdict = _judged(case, tests, found)
    except BadTests as error:
        verdict = Verdict(GOLD_UNPARSEABLE, str(error))
    except RecursionError:  # programs are not walked here
        verdict = Verdict(UNSUPPORTED, "the tests are nested too deeply")
    except UserError:  # of the machine: no sandbox
        raise
    except Exception as error:  # a bug of ours costs this case alone
        verdict = Verdict(UNSUPPORTED, defect(error))
    seconds = time.monotonic() - began
    program, rule = found if found and verdict.outcome != NO_ANSWER else (None, None)
    return Outcome(verdict.outcome, program, rule, "code", _text(verdict), seconds, code=True)


def _text(verdict: Verdict) -> str | None:
    """Half a character, as a program may return it, is in no file."""
    detail = verdict.detail
    return detail and detail.encode("utf-8", "backslashreplace").decode()


def _judged(case: Case, tests: dict[str, Any] | None, found: Found | None) -> Verdict:
    if tests is None:
        return Verdict(NO_GOLD, "no tests")
    if found is None:
        return Verdict(NO_ANSWER, "no program in the reply")
    try:
        limits = limits_of({**(tests.get("limits") or {}), **case.params})
    except UserError as error:  # of this row alone
        return Verdict(UNSUPPORTED, str(error))
    verdict = tried(found.program, tests, limits)
    if verdict == PASSED and looks_up_its_tests(found.program, tests):
        return Verdict(INCORRECT, "not_worked_out")
    prose = found.rule in ("whole", "tagged") and verdict.outcome == RUNTIME_ERROR
    if prose and any(f": {name}: " in (verdict.detail or "") for name in _NO_PYTHON):
        return Verdict(NO_ANSWER, "no program in the reply")
    return verdict


_NO_PYTHON = ("SyntaxError", "IndentationError", "TabError")


def _found(case: Case, tests: dict[str, Any]) -> Found | None:
    if not (case.prediction or "").strip():
        return None
    assert case.prediction is not None
    if case.bare:
        return Found(case.prediction, "program")
    return program_in(case.prediction, _names(tests))


def _names(tests: dict[str, Any]) -> frozenset[str]:
    """Of the functions that the tests call."""
    if tests["mode"] == "call":
        return frozenset(test["call"] for test in tests["tests"])
    if tests["mode"] == "assert":
        try:
            return frozenset(names_of(parse(tests["tests"]), parse(tests.get("prelude", ""))))
        except (BadTests, CannotCross):
            pass
    return frozenset()
