"""Verifies mathematics: extract, compare cheaply, ask a worker process for the few left.

normalized string → exact rational (in this process, under strict bounds) → symbolic stage.
Each distinct (gold, answer) pair is decided once and remembered.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from filters.verifiers.equality.pool import Task, run
from filters.verifiers.equality.rational import ExactComparer
from filters.verifiers.equality.same_answer import compared
from filters.verifiers.equality.worked_out import not_worked_out
from filters.verifiers.extraction.answers import (
    Found,
    extract,
    extract_bare,
    extract_choice,
    extract_several,
    extract_words,
    last_boxed,
    stated_answer,
)
from filters.verifiers.extraction.statements import VALUE, is_value, tells_nothing
from filters.verifiers.grammar.choice_letters import bare_letter, letter_in
from filters.verifiers.grammar.words import plain_words, same_direction, same_words
from filters.verifiers.outcome import (
    CORRECT,
    GOLD_UNPARSEABLE,
    INCORRECT,
    NO_ANSWER,
    NO_GOLD,
    UNSUPPORTED,
    Case,
    Outcome,
    blamed,
)

VERSION = "10"
"""Part of a verdict's identity: raise it when a verdict may change."""
CACHE_SIZE = 200_000
CACHED_CHARS = 1_000


class Decision(NamedTuple):
    outcome: str
    detail: str | None
    seconds: float
    stage: str


Pair = tuple[str, str, int | None]
"""gold, answer, decimals asked for"""
_cache: dict[Pair, Decision] = {}


