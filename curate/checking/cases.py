"""Test-case hygiene as DeepSeek-R1 did it: throw out the cases that a known-correct program fails,
keep those that catch known-wrong ones, the most telling first so that a wrong program ends early.

`judge` is the whole of it: a pure function of a problem's tests and of programs whose correctness
is known. What it doubts, labels included, it names and does not hide.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from filters.verifiers.code import map_tests, verify_code
from filters.verifiers.outcome import Case
from filters.verifiers.programs.asserts import checks_of
from filters.verifiers.programs.forms import parse


@dataclass(frozen=True, slots=True)
class Program:
    """A submission whose correctness somebody else has established."""

    source: str
    correct: bool


@dataclass(frozen=True, slots=True)
class Hygiene:
    """What became of a problem's cases. Cases and programs are named by their place, from 0."""

    tests: dict[str, Any]
    """the kept cases, the most telling first; the same as before where none could be kept"""
    kept: list[int]
    core: int
    """so many of the kept, from the first, catch all that any case catches"""
    dropped: dict[int, str]
    """unsound (a correct program fails it), undecided, catches_nothing"""
    uncaught: list[int]
    """programs labelled wrong that pass every sound case: weak tests, or a wrong label"""
    suspects: list[int]
    """programs labelled correct that pass no case while another does: not listened to"""


def judge(tests: dict[str, Any], programs: Sequence[Program], jobs: int = 1) -> Hygiene:
    """Every program on every case by itself, then what follows from the table."""
    tests = map_tests(tests)
    cases = cases_of(tests)
    runs = [
        Case(program.source, kind="code", bare=True, tests=case)
        for program in programs
        for case in cases
    ]
    keeps = iter([outcome.keep for outcome in verify_code(runs, jobs=jobs)])
    return _concluded(tests, cases, programs, [[next(keeps) for _ in cases] for _ in programs])


def cases_of(tests: dict[str, Any]) -> list[dict[str, Any]]:
    """The tests taken apart: each case as tests of its own. Test code that does more than assert
    one thing after another is one case."""
    if tests["mode"] != "assert":
        return [tests | {"tests": [case]} for case in tests["tests"]]
    tree = parse(tests["tests"])
    if checks_of(tree) is None:
        return [tests]
    asserts = [node for node in tree.body if isinstance(node, ast.Assert)]
    apart = [tests | {"tests": ast.unparse(node)} for node in asserts]
    return apart if len(apart) == len(checks_of(tree) or ()) else [tests]


def _together(tests: dict[str, Any], cases: Sequence[dict[str, Any]]) -> dict[str, Any]:
    if tests["mode"] == "assert":
        return tests | {"tests": "\n".join(case["tests"] for case in cases)}
    return tests | {"tests": [case["tests"][0] for case in cases]}


def _concluded(
    tests: dict[str, Any],
    cases: list[dict[str, Any]],
    programs: Sequence[Program],
    passed: list[list[bool | None]],
) -> Hygiene:
    """`passed`: by program and case; None is undecided."""
    suspects = _suspects(programs, passed)
    wrong = [at for at, program in enumerate(programs) if not program.correct]
    right = [row for at, row in enumerate(passed) if at not in {*wrong, *suspects}]
    dropped = {case: why for case in range(len(cases)) if (why := _unsound(case, right))}
    sound = [case for case in range(len(cases)) if case not in dropped]
    catches = {case: {at for at in wrong if passed[at][case] is False} for case in sound}
    order, core = _most_telling_first(catches)
    if order:
        dropped |= {case: "catches_nothing" for case in sound if not catches[case]}
    kept = order or sound
    caught = set().union(*catches.values()) if catches else set()
    return Hygiene(
        tests=_together(tests, [cases[case] for case in kept]) if kept else tests,
        kept=kept,
        core=core,
        dropped=dict(sorted(dropped.items())),
        uncaught=[at for at in wrong if at not in caught],
        suspects=suspects,
    )


def _suspects(programs: Sequence[Program], passed: list[list[bool | None]]) -> list[int]:
    """A submission that does not even start must not cost the problem all its cases."""
    right = [at for at, program in enumerate(programs) if program.correct]
    idle = [at for at in right if True not in passed[at]]
    return idle if len(idle) < len(right) else []


def _unsound(case: int, right: list[list[bool | None]]) -> str | None:
    verdicts = {row[case] for row in right}
    return "unsound" if False in verdicts else "undecided" if None in verdicts else None


def _most_telling_first(catches: dict[int, set[int]]) -> tuple[list[int], int]:
    """Greedy cover: each next case catches most of what is still uncaught; then the others that
    catch something. With it how many the cover took. Ties go to the earlier case."""
    order: list[int] = []
    left = set().union(*catches.values()) if catches else set()
    while left:
        best = max(catches, key=lambda case: (len(catches[case] & left), -case))
        order.append(best)
        left -= catches[best]
    rest = [case for case in catches if catches[case] and case not in order]
    rest.sort(key=lambda case: (-len(catches[case]), case))
    return order + rest, len(order)
