"""The number that a sentence states: after its last `=`, else the last that is no aside.

A number in an aside ("after 3 weeks", "a 15-minute call", "the 8 others") yields to one that is
not, and half of a hedge ("3 or 4") is never taken alone. Every pattern is linear in the length.
"""

from __future__ import annotations

import re

from filters.verifiers.grammar.number_words import spelled_count

NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-−]\s?)?(?P<money>[$€£¥]\s?|\\\$\s?)?"
    r"(?P<body>\d+(?::\d+)+(?:\s?[ap]\.?m\b\.?)?"
    r"|(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d-])|\d+)"
    r"(?:[.,]\d+)?(?:\s?/\s?\d+)?|\.\d+)"
    r"(?P<repeat>\s(?=\d+/\d)\d+/\d+)?"
    r"(?P<unit>\s?(?:%|percent\b|dozen\b|hundred\b|thousand\b|[mbtr]+illion\b|€|£|km/h|m/s"
    r"|(?:[kcm]?m|ft)(?:\^?[23²³])?(?!\w)|kg\b|mg\b|g\b|mL\b|L\b|miles?\b|hours?\b|minutes?\b"
    r"|seconds?\b|days?\b|weeks?\b|months?\b|years?\b|dollars?\b|cents?\b|feet\b|inches\b"
    r"|meters?\b|degrees?\b|°|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克))?"
)


_DENIED = re.compile(
    r"(?:\b(?:not|nicht|kein\w*|never|than|except|not\s+equal(?:\s+to)?|(?:any|every)thing\s+but)"
    r"|n't|(?:not|n't)\s+(?:\w+ly\s+)?(?:be|equal|have|need)|[<>≠≤≥]|\\n?[lg]?eq?|\\[lg]t|不是|不等于|大于|小于)\s*[$(]?$",
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
    r"|times\s+(?:(?:the|that|his|her|their|its|as)\b|[\d$\\(]|(?-i:[A-Z])))",
    re.IGNORECASE,
)
_TEX_VALUE = re.compile(r"\\(?:d?frac|sqrt|pi)\b")


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
    r"|\bleft\s+with\s+[$\\]*$|\b(?:exceed|increas|decreas|reduc|grow|improv|shrink|rise|drop|fall|short)\w*"
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
        joined = before in asides and _JOINT.fullmatch(statement, before.end(), number.start())
        if joined or _in_aside(statement, number):
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
    if _TEX_VALUE.search(statement) and (value := _tex_in(statement)):
        return value
    named = list(_NAMED.finditer(statement))
    if len(named) > 1 and _JOINT.fullmatch(statement, named[-2].end(), named[-1].start()):
        return ", ".join(match[0] for match in named)
    statement = without_reason(without_condition(statement))
    right = right_side(statement)
    if right and (match := NUMBER.search(right)):
        more = _GOES_ON.search(right, match.end())
        statement = right[more.start() :] if more else right[: match.end()]
    stated = numbers_stated(statement)
    if not stated:
        return _spelled_out(statement)
    last = stated[-1]
    statement = last.string
    before, after = statement[max(0, last.start() - 20) : last.start()], statement[last.end() :]
    if _IMPOSSIBLE.search(statement, 0, last.start()) or _in_parts(statement, last):
        return None
    if _DENIED.search(before) or _OPERAND.search(before) or _OPERATOR.match(after):
        return None
    pair = _pair(stated, last)
    return pair or _plain_formula(statement, last) or spelled(last)


def _in_parts(statement: str, last: re.Match[str]) -> bool:
    """Whether a number only tells what a value before is made of: `$35 ($15 for it and $20 for …)`.
    Such a sentence could mean either, so neither is taken."""
    parts = _PARTS.search(statement)
    inside = parts is not None and parts.start() < last.start()
    return inside and NUMBER.search(statement, 0, parts.start()) is not None  # type: ignore[union-attr]


_IMPOSSIBLE = re.compile(r"\b(?:impossible|not\s+possible|unattainable|cannot\s+be)\b")
"""before a number that then is none: "it is impossible to measure 4 liters\""""


def right_side(statement: str) -> str | None:
    """What is behind the last `=`, if a number follows it at once."""
    left, equals, right = statement.rpartition("=")
    stated = equals and left.rstrip()[-1:] not in ("!", "<", ">", "") and _VALUE_NEXT.match(right)
    return right if stated else None


_VALUE_NEXT = re.compile(r"[\s(*~]*[-−]?\s*\\?[$€£¥]?\s*\.?\d")
_GOES_ON = re.compile(r"[,;，；]\s*(?=[^\W\d][^\n]*\d)")
"""a clause with a number behind the right side: `30 - 10 = 20, so each gets 5`"""


def without_reason(statement: str) -> str:
    """A sentence up to the reason, the purpose, the condition or the clause behind its value: `6
    because 48 / 8 = 6`, `48 minutes to go 8 km`, `12 trips if each takes 3 hours`."""
    for behind, hints in _BEHIND:
        match = behind.search(statement) if any(hint in statement for hint in hints) else None
        if match and NUMBER.search(statement[: match.start()]):
            statement = statement[: match.start()]
    return statement


