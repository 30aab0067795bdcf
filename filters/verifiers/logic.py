"""Knights-and-knaves puzzles with an exact gold: who is what, for every name, in any order."""

from __future__ import annotations

import re

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
