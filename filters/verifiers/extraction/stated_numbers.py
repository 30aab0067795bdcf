"""The number that a sentence states: after its last `=`, else the last that is no aside.

A number in an aside ("after 3 weeks", "a 15-minute call", "the 8 others") yields to one that is
not, and half of a hedge ("3 or 4") is never taken alone. Every pattern is linear in the length.
"""

from __future__ import annotations

import re

from filters.verifiers.extraction.clauses import core_of, in_parts
from filters.verifiers.extraction.figures import (
    NUMBER,
    TEX_VALUE,
    plain_formula,
    same_measured,
    spelled,
    spelled_out,
    stands_alone,
    tex_in,
)

_DENIED = re.compile(
    r"(?:\b(?:not|nicht|kein\w*|never|than|except|not\s+equal(?:\s+to)?|(?:any|every)thing\s+but)"
    r"|n't|(?:not|n't)(?!\s+only)(?:\s+(?!but\b)[^\W\d]+){1,2}|(?<![-=])[<>≠≤≥]|\\n?[lg]?eq?|\\[lg]t|不是|不等于|大于|小于)\s*[$(]?$",
    re.IGNORECASE,
)

_OPERAND = re.compile(
    r"\b(?:twice|double|triple|half|half\s+of|root\s+of|plus|minus|times|factorial\s+of|power\s+of)"
    r"\s+(?:the\s+)?[$(\\]*$",
    re.IGNORECASE,
)
_OPERATOR = re.compile(
    r"[$)\\]*\s+(?:(?:squared|cubed|factorial|plus|minus|divided|to\s+the)\b"
    r"|(?:more|less|fewer)\s+than\s+[$(\\]*[a-z](?![a-z'’])|or\s+(?:more|less|fewer)\b"
    r"|times\s+(?:(?:the|that|his|her|their|its)\b|[\d$\\(]|(?-i:[A-Z])))",
    re.IGNORECASE,
)
_ASIDE = re.compile(
    r"(?:\b(?:(?:after|in|for|of|from|per|by|within|during|over|at|than|with|every|each|since|until"
    r"|between|before|without|originally|initially|formerly|previously)(?:\s+[a-z]+ing)?"
    r"|times|case|step|used\s+to\s+(?:be|cost))|[×第每])"
    r"\s*(?:(?:the|a|an|this|that|these|those|his|her|their|its|my|our|all|all\s+of)\s+)?"
    r"(?:(?:next|first|last|past|other|remaining|following|whole|entire|original)\s+)?\(?[$\\]*$",
    re.IGNORECASE,
)
_NAMING = re.compile(
    r"(?:\b(?:the|these|those|all|his|her|their|its|our|my|both|other|first|last|another"
    r"|day|week|month|year|step|case|room|grade|level|number|team)s?|#)\s*\(?[$\\]*$",
    re.IGNORECASE,
)
"""before a number that only says which ones are meant: "the 8 others", "week 3\""""
_SOLD_FOR = re.compile(
    r"\b(?:sells?|sold|sale|goes|go|going|bought)\s(?:[^.$\d]{0,20}\s)?for\s+[$\\]*$"
)
"""before a price, which is what the sentence is about: "now sells for $48\""""
_MEASURE_OF = re.compile(
    r"\ban?\s+(?:\w+\s+)?(?:total|sum|increase|decrease|profit|loss|gain|average|maximum|minimum|length|height|width|area"
    r"|volume|perimeter|distance|speed|rate|weight|cost|price|score|balance|value|discount"
    r"|difference)\s+of\s+[$\\]*$"
    r"|\b(?:left|ends?\s+up|ended\s+up|finish(?:es|ed)?|leav(?:es?|ing)\s+\w+)\s+with\s+[$\\]*$|\b(?:exceed|increas|decreas|reduc|grow|improv|shrink|rise|drop|fall|short)\w*"
    r"(?:\s+\S+){0,8}\s+by\s+[$\\]*$",
    re.IGNORECASE,
)
_COMPOUND = re.compile(r"[-‑]\s?[a-zA-Z]{2,}|\s(?:minutes|hours|days|weeks|months|years)\s+ago\b")
"""the rest of a `15-minute call`, the `400-meter hurdles`, of `10 days ago`"""


def numbers_stated(statement: str) -> list[re.Match[str]]:
    """The numbers of a sentence without those in asides; with them where there is nothing else."""
    alone = [m for m in NUMBER.finditer(statement) if stands_alone(statement, m)]
    own = [m for m in alone if not _only_names(statement, m)] or alone
    asides: list[re.Match[str]] = []
    for before, number in zip([None, *own], own, strict=False):
        if (before in asides and joined(before, number)) or _in_aside(statement, number):
            asides.append(number)
    stated = [m for m in own if m not in asides] or own
    if len(stated) > 1 and _PRICED.search(statement):
        money = [m for m in stated if m["money"]]
        return money if len(money) == 1 else stated
    return stated


_BESIDE = re.compile(r"\s?(?:\w+\s)?(?:per|(?:more|less|fewer|\w{3,}er)\s+than)\b")
"""the rest of what stands beside a value: "42 minutes, 6 minutes per page\""""
_PRICED = re.compile(
    r"\b(?:cost|pa(?:y|id)|spen[dt]|earn|charge|sav|worth|owe|raise)\w{0,3}\b", re.IGNORECASE
)


