"""The value a statement makes: its final formula, its bold part, its number with the unit."""

from __future__ import annotations

import re

from filters.verifiers.extraction.boxes import AND_OTHERS, BETWEEN, last_boxed
from filters.verifiers.extraction.doubts import hedged
from filters.verifiers.extraction.figures import NUMBER_WORDS
from filters.verifiers.extraction.stated_numbers import number_in
from filters.verifiers.grammar.answer_forms import tree
from filters.verifiers.grammar.choice_letters import letter_in
from filters.verifiers.grammar.tokens import Unparseable
from filters.verifiers.grammar.words import meaning, meaning_told, verdict_in

VALUE = re.compile(r"\d|\$|\\[a-zA-Z(\[]|[一二三四五六七八九十百½¼¾√π∞]")
"""what the text of a value has in it"""


def is_value(text: str) -> bool:
    """Whether a text reads as an answer as it stands, without words around a value."""
    if len(text) > 2_000:
        return True
    if "\\" not in text and _SENTENCE.match(text):
        return False
    try:
        return tree(text)[0] != "text"
    except (Unparseable, RecursionError):
        return False


_SENTENCE = re.compile(
    rf"(?!(?i:{NUMBER_WORDS}|minus|negative|square|cub|root|pi)\b)[A-Z][a-z]+ [a-z]{{2,}} [^=]*$"
)
"""how what cannot be a value begins, for which no grammar is needed"""

MATH = re.compile(
    r"\$\$(?P<a>[^$]{1,3000})\$\$|\\\[(?P<b>.{1,3000}?)\\\]|\\\((?P<c>.{1,3000}?)\\\)"
    r"|(?<![\\$\d])\$(?P<d>(?=[^\s$])[^$\n]{0,1000}?[^\s$\\])\$(?!\d)"
    r"|(?<![\\$\d])\$ (?P<e>[^$\n]{1,1000}?) \$(?!\d)",
    re.DOTALL,
)


def final_value(statement: str, concluding: bool = False) -> str | None:
    """The final formula, else the bold part, else the number with its unit, else the words."""
    statement = statement.strip().rstrip(".。!！ \t")
    if statement.count("**") % 2:
        statement = statement.removesuffix("**").strip()
    statement = ATTAINED.sub("", statement)
    if any(hint in statement for hint in _CONTRASTS):
        statement = _CONTRAST.sub("", statement) or statement
    statement = _LABEL.sub("", statement)
    if not statement:
        return None
    if not concluding and (letter := choice_of(statement)):
        return letter
    if (verdict := _YES_NO.match(statement)) and not concluding:
        return verdict[1]
    if boxed := last_boxed(statement):
        return boxed
    if (both := hedged(_TEX_FRACTION.sub(r"\1/\2", statement))) and not is_value(statement):
        return both
    formulas = [m for m in MATH.finditer(statement) if is_formula(m)]
    if formulas and then_a_number(behind := statement[formulas[-1].end() :]):
        return number_in(behind)
    if formulas:
        return from_formulas(statement, formulas)
    if found := [m[1] or m[2] or m[3] for m in BOLD.finditer(statement)]:
        return final_value(found[-1].strip(":： ")) if found[-1] != statement else None
    if not concluding and is_value(right := _after_equals(statement)):
        return right
    return number_in(statement) or (None if concluding else _words(statement))


def then_a_number(behind: str) -> bool:
    """Whether the words behind a formula have the value: "for $n = 4$ it is 9"."""
    return _THEN_A_NUMBER.search(behind) is not None


_THEN_A_NUMBER = re.compile(r"\b(?:is|are|was|were|equals)\s+(?:\*\*)?[-−]?[$€£]?\d")
_TEX_FRACTION = re.compile(r"\\[dt]?frac\s?\{(\d+)\}\s?\{(\d+)\}")
_CONTRASTS = ("not", "rather", "instead", "nicht", "不是")
_CONTRAST = re.compile(
    r"(?:,\s{0,9}(?:and\s+)?not|\s{1,9}and\s+not|,?\s{1,9}rather\s+than|,?\s{1,9}instead\s+of|,?\s{1,9}und\s+nicht|，?而?不是)"
    r"\s?[^\n]{0,200}$",
    re.IGNORECASE,
)
ATTAINED = re.compile(
    r",?\s(?:which\s+is\s+|and\s+it\s+is\s+)?(?:attained|achieved|reached|obtained|occurring)\s[^\n]{0,100}$"
)
"""behind a greatest or least value: where it is"""
_LABEL = re.compile(
    r"^(?:(\*\*|__)[^*_\n]{1,60}(?:[:：]\1|\1[:：])|(?:[A-Za-z ]{1,30} )?(?:[-=]>|⇒|→))[ \t]*(?=\S)"
)
"""`**Number of apples:** 8`, `=> 8`, `Total -> 8`"""
_YES_NO = re.compile(r"(yes|no|true|false|是的|是|否|不是|对|不对)\s*[,;.:，。；!]", re.IGNORECASE)


