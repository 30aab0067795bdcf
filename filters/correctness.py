"""Is the answer right? The verifiers' verdict: the same function that gives the reward in RL.

The score is 1 (correct), 0 (wrong) or null (nobody knows), the label the outcome's name. An outcome
that is not `correct` is its own reason.
"""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import os
import re
from typing import Any, ClassVar

import polars as pl

from filters.base import Filter
from filters.schema import FOUND, SNIPPET
from filters.settings import Positive
from filters.verifiers.outcome import (
    GOLD_UNPARSEABLE,
    OUTCOMES,
    UNSUPPORTED,
    Case,
    Outcome,
)

CHECKED = ("math", "code", "logic", "choice", "exact")
"""kinds of problem that a rule can check"""
UNCHECKED = ("open", "safety")
"""kinds that have no right answer: the filter does not apply"""
ANSWER = 2_000
"""characters of an answer that are stored: whole answers, but not whole programs"""


@dataclasses.dataclass(frozen=True)
class Correctness(Filter):
    name: ClassVar[str] = "correctness"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("correct",)

    jobs: Positive | None = None
    """child processes that check at once; null = one per core, but one where this process is
    itself a worker among others. Changes no verdict"""
    worked_out: bool = True
    """where the gold is a plain number, an answer that is still to be worked out (3+4 for 7) is
    incorrect; false = it is correct, as its value is"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        outcomes = _outcomes(frame, self.jobs, self.worked_out)
        rows = [_facts(outcome) for outcome in outcomes]
        schema = {"correct": pl.Float64(), "label": pl.String(), "detail": pl.List(FOUND)}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def rules(self) -> dict[str, pl.Expr]:
        return {name: (pl.col("label") == name) & (pl.col("correct") == 0) for name in OUTCOMES}

    def undecided(self) -> dict[str, pl.Expr]:
        return {name: (pl.col("label") == name) & pl.col("correct").is_null() for name in OUTCOMES}

    def not_applicable(self) -> pl.Expr:
        return pl.col("label").is_null()

    def input_hash(self) -> pl.Expr:
        parts = (pl.col(c).fill_null("") for c in ("response_hash", "gold_hash", "kind"))
        return pl.concat_str(parts, separator="/")

    def _fields(self, scoring_only: bool = False) -> dict[str, Any]:
        from filters.verifiers import code, math

        fields = super()._fields(scoring_only) | {"verifiers": [math.VERSION, code.VERSION]}
        fields.pop("jobs", None)
        return fields


def _outcomes(frame: pl.DataFrame, jobs: int | None, worked_out: bool) -> list[Outcome | None]:
    """One per row; null where the kind has no right answer."""
    from filters.verifiers import verify  # starts no process until there is a case

    columns = ("response", "kind", "gold", "choices", "tests")
    known = [_case(*row, worked_out=worked_out) for row in frame.select(columns).iter_rows()]
    checked = iter(
        verify([case for case in known if isinstance(case, Case)], jobs=jobs or _at_once())
    )
    return [next(checked) if isinstance(case, Case) else case for case in known]


def _at_once() -> int:
    return 1 if multiprocessing.parent_process() else os.cpu_count() or 1


def _case(
    response: str,
    kind: str | None,
    gold: str | None,
    choices: list[str] | None,
    tests: str | None,
    *,
    worked_out: bool,
) -> Case | Outcome | None:
    """What to check, or the outcome where there is nothing to run."""
    if kind in UNCHECKED:
        return None
    if kind not in CHECKED:
        return Outcome(UNSUPPORTED, detail=f"no verifier for problems of kind {kind!r}")
    try:
        parsed = None if tests is None else json.loads(tests)
    except ValueError as error:
        return Outcome(GOLD_UNPARSEABLE, detail=f"tests are no JSON: {error}", code=kind == "code")
    params = {} if worked_out else {"worked_out": False}
    options = None if choices is None else tuple(choices)
    return Case(response, gold=gold, kind=kind, choices=options, tests=parsed, params=params)


def _facts(outcome: Outcome | None) -> tuple[float | None, str | None, list[Any]]:
    if outcome is None:
        return None, None, []
    correct = None if outcome.keep is None else float(outcome.keep)
    return correct, outcome.outcome, _found(outcome)


def _found(outcome: Outcome) -> list[dict[str, Any]]:
    """Not the stage: whether the cache knew an answer depends on what else was in the batch. Nor
    addresses in a program's message, which differ from run to run."""
    message = outcome.detail and re.sub(r"0x[0-9a-fA-F]{6,}", "0x…", outcome.detail)
    texts = {
        "answer": outcome.answer and outcome.answer[:ANSWER],
        "rule": outcome.rule,
        "message": message and message[:SNIPPET],
    }
    return [{"what": what, "text": text} for what, text in texts.items() if text is not None]
