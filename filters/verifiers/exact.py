"""Exact match: the answer is the gold text, but for case, spacing, quotes and a final stop."""

from __future__ import annotations

from collections.abc import Sequence

from filters.trace_format import reply_of
from filters.verifiers.each_case import answer_in, guarded, judged
from filters.verifiers.extraction.answers import Found
from filters.verifiers.grammar.words import TEXT
from filters.verifiers.outcome import Case, Outcome


def verify_exact(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [guarded(_check, case) for case in cases]


def _check(case: Case) -> Outcome:
    """A reply that is the gold text as it stands needs no rule."""
    reply = reply_of(case.prediction or "").strip()
    whole = bool(case.gold) and same_text(case.gold or "", reply)
    return judged(case, Found(reply, "whole") if whole else answer_in(case), same_text)


def same_text(gold: str, answer: str) -> bool:
    return _bare(gold) == _bare(answer)


def _bare(text: str) -> str:
    """Without white space at the ends or doubled, dollar signs, quotes and a final stop."""
    words = TEXT.sub(r"\1", text).replace("$", " ").split()
    return " ".join(words).strip("\"'`").rstrip(".").casefold()
