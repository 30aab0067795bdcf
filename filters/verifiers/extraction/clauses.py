"""What stands around the value of a sentence: its condition, reason and purpose, and the parts
that a total is made of."""

from __future__ import annotations

import math
import re

from filters.verifiers.extraction.figures import NUMBER, NUMBER_WORDS, in_figures, plain_value


def without_reason(statement: str) -> str:
    """A sentence up to the reason, the purpose, the condition or the clause behind its value: `6
    because 48 / 8 = 6`, `48 minutes to go 8 km`, `12 trips if each takes 3 hours`."""
    for hints, behind in _SEARCHED:
        match = behind.search(statement) if any(map(statement.__contains__, hints)) else None
        if match and NUMBER.search(statement[: match.start()]):
            statement = statement[: match.start()]
    return statement


_BEHIND = [
    (
        ("because", "so that", "since", "as there", "given"),
        r",?\s+(?:because|since\s+[a-z]|as\s+there\b|given\s+that"
        r"|so\s+that\s+(?:each|every\w*|all|both|s?he|they|it|we|you|the)\b(?![^\n]*=))",
    ),
    (
        (" to ",),
        r"\s+to\s+(?!(?:get|give|find|have|be|arrive|reach|the|an?|his|her|their|each|make\s+\d)\b)"
        r"[a-z]{2,}\s(?![^=]*=)",
    ),
    (
        ("if ", "assuming", "provided", "supposing"),
        r"(?<!\band)(?<!\bso)(?<!\bbut)(?<!\bor),?\s+(?:if|assuming|provided|supposing)\s[^,;=\n]{3,200}$",
    ),
    (
        (", ", ";"),
        r"(?:,\s+(?:who|whose|when|where|while|including|consisting|comprising|saving|of\s+which"
        r"|made\s+up|which\s+is\s+\S+\s(?:\w+\s)?(?:more|less|fewer|\w{3,}er)\s+than"
        r"|(?:or|which\s+is)\s+(?:about|approximately|roughly|around))|;\s+with)\s[^;=\n]{3,100}$",
    ),
]
"""what has to be in a sentence, and how begins what is behind its value: most need no search"""
_SEARCHED = [(hints, re.compile(pattern)) for hints, pattern in _BEHIND]


def core_of(statement: str) -> str:
    """A sentence without all of that, its number words in figures."""
    return without_parts(without_reason(in_figures(without_condition(statement))))


def without_condition(statement: str) -> str:
    """A sentence without what it supposes before it says what follows: `If 4 friends share, …`, up
    to the last comma that begins neither a further condition nor an item of a list."""
    return _CONDITION.sub("", statement)


_CONDITION = re.compile(
    r"^\W*(?:(?:so|thus|hence|therefore|then|and)\W+)?(?:if|when|by\s+the\s+time|since|as|because|given|after|with|[a-z]+ing)\s[^\n]{1,400},\s"
    r"(?!(?:and|but|or|which|who|where|while|that|if|not|so|i\.e)\b|[-$€£\d])"
    rf"(?=[^\n]*(?:\d|\b(?:{NUMBER_WORDS})\b))",
    re.IGNORECASE,
)


def without_parts(statement: str) -> str:
    """A sentence without what only tells how its value comes about, where that does make the value,
    as a sum or a product: `70 (19 from Sally, 51 from Rose)`, `64 (32 x 2) apples`."""
    for parts in _PARTS.finditer(statement):
        whole = list(NUMBER.finditer(statement, max(0, parts.start() - 100), parts.start()))[-1:]
        if whole and (_REMARK.match(parts[0]) or _make(parts[0], whole[0])):
            return statement[: parts.start()] + statement[parts.end() :]
    return statement


_REMARK = re.compile(
    r" \((?!or\b|maybe|perhaps|possibly|might|could|but|al|though|if|i\.e|that|either|so|from\b)"
    r"(?:[a-z]{2,}|[^()]*(?: of |=))"
)
"""a bracket that begins with a word, and no hedge, or works out: `18 quarters (and 36 dimes)`"""

_PARTS = re.compile(
    r" ?\((?=[^()]*\d)[^()]{2,120}\)"
    r"|(?:,| [-–—]) (?=\W{0,2}\d)"
    r"(?![^\n]*\b(?:which|is|are|equals?|so|remain|left|kept|keep|lost|ha[sd]))[^=:()\n]{3,120}$"
    r"|: (?=[^\d]{0,40}\d)[^=:()\n]{3,120}$"
)


def _make(parts: str, whole: re.Match[str]) -> bool:
    inside = parts.lstrip(" ,:(-–—").replace("÷", "/")
    values = [plain_value(match) for match in NUMBER.finditer(inside)]
    if None in values or not (len(values) > 1 or ("(" in parts and "/" in inside)):
        return False
    return plain_value(whole) in (sum(values), math.prod(values))  # type: ignore[arg-type,type-var]


def in_parts(statement: str, number: re.Match[str]) -> bool:
    """Whether a number only tells what a value before is made of: `$35 ($15 for it and $20 for …)`.
    Such a sentence could mean either, so neither is taken."""
    parts = _OF_PARTS.search(statement)
    if parts is None or parts.start() >= number.start():
        return False
    return NUMBER.search(statement, 0, parts.start()) is not None


_OF_PARTS = re.compile(
    r"\s\([^()=]{2,80}\)\W*$"
    r"|:\s[^=:]{0,40}\d[^=:]{0,40}(?:\band\b|,\s)[^=:]{0,40}\d[^=:]{0,40}$"
)