def verify_math(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    """One outcome per case, in order."""
    drafts = [_read_guarded(case) for case in cases]
    pairs = dict.fromkeys(pair for _, pair in drafts if pair is not None)
    known = {pair: _cache[pair] for pair in pairs if pair in _cache}
    new = _decided([pair for pair in pairs if pair not in known], jobs)
    outcomes = []
    for case, (draft, pair) in zip(cases, drafts, strict=True):
        if pair is None:
            outcomes.append(draft)
            continue
        first = new.pop(pair, None)
        if first is not None:
            known[pair] = first
        outcome = _with(draft, known[pair], cached=first is None)
        outcomes.append(_judged(case, outcome, pair))
    return outcomes


def _judged(case: Case, outcome: Outcome, pair: Pair) -> Outcome:
    """An exercise in place of its result is no answer to a problem whose gold is a number."""
    if outcome.outcome != CORRECT or case.bare or not case.params.get("worked_out", True):
        return outcome  # a bare answer asks for equality alone
    if not not_worked_out(*pair[:2]):
        return outcome
    return replace(outcome, outcome=INCORRECT, detail="not_worked_out")


def _with(draft: Outcome, decision: Decision, cached: bool = False) -> Outcome:
    outcome, detail, seconds, stage = decision
    if cached:
        return replace(draft, outcome=outcome, detail=detail, stage="cache", seconds=0.0)
    seconds += draft.seconds
    return replace(draft, outcome=outcome, detail=detail, stage=stage, seconds=seconds)


def verify_golds(golds: Sequence[str | None], jobs: int = 1) -> list[Outcome]:
    """Each gold against itself: equal strings prove nothing here, it has to be understood."""
    answers = [gold_answer(gold) if gold and gold.strip() else None for gold in golds]
    known = _decided([(a, a, None) for a in dict.fromkeys(answers) if a is not None], jobs)
    return [
        Outcome(NO_GOLD) if a is None else _with(Outcome("", a, "bare"), known[a, a, None])
        for a in answers
    ]


def _read_guarded(case: Case) -> tuple[Outcome, Pair | None]:
    """As `_read`, timed; what raises in the extraction would raise in a worker too."""
    start = time.perf_counter()
    try:
        draft, pair = _read(case)
    except Exception as error:  # a defect of ours, and this row's alone
        gold_alone = replace(case, prediction=case.gold, bare=True)
        outcome, detail = blamed(error, lambda: _read(gold_alone))
        draft, pair = Outcome(outcome, detail=detail), None
    return replace(draft, seconds=time.perf_counter() - start), pair


def _read(case: Case) -> tuple[Outcome, Pair | None]:
    """The outcome; or a draft of it and the pair that is still to be compared."""
    prediction = case.prediction or ""
    if case.bare and case.gold and squash(case.gold) == squash(prediction):
        return Outcome(CORRECT, prediction.strip(), "bare", "string"), None
    found = _found(case, prediction)
    answer, rule = found or (None, None)
    if case.gold is None or not case.gold.strip():
        return Outcome(NO_GOLD, answer, rule), None
    if answer is None:
        return Outcome(NO_ANSWER), None
    gold = gold_answer(case.gold)
    if (option := _OPTION.fullmatch(gold)) is not None and VALUE.search(option[2]):
        gold = option[1] if letter_in(answer) else option[2]
    compass = rule == "boxed" and not case.choices and same_direction(gold, answer)
    if compass or squash(gold) == squash(answer):
        return Outcome(CORRECT, answer, rule, "string"), None
    if rule == "short" and is_value(gold) and tells_nothing(answer):
        return Outcome(NO_ANSWER), None
    try:
        decimals = case.params.get("decimals")
        pair = (gold, answer, None if decimals is None else int(decimals))
    except (TypeError, ValueError, OverflowError):
        return Outcome(UNSUPPORTED, answer, rule, detail="decimals is no whole number"), None
    return Outcome("", answer, rule), pair


def _found(case: Case, prediction: str) -> Found | None:
    if case.bare:
        return extract_bare(prediction)
    if case.gold and len(case.gold) < CACHED_CHARS and bare_letter(case.gold):
        return extract_choice(prediction, letter_in)
    words_alone = case.gold and len(case.gold) < 60 and not VALUE.search(case.gold)
    if case.gold and (words_alone or _NUMBERED.fullmatch(case.gold)):
        words = plain_words(case.gold)
        return extract_words(prediction, lambda sentence: same_words(words, sentence))
    if case.gold and len(case.gold) < 60 and (many := _several(case.gold)):
        return extract_several(prediction, many)
    return extract(prediction, last_number=bool(case.params.get("last_number")))


_NUMBERED = re.compile(r"[A-Z][a-z]{2,9} \d{1,3}")
"""a gold `June 12`, `Plan 2`, which is no 12 and no 2"""
_OPTION = re.compile(
    r"[\s$]*(?:\\(?:text|mathrm|textbf|mathbf)\s*\{\s*)?"
    r"\(?([A-J])[).][\s}]*(?:\\[ ,;]\s*)*(.+?)[\s$]*"
)
"""a gold `(C) 180`: its letter is right, and so is its value"""
_SEVERAL = re.compile(r"-?\d[\d.]*(?:\s*(?:,\s|;|\band\b|和)\s*-?\d[\d.]*){1,5}")


def _several(gold: str) -> int:
    """How many plain numbers a gold lists; 0 where it is anything else."""
    if gold.isdecimal():
        return 0
    listed = _SEVERAL.fullmatch(gold.strip(" $"))
    return len(re.findall(r"\d[\d.]*", gold)) if listed else 0


def _decided(pairs: Sequence[Pair], jobs: int) -> dict[Pair, Decision]:
    """Each pair here where it can be, the others by workers."""
    here = {pair: _decided_here(*pair) for pair in pairs}
    hard = [pair for pair, decision in here.items() if decision is None]
    replies = run([Task(*pair) for pair in hard], jobs) if hard else []
    decisions = {pair: decision for pair, decision in here.items() if decision is not None}
    decisions |= {p: Decision(*r, "symbolic") for p, r in zip(hard, replies, strict=True)}
    for pair, decision in decisions.items():
        if decision.outcome in _LASTING and len(pair[0]) + len(pair[1]) <= CACHED_CHARS:
            _cache[pair] = decision
    if len(_cache) > CACHE_SIZE:
        _cache.clear()
    return decisions


_LASTING = (CORRECT, INCORRECT, GOLD_UNPARSEABLE)
"""what would come out the same again, unlike a limit that was hit"""


def _decided_here(gold: str, answer: str, decimals: int | None) -> Decision | None:
    """Timed; None where only a worker can tell."""
    start = time.perf_counter()
    try:
        outcome, detail = compared(gold, answer, ExactComparer(decimals))
    except Exception:  # undecided; or a defect of ours: the worker meets it again and names it
        return None
    return Decision(outcome, detail, time.perf_counter() - start, "rational")


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
    return _told(gold.strip())


_TELLS = re.compile(
    r"\bans(?:wer)?\b|^(?:so|thus|hence|therefore)\b|答|[\u4e00-\u9fff]{2}.*[。共是有]"
    r"|[a-z] (?:is|are|was|were|has|have|needs?|gets?)\b|[a-z)][.。]$",
    re.IGNORECASE,
)


def _told(gold: str) -> str:
    """The value of a gold that is a sentence or a whole solution; any other gold as it is."""
    if not _TELLS.search(gold) or not re.search(r"\d", gold) or is_value(gold):
        return gold
    found = stated_answer(gold)
    return found.answer if found and is_value(found.answer) else gold


_UNCLOSED_BOX = re.compile(r"^\s*\\{1,2}(?:boxed|fbox)\s*\{")
