"""Answers that are words: one canonical word for the many ways to say it, in a few languages."""

from __future__ import annotations

import re

from filters.verifiers.grammar.glyphs import plain_signs

CONNECTIVES = frozenset("and or et ou und oder и или 和 或 与 及 以及 或者 और या".split()) | {
    "or else",
    "and also",
    "as well as",
}

_MEANINGS = {
    "no solution": """no solution|no solutions|there is no solution|there are no solutions
        |no real solution|no real solutions|no solution exists|no solutions exist|none|no answer
        |no such number|no such numbers|no such x|no roots|no real roots|empty set|the empty set
        |empty|not possible|impossible|无解|无实数解|没有解|无实根|空集|不可能|方程无解|原方程无解
        |aucune solution|pas de solution|keine lösung|sin solución|nenhuma solução|нет решений""",
    "undetermined": """cannot be determined|can't be determined|not enough information
        |insufficient information|无法确定|不能确定|条件不足""",
    "does not exist": """does not exist|doesn't exist|do not exist|dne|undefined|not defined
        |no limit|the limit does not exist|不存在|无意义|极限不存在""",
    "infinitely many": """infinitely many|infinitely many solutions|infinite solutions
        |infinite number of solutions|an infinite number|an infinite number of solutions
        |there are infinitely many solutions|there are infinitely many|infinite|infinitely
        |无穷多|无数|无数个|无穷多个|无数解|无穷多解|无数多个|infinité""",
    "infinity": "infinity|unbounded|无穷大|无穷|正无穷|无限",
    "all reals": """all real numbers|all reals|all real number|any real number|the real numbers
        |real numbers|every real number|全体实数|任意实数|所有实数|一切实数|实数集""",
    "yes": """yes|true|correct|right|是|是的|对|正确|真|成立|能|可以
        |oui|ja|sí|si|vrai|да|हाँ""",
    "no": """no|false|incorrect|wrong|not true|否|不是|错|错误|假|不成立|不能|不可以
        |non|nein|faux|нет""",
    "odd": "odd|odd function|an odd function|奇|奇数|奇函数|impaire",
    "even": "even|even function|an even function|偶|偶数|偶函数|paire",
    "neither": """neither|neither even nor odd|neither odd nor even|非奇非偶
        |既不是奇函数也不是偶函数""",
    "increasing": "increasing|递增|单调递增|增函数",
    "decreasing": "decreasing|递减|单调递减|减函数",
    "monday": "monday|mon|星期一|周一|礼拜一|lundi|montag",
    "tuesday": "tuesday|tue|tues|星期二|周二|礼拜二|mardi|dienstag",
    "wednesday": "wednesday|wed|星期三|周三|礼拜三|mercredi|mittwoch",
    "thursday": "thursday|thu|thurs|星期四|周四|礼拜四|jeudi|donnerstag",
    "friday": "friday|fri|星期五|周五|礼拜五|vendredi|freitag",
    "saturday": "saturday|sat|星期六|周六|礼拜六|samedi|samstag",
    "sunday": "sunday|sun|星期日|星期天|周日|周天|礼拜天|dimanche|sonntag",
}  # fmt: skip
_MEANING_OF = {
    phrase.strip(): canonical
    for canonical, phrases in _MEANINGS.items()
    for phrase in phrases.split("|")
}
_TEXT_COMMAND = re.compile(
    r"\\(?:text(?:bf|it|rm|normal|sf|tt|up)?|mathrm|mathbf|mathit|mbox|hbox|operatorname|emph)\b\*?"
)
TEXT = re.compile(r"\\text(?:bf|it|rm|normal)?\s*\{([^{}]*)\}")
"""words inside a formula; group 1"""
_NOISE = re.compile(r"\\[,;:! ]|\\(?:quad|qquad|left|right)\b|[{}$\"'`*_~\\]+")
_ENDS = " .,;:!?()[]"
_BLANKS = re.compile(r"\s+")
_ARTICLES = re.compile(r"^(?:the|a|an|it is|it's|its|they are|this is|that is) ")
MAX_WORDS_CHARS = 2_000


