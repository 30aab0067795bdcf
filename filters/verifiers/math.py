"""Verifies mathematics: extract, compare cheaply, ask a worker process for the few left.

normalized string → exact rational (in this process, under strict bounds) → cache → symbolic stage.
Each distinct (gold, answer) pair is decided once per batch and remembered.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from filters.verifiers.equality.pool import Task, run
from filters.verifiers.extraction.answers import extract, extract_bare, last_boxed
from filters.verifiers.extraction.statements import is_value, tells_nothing
from filters.verifiers.grammar.words import same_direction
from filters.verifiers.outcome import (
    CORRECT,
    GOLD_UNPARSEABLE,
    INCORRECT,
    NO_ANSWER,
    NO_GOLD,
    RESOURCE_LIMIT,
    UNSUPPORTED,
    Case,
    Outcome,
    blamed,
)

VERSION = "3"
"""Part of the cache key and of a verdict's identity: raise it when a verdict may change."""
CACHE_SIZE = 200_000
CACHED_CHARS = 1_000


class Decision(NamedTuple):
    outcome: str
    stage: str
    detail: str | None


Key = tuple[str, str, int | None]
"""gold, answer, decimals asked for"""
_cache: OrderedDict[Key, Decision] = OrderedDict()


def verify_math(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    """One outcome per case, in order."""
    outcomes: list[Outcome | None] = [None] * len(cases)
    undecided: dict[Key, list[tuple[int, Outcome]]] = {}
    for place, case in enumerate(cases):
        start = time.perf_counter()
        outcome, key = _verify_guarded(case, undecided)
        if key is not None:
            undecided.setdefault(key, []).append((place, outcome))
        outcomes[place] = _timed(outcome, time.perf_counter() - start)
    for place, outcome in _verify_symbolically(undecided, jobs):
        outcomes[place] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    return replace(outcome, seconds=0.0 if outcome.stage == "cache" else seconds)


def _verify_guarded(case: Case, undecided: Iterable[Key]) -> tuple[Outcome, Key | None]:
    """As `_verify_cheaply`; what raises in the extraction would raise in a worker too."""
    try:
        return _verify_cheaply(case, undecided)
    except Exception as error:  # a defect of ours, and this row's alone
        gold_alone = replace(case, prediction=case.gold, bare=True)
        outcome, detail = blamed(error, lambda: _verify_cheaply(gold_alone, ()))
        return Outcome(outcome, detail=detail), None


def _verify_cheaply(case: Case, undecided: Iterable[Key]) -> tuple[Outcome, Key | None]:
    """The outcome; with a key where the symbolic stage is still to decide it."""
    prediction = case.prediction or ""
    if case.bare and case.gold and squash(case.gold) == squash(prediction):
        return Outcome(CORRECT, prediction.strip(), "bare", "string"), None
    found = (
        extract_bare(prediction)
        if case.bare
        else extract(prediction, last_number=bool(case.params.get("last_number")))
    )
    answer, rule = found if found else (None, None)
    if case.gold is None or not case.gold.strip():
        return Outcome(NO_GOLD, answer, rule), None
    if answer is None:
        return Outcome(NO_ANSWER), None
    gold = gold_answer(case.gold)
    compass = rule == "boxed" and not case.choices and same_direction(gold, answer)
    if compass or squash(gold) == squash(answer):
        return Outcome(CORRECT, answer, rule, "string"), None
    if rule == "short" and is_value(gold) and tells_nothing(answer):
        return Outcome(NO_ANSWER), None
    try:
        key = (gold, answer, _decimals(case))
    except (TypeError, ValueError, OverflowError):
        return Outcome(UNSUPPORTED, answer, rule, detail="decimals is no whole number"), None
    if key in undecided:
        return Outcome(INCORRECT, answer, rule, "cache"), key
    known = _cache.get(key)
    if known is not None:
        return Outcome(known.outcome, answer, rule, "cache", known.detail), None
    decision = _decide(*key)
    if decision is None:
        return Outcome(INCORRECT, answer, rule, "symbolic"), key
    _remember(key, decision)
    return Outcome(decision.outcome, answer, rule, decision.stage, decision.detail), None


def _decimals(case: Case) -> int | None:
    places = case.params.get("decimals")
    return None if places is None else int(places)


def _verify_symbolically(
    undecided: dict[Key, list[tuple[int, Outcome]]], jobs: int
) -> Iterable[tuple[int, Outcome]]:
    if not undecided:
        return
    tasks = [Task(*key) for key in undecided]
    for (key, places), reply in zip(undecided.items(), run(tasks, jobs), strict=True):
        _remember(key, Decision(reply.outcome, "symbolic", reply.detail))
        for number, (place, draft) in enumerate(places):
            yield (
                place,
                replace(
                    draft,
                    outcome=reply.outcome,
                    detail=reply.detail,
                    stage="cache" if number else "symbolic",
                    seconds=0.0 if number else reply.seconds,
                ),
            )


def verify_golds(golds: Sequence[str | None], jobs: int = 1) -> list[Outcome]:
    """Each gold against itself: equal strings prove nothing here, it has to be understood."""
    answers = [gold_answer(gold) if gold and gold.strip() else None for gold in golds]
    decisions = {
        answer: _decide_exactly(answer, answer, None)
        for answer in dict.fromkeys(answers)
        if answer is not None
    }
    hard = [answer for answer, decision in decisions.items() if decision is None]
    for answer, reply in zip(hard, run([Task(a, a, None) for a in hard], jobs), strict=True):
        decisions[answer] = Decision(reply.outcome, "symbolic", reply.detail)
    return [_gold_outcome(answer, decisions) for answer in answers]


def _gold_outcome(answer: str | None, decisions: dict[str, Decision | None]) -> Outcome:
    decision = None if answer is None else decisions[answer]
    if decision is None:
        return Outcome(NO_GOLD)
    return Outcome(decision.outcome, answer, "bare", decision.stage, decision.detail)


def _remember(key: Key, decision: Decision) -> None:
    """Only what would come out the same again, not a limit that was hit; and no long answers."""
    if decision.outcome not in (CORRECT, INCORRECT, GOLD_UNPARSEABLE):
        return
    if len(key[0]) + len(key[1]) > CACHED_CHARS:
        return
    _cache[key] = decision
    if len(_cache) > CACHE_SIZE:
        _cache.popitem(last=False)


_SQUASHED = re.compile(
    r"\\(?:left|right|displaystyle)(?![a-zA-Z])|\\[,;:!]|(?<!\d)[\s$]+|[\s$]+(?!\d)"
)


def squash(text: str) -> str:
    """A string that two writings of one answer often share."""
    if len(text) > 20_000:
        return text
    text = _SQUASHED.sub("", text).replace("dfrac", "frac").replace("tfrac", "frac")
    return text if text.endswith("..") else text.rstrip(".,;")


def gold_answer(gold: str) -> str:
    """The answer in a gold that is a whole solution: what is in its box, or after `####`."""
    if "boxed" in gold or "fbox" in gold:
        boxed = last_boxed(gold)
        if boxed:
            return boxed
        gold = _UNCLOSED_BOX.sub("", gold)
    if "####" in gold:
        return gold.rpartition("####")[2].strip()
    return gold.strip()


_UNCLOSED_BOX = re.compile(r"^\s*\\{1,2}(?:boxed|fbox)\s*\{")
_PLAIN = re.compile(r"[-+]?(?:\d{1,15}|\d{1,3}(?:,\d{3}){1,4})(?:\.\d{1,15})?")


def _decide(gold: str, answer: str, decimals: int | None) -> Decision | None:
    """The cheap stages; None where only the symbolic stage can tell."""
    if decimals is None and _PLAIN.fullmatch(gold) and _PLAIN.fullmatch(answer):
        equal = Fraction(gold.replace(",", "")) == Fraction(answer.replace(",", ""))
        return Decision(CORRECT if equal else INCORRECT, "rational", None)
    return _decide_exactly(gold, answer, decimals)


def _decide_exactly(gold: str, answer: str, decimals: int | None) -> Decision | None:
    from filters.verifiers.equality.same_answer import same_answer
    from filters.verifiers.equality.single_values import ExactLeaf, GoldUnparseable, NeedsSymbolic
    from filters.verifiers.grammar.tokens import TooLarge, Unparseable

    try:
        equal = same_answer(gold, answer, ExactLeaf(decimals))
    except NeedsSymbolic:
        return None
    except GoldUnparseable as reason:
        return Decision(GOLD_UNPARSEABLE, "rational", str(reason))
    except TooLarge as reason:
        return Decision(RESOURCE_LIMIT, "rational", str(reason))
    except Unparseable as reason:
        return Decision(UNSUPPORTED, "rational", str(reason))
    except Exception:  # a defect of ours: the worker meets it again and says what it is
        return None
    return Decision(CORRECT if equal else INCORRECT, "rational", None)