_REASON = re.compile(r",?\s+(?:because|since\s+[a-z]|as\s+there\b|given\s+that)")
_PURPOSE = re.compile(
    r"\s+to\s+(?!(?:get|give|find|have|be|arrive|reach|the|an?|his|her|their|each|make\s+\d)\b)"
    r"[a-z]{2,}\s(?![^=]*=)"
)
_SUPPOSED = re.compile(
    r"(?<!\band)(?<!\bso)(?<!\bbut)(?<!\bor),?\s+(?:if|assuming|provided|supposing)\s[^,;=\n]{3,200}$"
)
_WHO = re.compile(
    r",\s+(?:who|whose|when|where|while|including|consisting|comprising|of\s+which|made\s+up)\s"
    r"[^;=\n]{3,100}$"
)
_PARTS = re.compile(
    r"\s\([^()=]{2,80}\)\W*$"
    r"|:\s[^=:]{0,40}\d[^=:]{0,40}(?:\band\b|,\s)[^=:]{0,40}\d[^=:]{0,40}$"
)


_BEHIND = (
    (_REASON, ("because", "since", "as there", "given")),
    (_PURPOSE, (" to ",)),
    (_SUPPOSED, ("if ", "assuming", "provided", "supposing")),
    (_WHO, (", ",)),
)
"""patterns, and what is in a sentence that they fit: most need no search"""


def without_condition(statement: str) -> str:
    """A sentence without what it supposes before it says what follows: `If 4 friends share, …`, up
    to the last comma that begins neither a further condition nor an item of a list."""
    return _CONDITION.sub("", statement)


_CONDITION = re.compile(
    r"^\W*(?:(?:so|thus|hence|therefore|then|and)\W+)?(?:if|when|since|as|because|given|after|with|[a-z]+ing)\s[^\n]{1,400},\s"
    r"(?!(?:and|but|or|which|who|where|while|that|if|not|so|i\.e)\b|[-$€£\d])(?=[^\n]*\d)",
    re.IGNORECASE,
)

_PLAIN_FORMULA = re.compile(
    r"(?:(?<![\w)])[-−]\s?)?(?:(?<![\d.])\d{1,15}(?:\.\d{1,15})?\s?[*·]?\s?)?"
    r"(?:sqrt\s?\([^()\n]{1,60}\)|√\s?(?:\([^()\n]{1,60}\)|\d{1,15})|π|pi\b)(?:\s?/\s?\d+)?"
)


def _plain_formula(statement: str, number: re.Match[str]) -> str | None:
    """The `sqrt(5)`, `2√3`, `12π` that a number is part of."""
    for match in _PLAIN_FORMULA.finditer(statement):
        if match.start() <= number.start("body") < match.end():
            return match[0]
    return None


_COUNTED = re.compile(
    r"\b(?:is|are|was|were|has|have|had|equals|be|spen[dt]s?|pa(?:ys?|id)|needs?|makes?|made|earn(?:s|ed)"
    r"|gets?|got|sells?|sold|bought|costs?|takes?|saved?s?|reads?|ate|gave|gives?|left\s+with)\s+(?:exactly\s+|only\s+)?(?=[a-z])"
    r"|[有是为共剩得需要花了卖买](?=[负零一二三四五六七八九十百千万两])",
    re.IGNORECASE,
)


def _spelled_out(statement: str) -> str | None:
    """`twelve`, `十二个苹果` right after the verb of a sentence without figures."""
    for match in reversed(list(_COUNTED.finditer(statement[-400:]))):
        said = re.split(r"[,;，；。]", statement[-400:][match.end() :])[0]
        if (count := spelled_count(said)) is not None and not _HEDGED.search(count[1]):
            return f"{count[0]} {count[1]}".strip()
    return None


_HEDGED = re.compile(r"\b(?:or|not|of)\b|或|不")


def stands_alone(text: str, match: re.Match[str]) -> bool:
    """Not the 2 of x2, H2O or 3.4.5."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    if before and before.isascii() and (before.isalpha() or before in "_^\\"):
        return False
    if _ORDINAL.match(text, match.end()):
        return True
    return not (after and after.isascii() and after.isalpha() and match["unit"] is None)


_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")


def _pair(stated: list[re.Match[str]], last: re.Match[str]) -> str | None:
    """`3 or 4`, `3 and 4` stay together: half of a pair is no answer."""
    if len(stated) < 2:
        return None
    before = stated[-2]
    joined = _JOINT.fullmatch(last.string, before.end(), last.start())
    return f"{spelled(before)}, {spelled(last)}" if joined else None


_NAMED = re.compile(r"(?<![\w\\])[a-zA-Z]\s?=\s?-?\d+(?:\.\d+)?(?:/\d+)?(?![\w.])")
_JOINT = re.compile(
    r"\s*[,(]?\s*(?:\w+\s+)?(?:or|and|,|\||或|和|与)\s*(?:(?:maybe|perhaps|possibly|else|even)\s+)?",
    re.IGNORECASE,
)


def spelled(match: re.Match[str]) -> str:
    sign = "-" if match["sign"] else ""
    money = "\\$" if match["money"] and "$" in match["money"] else (match["money"] or "")
    named = match["unit"] and not (money and match["unit"].strip().startswith(("dollar", "cent")))
    unit = f" {match['unit'].strip()}" if named else ""
    return f"{sign}{money}{match['body']}{match['repeat'] or ''}{unit}"


_TEX_RUN = re.compile(
    r"(?:-\s?)?(?:\d+(?:\.\d+)?\s?)?(?:\\[a-zA-Z]+|[{}\[\]()^_+\-*/.\d\s]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])){1,200}"
)


def _tex_in(statement: str) -> str | None:
    r"""A formula that stands in a sentence without dollar signs: `… is (\frac{2}{5}) tonnes`."""
    runs = [m[0].strip() for m in _TEX_RUN.finditer(statement) if _TEX_VALUE.search(m[0])]
    return runs[-1] if runs else None
