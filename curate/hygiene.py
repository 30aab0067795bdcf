"""`curate tests`: clean the test cases of a run's code problems with programs of known correctness.

What is cleaned and why is in `testcases.py`; here the programs come from a user's file and the
kept cases go back as a correction of the problem, so its traces are judged anew and keep their ids.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import polars as pl

from curate.config import Source
from curate.problems import json_of, latest_problems
from curate.progress import Progress
from curate.readers import Columns, peeked, rows
from curate.run import Run
from curate.shards import commit
from curate.testcases import Hygiene, Program, judge
from filters.errors import UserError
from filters.schema import PROBLEM, content_id

PROGRAM_COLUMNS: dict[str, tuple[str, ...]] = {
    "problem_id": ("problem_id", "source_problem_id"),
    "program": ("program", "code"),
    "correct": ("correct", "result", "label"),
}
_RIGHT = {"true", "1", "yes", "correct", "passed", "pass"}


def clean_tests(run: Run, source: Source, apply: bool) -> list[dict[str, Any]]:
    """One row per code problem that has programs; with `apply` the kept cases become its tests."""
    programs = _programs(source)
    problems = latest_problems(run).filter(pl.col("tests").is_not_null())
    known = [row for row in problems.iter_rows(named=True) if _of(row, programs)]
    if not known:
        raise UserError(
            f"no problem of {run.path} has programs in {source.path}; "
            "its column problem_id must name the run's problem_id or source_problem_id"
        )
    report, corrected = [], []
    with Progress("tests", len(known), "problems") as bar:
        for problem in known:
            found = judge(json.loads(problem["tests"]), _of(problem, programs), jobs=run.jobs)
            report.append(_row(problem, found))
            if found.dropped:
                corrected.append(_corrected(problem, found))
            bar.advance()
    if apply:
        commit(run.folder("problems"), pl.DataFrame(corrected, schema=PROBLEM), PROBLEM)
    return report


def _programs(source: Source) -> dict[str, list[Program]]:
    columns = Columns(source, PROGRAM_COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("problem_id",), ("program",), ("correct",)))
    programs = defaultdict(list)
    for _, row in numbered:
        text = columns.get(row, "program")
        right = str(columns.get(row, "correct")).strip().lower() in _RIGHT
        if isinstance(text, str):
            programs[str(columns.get(row, "problem_id"))].append(Program(text, right))
    return programs


def _of(problem: dict[str, Any], programs: dict[str, list[Program]]) -> list[Program]:
    names = (problem["problem_id"], problem["source_problem_id"])
    return next((programs[name] for name in names if name in programs), [])


def _row(problem: dict[str, Any], found: Hygiene) -> dict[str, Any]:
    why = list(found.dropped.values())
    return {
        "problem_id": problem["problem_id"],
        "source_problem_id": problem["source_problem_id"],
        "cases": len(found.kept) + len(found.dropped),
        "kept": len(found.kept),
        "core": found.core,
        "unsound": why.count("unsound"),
        "undecided": why.count("undecided"),
        "catches_nothing": why.count("catches_nothing"),
        "uncaught": len(found.uncaught),
        "suspects": len(found.suspects),
    }


def _corrected(problem: dict[str, Any], found: Hygiene) -> dict[str, Any]:
    tests = json_of(found.tests)
    return {**problem, "tests": tests, "gold_hash": content_id(problem["gold"], tests)}
