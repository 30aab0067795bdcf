"""One case after the other, for the verifiers whose gold is words: find the answer, compare it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from filters.verifiers.extraction.answers import Found, extract, extract_bare
from filters.verifiers.outcome import CORRECT, INCORRECT, NO_ANSWER, NO_GOLD, Case, Outcome, blamed


def guarded(check: Callable[[Case], Outcome], case: Case) -> Outcome:
    """The outcome of one check, timed, whatever happens in it."""
    start = time.perf_counter()
    try:
        outcome = check(case)
    except Exception as error:  # a defect of ours, and this row's alone
        gold_alone = replace(case, prediction=case.gold, bare=True)
        name, detail = blamed(error, lambda: check(gold_alone))
        outcome = Outcome(name, detail=detail)
    return replace(outcome, seconds=time.perf_counter() - start)


def judged(case: Case, found: Found | None, same: Callable[[str, str], bool]) -> Outcome:
    """The outcome of what was found: `same` compares the gold with the answer."""
    answer, rule = found or (None, None)
    if case.gold is None or not case.gold.strip():
        return Outcome(NO_GOLD, answer, rule, "string")
    if answer is None:
        return Outcome(NO_ANSWER, stage="string")
    return Outcome(CORRECT if same(case.gold, answer) else INCORRECT, answer, rule, "string")


def answer_in(case: Case) -> Found | None:
    text = case.prediction or ""
    return extract_bare(text) if case.bare else extract(text)