def plain_words(text: str) -> str:
    """Lower-case words alone: no markup, quotes, leading article or final stop."""
    text = _NOISE.sub(" ", _TEXT_COMMAND.sub("", plain_signs(text[:MAX_WORDS_CHARS])))
    text = _BLANKS.sub(" ", text).strip(_ENDS).casefold()
    return _ARTICLES.sub("", text)


_COMPASS = {"N": "north", "E": "east", "S": "south", "W": "west", "NE": "northeast",
            "SE": "southeast", "SW": "southwest", "NW": "northwest"}  # fmt: skip
_COMPASS_LETTER = re.compile(r"\\text\s*\{\s*([NESW]{1,2})\s*\}|([NESW]{1,2})")


def same_direction(gold: str, answer: str) -> bool:
    """`E` for a gold that says east. Not the other way: an E alone may be an option."""
    match = _COMPASS_LETTER.fullmatch(answer.strip(" $."))
    name = _COMPASS.get(match[1] or match[2]) if match else None
    return name is not None and plain_words(gold).replace("-", "") == name


_TOLD = {
    phrase: canonical
    for phrase, canonical in _MEANING_OF.items()
    if canonical
    in ("no solution", "infinitely many", "does not exist", "all reals", "undetermined")
    and (" " in phrase or not phrase.isascii())
}
_DENIAL = re.compile(r"\b(?:not|never|cannot|neither)\b|n't|不是|并非")


def meaning_told(text: str) -> str | None:
    """The one thing of this kind that a sentence says: "the equation has no solutions"."""
    words = plain_words(text)
    if len(words) > 200:
        return None
    told = {c: words.find(p) for p, c in _TOLD.items() if p in words}
    if len(told) != 1:
        return None
    canonical, place = told.popitem()
    return None if _DENIAL.search(words[:place]) else canonical


_VERDICT = re.compile(r"(yes|no|true|false|是的|是|否|不是|对|不对|正确|错误)(?=\s*[,.;:]|$)")


def verdict_in(text: str) -> str | None:
    """`yes` or `no`, if an answer begins with it: "Yes, because …"."""
    match = _VERDICT.match(plain_words(text))
    return _MEANING_OF.get(match[1]) if match else None


def meaning(text: str) -> str | None:
    """The canonical word for an answer of words, or None where it is not one we know."""
    if len(text) > 120:
        return None
    return _MEANING_OF.get(plain_words(text))


_COPULA = re.compile(
    r"(?:^|.* )(?:is|are|was|were|be|est|ist|es|faces|facing|named|called|due|:|(?<!depends )on)"
    r"(?: facing| due| on)?(?: an?| the)? "
)
_SINGLED_OUT = re.compile(
    r"(?:is|are|was|were|has|have|will be|must be) (?:the )?"
    r"(?:\w+est|most|least|only|first|last|winner|one)\b"
)
"""what follows the words when they are the subject: "Tom is the oldest\""""
_CONCLUDED = re.compile(r"^(?:so|thus|hence|therefore),? ")
_NEGATION = re.compile(r"\b(?:not|neither|nor|never|cannot)\b|n't|不|非")


def same_words(gold: str, answer: str) -> bool:
    """Equal words, or a short sentence that ends in `is <gold>` and denies nothing."""
    said = plain_words(answer)
    if said == gold or meaning_told(answer) == gold:
        return True
    subject = _CONCLUDED.sub("", said)
    if gold and subject.startswith(gold + " ") and not _NEGATION.search(subject):
        return _SINGLED_OUT.match(subject, len(gold) + 1) is not None
    before = said.removesuffix(gold)
    if not gold or before == said or _NEGATION.search(before) or not before.endswith(" "):
        return False
    return _COPULA.fullmatch(before) is not None
