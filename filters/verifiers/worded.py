"""The verifiers whose gold is words: multiple choice, logic puzzles, exact match."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from filters.verifiers.choice import same_choice
from filters.verifiers.exact import same_text
from filters.verifiers.extraction.answers import Found, extract, extract_bare, reply_of
from filters.verifiers.logic import claims, same_roles
from filters.verifiers.outcome import (
    CORRECT,
    GOLD_UNPARSEABLE,
    INCORRECT,
    NO_ANSWER,
    NO_GOLD,
    Case,
    Outcome,
)

Same = Callable[[Case, str], bool]


def verify_choice(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [
        _verify(case, _extract, lambda c, answer: same_choice(str(c.gold), answer, c.choices))
        for case in cases
    ]


def verify_exact(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [_verify(case, _extract_exact, lambda c, a: same_text(str(c.gold), a)) for case in cases]


def verify_logic(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [
        Outcome(GOLD_UNPARSEABLE, detail="the gold names no roles")
        if case.gold and case.gold.strip() and not claims(case.gold)
        else _verify(case, _extract_roles, lambda c, a: same_roles(str(c.gold), a))
        for case in cases
    ]


def _verify(case: Case, find: Callable[[Case], Found | None], same: Same) -> Outcome:
    start = time.perf_counter()
    found = find(case)
    answer, rule = found if found else (None, None)
    if case.gold is None or not case.gold.strip():
        outcome = NO_GOLD
    elif answer is None:
        outcome = NO_ANSWER
    else:
        outcome = CORRECT if same(case, answer) else INCORRECT
    return Outcome(outcome, answer, rule, "string", seconds=time.perf_counter() - start)


def _extract(case: Case) -> Found | None:
    text = case.prediction or ""
    return extract_bare(text) if case.bare else extract(text)


def _extract_exact(case: Case) -> Found | None:
    """A reply that is the gold text as it stands needs no rule."""
    reply = reply_of(case.prediction or "")
    if case.gold and same_text(case.gold, reply):
        return Found(reply, "whole")
    return _extract(case)


def _extract_roles(case: Case) -> Found | None:
    """The roles claimed in the answer part; where it makes none, in the whole reply."""
    text = case.prediction or ""
    found = _extract(case)
    if found and claims(found.answer):
        return found
    reply = reply_of(text) if not case.bare else text
    for rule, part in (("last_paragraph", _last_claiming(reply)), ("reply", reply)):
        if part and claims(part):
            return Found(part[:2_000], rule)
    return None


def _last_claiming(text: str) -> str:
    """From the last announcing line on: `Final answer:`, `Conclusion`."""
    low = text.lower()
    start = max(low.rfind(mark) for mark in ("final answer", "conclusion", "<answer>", "solution:"))
    return text[start:] if start >= 0 else ""
