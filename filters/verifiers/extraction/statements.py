"""The value a statement makes: its final formula, its bold part, its number with the unit.

Numbers that stand in an aside ("after 3 weeks") yield to one that does not, and half of a hedge
("3 or 4") is never taken alone. Every pattern is linear in the length of the statement.
"""

from __future__ import annotations

import re

from filters.verifiers.extraction.boxes import BETWEEN, last_boxed
from filters.verifiers.grammar.answer_forms import tree
from filters.verifiers.grammar.choice_letters import letter_in
from filters.verifiers.grammar.number_words import spelled_count
from filters.verifiers.grammar.tokens import Unparseable
from filters.verifiers.grammar.words import meaning, meaning_told, verdict_in


def is_value(text: str) -> bool:
    """Whether a text reads as an answer as it stands, without words around a value."""
    if len(text) > 2_000:
        return True
    try:
        return tree(text)[0] != "text"
    except (Unparseable, RecursionError):
        return False


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
    statement = _CONTRAST.sub("", statement) or statement
    if not statement:
        return None
    if not concluding and (letter := choice_of(statement)):
        return letter
    if (verdict := _YES_NO.match(statement)) and not concluding:
        return verdict[1]
    if boxed := last_boxed(statement):
        return boxed
    formulas = [m for m in MATH.finditer(statement) if is_formula(m)]
    if formulas:
        return from_formulas(statement, formulas)
    if found := [m[1] or m[2] or m[3] for m in BOLD.finditer(statement)]:
        return final_value(found[-1].strip(":： ")) if found[-1] != statement else None
    if not concluding and is_value(right := _after_equals(statement)):
        return right
    return number_in(statement) or (None if concluding else _words(statement))


_CONTRAST = re.compile(
    r"(?:,\s{0,9}not|,?\s{1,9}rather\s+than|,?\s{1,9}instead\s+of|，?而不是)\s?[^\n]{0,200}$",
    re.IGNORECASE,
)
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
        if not BETWEEN.fullmatch(statement, before.end(), start):
            break
        joined.append(_body(before))
        start = before.start()
    if len(joined) > 1:
        return ", ".join(reversed(joined))
    unit = _UNIT_AFTER.match(statement, last.end())
    value = _after_equals(joined[0])
    return f"{value} {unit[1]}" if unit and _UNIT_BEFORE.search(value) else value


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
    if right.strip() in ("0", "0.") and not re.search(
        r"^[\w\\{}()\s^|]{1,12}$|\d\s*$", left.strip()
    ):
        return text
    if left.count("(") != left.count(")") or left.count("{") != left.count("}"):
        return text
    return text if _EQUATION.search(right) else right.strip()


_LISTED = re.compile(
    r",\s*\\?[a-zA-Z]\w*\s*=|\\text\s*\{\s*(?:and|or)|\b(?:and|or)\b|;|\\begin|\\in\b|∈|[<>≤≥]|\\[lg]eq?\b"
)


_EQUATION = re.compile(r"(?<![\\a-zA-Z])[xyzt](?![a-zA-Z])")


BOLD = re.compile(r"\*\*([^*\n]{1,300})\*\*|<b>([^<\n]{1,300})</b>|__([^_\n]{1,300})__")


NUMBER = re.compile(
    r"(?P<sign>(?<![\w)\]])[-−]\s?)?(?P<money>[$€£¥]\s?|\\\$\s?)?"
    r"(?P<body>\d+(?::\d+)+(?:\s?[ap]\.?m\b\.?)?|(?:\d{1,3}(?:,\d{3})+|\d+)(?:[.,]\d+)?(?:\s?/\s?\d+)?|\.\d+)"
    r"(?P<repeat>\s(?=\d+/\d)\d+/\d+)?"
    r"(?P<unit>\s?(?:%|percent\b|€|£|km/h|m/s|(?:[kcm]?m|ft)(?:\^?[23²³])?(?!\w)|kg\b|mg\b|g\b|mL\b|L\b"
    r"|miles?\b|hours?\b|minutes?\b|seconds?\b|days?\b|weeks?\b|months?\b|years?\b|dollars?\b|cents?\b"
    r"|feet\b|inches\b|meters?\b|degrees?\b|°|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克))?"
)