def tells_nothing(answer: str) -> bool:
    """Whether an answer is a bare sentence, with no value and none of the words we know."""
    if re.search(r"[\d$\\]", answer) or not PROSE.search(answer) or is_value(answer):
        return False
    return not (meaning(answer) or meaning_told(answer) or verdict_in(answer) or letter_in(answer))


def choice_of(text: str) -> str | None:
    return letter_in(text) if len(text) < 400 and letter_in(text) else None


def is_formula(match: re.Match[str]) -> bool:
    """Not the money between two dollar signs: `$5 and then $`."""
    body = match["d"]
    return body is None or not re.search(
        r"[a-z]{3,} [a-z]{2,}", re.sub(r"\\text\s*\{[^{}]*\}", "", body)
    )


def from_formulas(statement: str, formulas: list[re.Match[str]]) -> str:
    """The last formula; formulas joined by `and` or a comma are one list."""
    last = formulas[-1]
    joined, start = [_body(last)], last.start()
    for before in reversed(formulas[:-1]):
        numbers = _body(before).isdecimal() and joined[-1].isdecimal()
        signs = (BETWEEN, AND_OTHERS) if numbers else (BETWEEN,)
        if not any(sign.fullmatch(statement, before.end(), start) for sign in signs):
            break
        if _leads_to(_body(before), joined[-1], statement[before.end() : start]):
            break
        joined.append(_body(before))
        start = before.start()
    if len(joined) > 1:
        return ", ".join(reversed(joined))
    unit = _UNIT_AFTER.match(statement, last.end())
    value = _after_equals(joined[0])
    return f"{value} {unit[1]}" if unit and _UNIT_BEFORE.search(value) else value


def _leads_to(formula: str, following: str, between: str) -> bool:
    """Whether a formula is a step to the following one, and no value beside it: `2x = 24`,
    `x = 12`. Lines of a derivation stand side by side; a list has commas, an `and` or names."""
    if "=" not in formula or "=" not in following:
        return False
    names = _NAME.match(formula), _NAME.match(following)
    if not all(names):
        return True
    of_letters = all(_LETTER.fullmatch(name[1]) for name in names if name)
    differ = len({name[1] for name in names if name}) == 2
    return not between.strip() and not (of_letters and differ)


_NAME = re.compile(r"\s*(\\?[a-zA-Z]+'?(?:_\{?\w+\}?)?|\\text\s*\{[^{}]*\})\s*=")
_LETTER = re.compile(r"(?:[a-zA-Z]|\\(?!text)[a-zA-Z]+)'?(?:_\{?\w+\}?)?")
_UNIT_AFTER = re.compile(
    r"[ \t]?(%|percent|°C|°F|degrees?|km/h|m/s|mph|[kcm]?m(?:\^?[23²³])?|kg|g|mL|L|cm|mm|hours?"
    r"|minutes?|seconds?|days?|weeks?|months?|years?|dollars?|cents?|miles?|feet|inches|meters?"
    r"|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克)"
    r"(?![\w])"
)

_UNIT_BEFORE = re.compile(r"[\d}]\s*$")


def _body(match: re.Match[str]) -> str:
    body = match["a"] or match["b"] or match["c"] or match["d"] or match["e"] or ""
    if _ALIGNED.search(body):  # of a derivation, its last line
        lines = [line.strip() for line in _ALIGNED.sub("", body).replace("&", "").split("\\\\")]
        body = next((line for line in reversed(lines) if line), "")
    return body.strip().rstrip(".,;")


_ALIGNED = re.compile(r"\\(?:begin|end)\s*\{(?:align|aligned|gather|gathered|equation|split)\*?\}")


def _after_equals(text: str) -> str:
    """The right side of the last `=` where the left side names or computes the value."""
    if "=" not in text or text.count("=") == text.count("\\begin{"):
        return text
    left, _, right = text.rpartition("=")
    if not right.strip() or left.rstrip()[-1:] in tuple("<>!≤≥\\") or _LISTED.search(text):
        return text
    if right.strip() in ("0", "0.") and not _WORTH_ZERO.search(left.strip()):
        return text
    if left.count("(") != left.count(")") or left.count("{") != left.count("}"):
        return text
    return text if _EQUATION.search(right) else right.strip()


_WORTH_ZERO = re.compile(
    r"^[\w\\{}()\s^|]{1,12}$|\d\s*$|(?:^|=)(?:[^a-zA-Z=]|\\(?:cdot|times|frac|div|left|right)\b)+$"
)
"""a left side that may be 0, and is no equation still to be solved"""
_LISTED = re.compile(
    r",\s*(?:\\q?quad\s*|\\[,;: ]\s*)*\\?[a-zA-Z]\w*\s*=|\\text\s*\{\s*(?:and|or)|\b(?:and|or)\b"
    r"|;|\\begin|\\in\b|∈|[<>≤≥]|\\[lg]eq?\b"
)

_EQUATION = re.compile(r"(?<![\\a-zA-Z])[xyzt](?![a-zA-Z])")

PROSE = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}|[^\W\d_a-zA-Z]")

BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|<b>([^<\n]{1,300})</b>|__([^_\n]{1,300})__")


def _words(statement: str) -> str | None:
    return statement if len(statement) <= 200 else None
