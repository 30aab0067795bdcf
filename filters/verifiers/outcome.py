"""What a verifier says: one typed outcome, the same in curation and as an RL reward.

`keep` follows from the outcome by one table, so nobody decides it a second time:
true = correct; false = wrong, and the trace is to blame; null = undecided, nobody knows.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

CORRECT = "correct"
INCORRECT = "incorrect"
NO_ANSWER = "no_answer"
RUNTIME_ERROR = "runtime_error"
TIMEOUT = "timeout"
RESOURCE_LIMIT = "resource_limit"
NO_GOLD = "no_gold"
GOLD_UNPARSEABLE = "gold_unparseable"
UNSUPPORTED = "unsupported"
SANDBOX_ERROR = "sandbox_error"

OUTCOMES = (
    CORRECT,
    INCORRECT,
    NO_ANSWER,
    RUNTIME_ERROR,
    TIMEOUT,
    RESOURCE_LIMIT,
    NO_GOLD,
    GOLD_UNPARSEABLE,
    UNSUPPORTED,
    SANDBOX_ERROR,
)

_WRONG = {INCORRECT, NO_ANSWER}
_WRONG_IN_CODE = {RUNTIME_ERROR, TIMEOUT, RESOURCE_LIMIT}


def keep_of(outcome: str, *, code: bool = False) -> bool | None:
    """True, False or None (undecided). A time or resource limit condemns a program, which was
    told its limits, but not an answer whose check was too hard for us."""
    if outcome not in OUTCOMES:
        raise ValueError(f"unknown outcome {outcome!r}; one of {', '.join(OUTCOMES)}")
    if outcome == CORRECT:
        return True
    if outcome in _WRONG or (code and outcome in _WRONG_IN_CODE):
        return False
    return None


DEFECT = "a defect of the verifier, "
"""how such details begin, so that they can be counted"""
_DETAIL_LIMIT = 300


def defect(error: Exception) -> str:
    """The detail of a case whose content made our own code raise: what was raised, and where."""
    *_, place = traceback.extract_tb(error.__traceback__)
    said = f"{type(error).__name__} in {os.path.basename(place.filename)}:{place.lineno}: {error}"
    return (DEFECT + said)[:_DETAIL_LIMIT]


def blamed(error: Exception, check_gold: Callable[[], object]) -> tuple[str, str]:
    """(outcome, detail) of a check that raised: the gold's fault where checking that raises too."""
    try:
        check_gold()
    except Exception:
        return GOLD_UNPARSEABLE, defect(error)
    return UNSUPPORTED, defect(error)


@dataclass(frozen=True, slots=True)
class Case:
    """One check to make: a prediction against a gold answer or against tests."""

    prediction: str | None
    """the whole reply as sampled, think tags and all; a bare answer where `bare`"""
    gold: str | None = None
    kind: str = "math"
    """math, choice, logic, exact, code (a problem's `kind` picks the verifier)"""
    bare: bool = False
    """the prediction is the answer itself, perhaps in a little prose; nothing to extract from"""
    choices: tuple[str, ...] | None = None
    """option texts of a multiple-choice problem, in the order A, B, C, …"""
    tests: dict[str, Any] | None = None
    """code only: {"mode": "assert" | "call" | "stdin", …}, see `code.py`"""
    params: dict[str, Any] = field(default_factory=dict)
    """what the row itself asks for, e.g. {"decimals": 2}; for code its limits"""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the verifier says of one case."""

    outcome: str
    answer: str | None = None
    """the extracted answer, as it stands in the reply"""
    rule: str | None = None
    """the extraction rule that found it: boxed, answer_tag, …"""
    stage: str | None = None
    """how it was decided: string, rational, cache, symbolic, code, …"""
    detail: str | None = None
    seconds: float = 0.0
    """wall time of this check alone, pool start-up excluded"""
    code: bool = False

    @property
    def keep(self) -> bool | None:
        return keep_of(self.outcome, code=self.code)

    @property
    def is_defect(self) -> bool:
        """Whether the verifier failed, and not the case: to be counted, and reported."""
        return (self.detail or "").startswith(DEFECT)