def _only_names(statement: str, number: re.Match[str]) -> bool:
    before = statement[max(0, number.start() - 20) : number.start()]
    beside = before.endswith(", ") and _BESIDE.match(statement, number.end("body"))
    return bool(beside or _NAMING.search(before) or _COMPOUND.match(statement, number.end("body")))


def _in_aside(statement: str, number: re.Match[str]) -> bool:
    before = statement[max(0, number.start() - 40) : number.start()]
    if _ASIDE.search(before) is None or (number["money"] and _SOLD_FOR.search(before)):
        return False
    return _MEASURE_OF.search(statement[max(0, number.start() - 100) : number.start()]) is None


def number_in(statement: str) -> str | None:
    """The number a sentence states: after its last `=`, else the last that is no aside."""
    if TEX_VALUE.search(statement) and (value := tex_in(statement)):
        return value
    if found := _OF_TWO.search(statement):
        return f"{found[2]}{':' if found[1] else '/'}{found[3]}"
    if "=" in statement and (two := _NAMED_PAIR.search(statement)):
        return ", ".join(two.groups())
    statement = core_of(statement)
    right = right_side(statement)
    if right and (match := NUMBER.search(right)):
        more = _GOES_ON.search(right, match.end())
        statement = right[more.start() :] if more else right[: match.end()]
        if more and (again := [m for m in numbers_stated(statement) if m["body"] == match["body"]]):
            return spelled(again[0])  # C = 6, so there are 6 cats and 15 dogs
    stated = numbers_stated(statement)
    return settled(stated) if stated else spelled_out(statement)


def settled(stated: list[re.Match[str]], plainly: bool = False) -> str | None:
    """The last of the numbers that a sentence states, unless another may be meant as well; it is
    `plainly` meant where the reply has worked it out just before."""
    last, statement = stated[-1], stated[-1].string
    before, after = statement[max(0, last.start() - 30) : last.start()], statement[last.end() :]
    for other in stated[-2:-1]:
        if same_measured(other, last):
            return f"{spelled(other)} or {spelled(last)}"
    if _IMPOSSIBLE.search(statement, 0, last.start()) or in_parts(statement, last):
        return None
    if _denied(before) or _OPERAND.search(before) or _OPERATOR.match(after):
        return None
    for other in stated[-2:-1]:
        if joined(other, last):  # half of a pair is no answer
            return f"{spelled(other)}, {spelled(last)}"
        each = _THAT_IS.search(before) and _EACH.match(after)
        if not plainly and (each or _TWO_CLAUSES.search(statement, other.end(), last.start())):
            return None  # 24 stickers, 8 each: both may be asked for
    return plain_formula(statement, last) or spelled(last)


def joined(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two numbers are a pair: `3 or 4`, `3 and 4`."""
    return _JOINT.fullmatch(one.string, one.end(), other.start()) is not None


_TWO_CLAUSES = re.compile(r"\band\b[^,;:→]*$")
"""between the values of two clauses: "sells 150 loaves and donates 50\""""


def _denied(before: str) -> bool:
    return _DENIED.search(before) is not None and _BOUNDED.search(before) is None


_BOUNDED = re.compile(r"\b(?:no|not) (?:less|fewer) than [$(\\]*$")
""""no fewer than 9\" says 9"""

_OF_TWO = re.compile(
    r"\b(?:(ratio)|chances?|probability|odds|likelihood)\b[^.\d]*"
    r"\b(\d+) (?:to|in|out of)(?: every)? (\d+)\b(?![^\n]*\d)",
    re.IGNORECASE,
)
"""a ratio of 2 to 3, a chance of 1 in 6"""
_THAT_IS = re.compile(r", (?:(?:i\.e\.|that is),? )?[$\\]*$")
_EACH = re.compile(r"\s?(?:\w+\s)?(?:each|apiece|per)\b")
_IMPOSSIBLE = re.compile(r"\b(?:impossible|not\s+possible|unattainable|cannot\s+be)\b")
"""before a number that then is none: "it is impossible to measure 4 liters\""""


def right_side(statement: str) -> str | None:
    """What is behind the last `=`, if a number follows it at once."""
    left, equals, right = statement.rpartition("=")
    stated = equals and left.rstrip()[-1:] not in ("!", "<", ">", "") and _VALUE_NEXT.match(right)
    return right if stated else None


_VALUE_NEXT = re.compile(r"[\s(*~]*[-−]?\s*\\?[$€£¥]?\s*\.?\d")
_GOES_ON = re.compile(r"[,;，；]\s*(?=[^\W\d][^\n]*\d)|\s(?:is|are|equals)\s(?=\W{0,4}\d)")
"""a clause with a number behind the right side: `30 - 10 = 20, so each gets 5`, `x = 4 is 9`"""

_NAMED_PAIR = re.compile(
    r"\b[^\W\d]+\s?= ?(\d+)(?:,|;|,? and) (?!(?i:total|sum|answer)\b)[^\W\d]+\s?= ?(\d+)\W*$"
)
"""`hens = 12 and ducks = 18`"""
_JOINT = re.compile(
    r"\s*[,(]?\s*(?:[^\W\d]+\s*)?(?:\bor|\band|[,|，或和与])\s*"
    r"(?:(?:maybe|perhaps|possibly|else|even)\s+|(?!total|sum|answer)[^\W\d]+\s?[:=]\s?|[^\W\d]有)?",
    re.IGNORECASE,
)
"""between the halves of a pair: `3 or 4`, `12 hens, 18 ducks`, `hens: 12, ducks: 18`"""
