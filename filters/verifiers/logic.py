"""Knights-and-knaves puzzles with an exact gold: who is what, for every name, in any order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from filters.trace_format import reply_of
from filters.verifiers.each_case import answer_in, guarded, judged
from filters.verifiers.extraction.answers import Found
from filters.verifiers.outcome import GOLD_UNPARSEABLE, Case, Outcome


def verify_logic(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [guarded(_check, case) for case in cases]


def _check(case: Case) -> Outcome:
    if case.gold and case.gold.strip() and not claims(case.gold):
        return Outcome(GOLD_UNPARSEABLE, detail="the gold names no roles")
    return judged(case, _find(case), same_roles)


def _find(case: Case) -> Found | None:
    """The roles claimed in the answer part; where it makes none, in the whole reply."""
    found = answer_in(case)
    if found and claims(found.answer):
        return found
    text = case.prediction or ""
    reply = text if case.bare else reply_of(text).strip()
    for rule, part in (("last_paragraph", _last_claiming(reply)), ("reply", reply)):
        if part and claims(part):
            return Found(part[:2_000], rule)
    return None


def _last_claiming(text: str) -> str:
    """From the last announcing line on: `Final answer:`, `Conclusion`."""
    announced = [match.start() for match in _ANNOUNCES.finditer(text)]
    return text[announced[-1] :] if announced else ""


_ANNOUNCES = re.compile(r"final answer|conclusion|<answer>|solution:", re.IGNORECASE)


_ROLES = {"knight": "knight", "knave": "knave", "骑士": "knight", "无赖": "knave", "恶棍": "knave"}
_CLAIM = re.compile(
    r"\b([A-Z][a-zA-Z'-]{0,40})\W{0,8}(?:is|was|must be|has to be|are|=|:|是|→)\W{0,6}"
    r"(not\W{1,3})?(?:(?:a|an|the)\W{1,3})?(knight|knave|骑士|无赖|恶棍)s?\b",
    re.IGNORECASE,
)


def claims(text: str) -> dict[str, str] | None:
    """{name: role} of all that is claimed; None where a text contradicts itself."""
    found: dict[str, str] = {}
    for match in _CLAIM.finditer(text[:20_000]):
        name, role = match[1].casefold(), _ROLES[match[3].lower()]
        if match[2]:
            role = "knave" if role == "knight" else "knight"
        if found.setdefault(name, role) != role:
            return None
    return found


def same_roles(gold: str, answer: str) -> bool:
    wanted = claims(gold)
    return bool(wanted) and claims(answer) == wanted