_DENIED = re.compile(
    r"(?:\b(?:not|isn't|never|than|except)|[<>≠≤≥]|\\n?[lg]?eq?|\\[lg]t|不是|不等于|大于|小于)\s*[$(]?$",
    re.IGNORECASE,
)


PROSE = re.compile(r"(?<![\\a-zA-Z])[a-zA-Z]{2,}|[^\W\d_a-zA-Z]")


_OPERAND = re.compile(
    r"\b(?:twice|double|triple|half|half\s+of|root\s+of|plus|minus|times|factorial\s+of|power\s+of)"
    r"\s+(?:the\s+)?[$(\\]*$",
    re.IGNORECASE,
)
_OPERATOR = re.compile(
    r"[$)\\]*\s+(?:squared|cubed|factorial|times|plus|minus|divided|to\s+the)\b", re.IGNORECASE
)
_TEX_VALUE = re.compile(r"\\(?:d?frac|sqrt|pi)\b")


_ASIDE = re.compile(
    r"(?:\b(?:after|in|for|of|from|per|by|within|during|over|at|than|with|every|each|step|case|out\s+of"
    r"|between|since|until|×|times)|第|每)\s*(?:the\s+|a\s+)?\(?[$\\]*$",
    re.IGNORECASE,
)


def number_in(statement: str) -> str | None:
    """The number a sentence states: after its last `=`, else the last that is no aside."""
    if _TEX_VALUE.search(statement) and (value := _tex_in(statement)):
        return value
    named = list(_NAMED.finditer(statement))
    if len(named) > 1 and _JOINT.fullmatch(statement, named[-2].end(), named[-1].start()):
        return ", ".join(match[0] for match in named)
    _, equals, right = statement.rpartition("=")
    if equals and (match := NUMBER.search(right)):
        statement = right if not re.search(r"[a-z]{4,}.*\d", right[match.end() :]) else statement
    matches = [m for m in NUMBER.finditer(statement) if stands_alone(statement, m)]
    if not matches:
        return _spelled_out(statement)
    stated = [
        m for m in matches if not _ASIDE.search(statement[max(0, m.start() - 20) : m.start()])
    ]
    last = (stated or matches)[-1]
    before, after = statement[max(0, last.start() - 20) : last.start()], statement[last.end() :]
    if _DENIED.search(before) or _OPERAND.search(before) or _OPERATOR.match(after):
        return None
    hedged = _hedge(statement, matches, last)
    return hedged or _plain_formula(statement, last) or spelled(last)


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
    r"\b(?:is|are|was|were|has|have|had|equals|be)\s+(?:exactly\s+|only\s+)?(?=[a-z])"
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


def _hedge(statement: str, matches: list[re.Match[str]], last: re.Match[str]) -> str | None:
    """`3 or 4`, `3 and 4` stay together: half of a hedge is no answer."""
    place = matches.index(last)
    if place == 0:
        return None
    before = matches[place - 1]
    if _JOINT.fullmatch(statement, before.end(), last.start()):
        return f"{spelled(before)}, {spelled(last)}"
    return None


_NAMED = re.compile(r"(?<![\w\\])[a-zA-Z]\s?=\s?-?\d+(?:\.\d+)?(?:/\d+)?(?![\w.])")
_JOINT = re.compile(
    r"\s*(?:\w+\s+)?(?:or|and|,|或|和|与)\s*(?:maybe\s+|perhaps\s+)?", re.IGNORECASE
)


def spelled(match: re.Match[str]) -> str:
    sign = "-" if match["sign"] else ""
    money = "\\$" if match["money"] and "$" in match["money"] else (match["money"] or "")
    unit = f" {match['unit'].strip()}" if match["unit"] else ""
    return f"{sign}{money}{match['body']}{match['repeat'] or ''}{unit}"


_TEX_RUN = re.compile(
    r"(?:-\s?)?(?:\d+(?:\.\d+)?\s?)?(?:\\[a-zA-Z]+|[{}\[\]()^_+\-*/.\d\s]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])){1,200}"
)


def _tex_in(statement: str) -> str | None:
    r"""A formula that stands in a sentence without dollar signs: `… is (\frac{2}{5}) tonnes`."""
    runs = [m[0].strip() for m in _TEX_RUN.finditer(statement) if _TEX_VALUE.search(m[0])]
    return runs[-1] if runs else None


def _words(statement: str) -> str | None:
    return statement if len(statement) <= 200 else None
