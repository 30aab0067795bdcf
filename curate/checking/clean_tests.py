"""`curate tests`: clean the test cases of a run's code problems with programs of known correctness.

What is cleaned and why is in `cases.py`; here the programs come from a user's file and the
kept cases go back as a correction of the problem, so its traces are judged anew and keep their ids.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter, defaultdict
from typing import Any

import polars as pl

from curate.checking.cases import Hygiene, Program, judge
from curate.config import Source
from curate.sources.columns import Columns
from curate.sources.plain_values import json_of
from curate.sources.problems import latest_problems
from curate.sources.readers import peeked, rows
from curate.store.run_folder import Run
from curate.store.shards import commit
from curate.terminal.progress import Progress, say
from filters.errors import UserError
from filters.schema import PROBLEM, content_id

PROGRAM_COLUMNS: dict[str, tuple[str, ...]] = {
    "problem_id": ("problem_id", "source_problem_id"),
    "program": ("program", "code"),
    "correct": ("correct", "result", "label"),
}
_WORDS = {
    **dict.fromkeys(("true", "1", "1.0", "yes", "right", "correct", "passed", "pass"), True),
    **dict.fromkeys(("accepted", "ac", "ok"), True),
    **dict.fromkeys(("false", "0", "0.0", "no", "wrong", "incorrect", "failed", "fail"), False),
    **dict.fromkeys(("rejected", "wrong answer", "wrong_answer", "wa"), False),
}


def clean_tests(run: Run, source: Source, apply: bool) -> list[dict[str, Any]]:
    """One row per code problem that has programs; with `apply` the kept cases become its tests."""
    with run.writing("tests") if apply else contextlib.nullcontext():
        return _clean(run, source, apply)


def _clean(run: Run, source: Source, apply: bool) -> list[dict[str, Any]]:
    programs = _programs(source)
    problems = latest_problems(run).filter(pl.col("tests").is_not_null())
    known = [row for row in problems.iter_rows(named=True) if _programs_of(row, programs)]
    if not known:
        raise UserError(
            f"no problem of {run.path} has programs in {source.path}; "
            "its column problem_id must name the run's problem_id or source_problem_id"
        )
    report, corrected = [], []
    with Progress("tests", len(known), "problems") as bar:
        for problem in known:
            found = judge(
                json.loads(problem["tests"]), _programs_of(problem, programs), jobs=run.jobs
            )
            report.append(_row(problem, found))
            if found.dropped:
                corrected.append(_corrected(problem, found))
            bar.advance()
    if apply:
        commit(run.folder("problems"), pl.DataFrame(corrected, schema=PROBLEM), PROBLEM)
    return report


def _programs(source: Source) -> dict[str, list[Program]]:
    """The programs of each problem; rows without a label or without a program are counted."""
    columns = Columns(source, PROGRAM_COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("problem_id",), ("program",), ("correct",)))
    programs = defaultdict(list)
    skipped: Counter[str] = Counter()
    for number, row in numbered:
        text = columns.get(row, "program")
        right = _right(columns.get(row, "correct"), source, number)
        if not isinstance(text, str):
            skipped["without a program that is text"] += 1
        elif right is None:
            skipped["without a label"] += 1
        else:
            programs[str(columns.get(row, "problem_id"))].append(Program(text, right))
    for what, count in skipped.items():
        say(f"tests: {count:,} rows of {source.path} {what} were left out")
    return programs


def _right(value: Any, source: Source, number: int) -> bool | None:
    """A label's meaning; a word of neither list could be either, so it is not guessed."""
    word = str("" if value is None else value).strip().lower()
    if not word:
        return None
    if word not in _WORDS:
        raise UserError(
            f"{source.path}, row {number}: correct is {value!r}; true, false or empty is wanted"
        )
    return _WORDS[word]


def _programs_of(problem: dict[str, Any], programs: dict[str, list[Program]]) -> list[Program]:
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
