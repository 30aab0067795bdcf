"""What a number looks like in a sentence: figures with their money and unit, `sqrt(5)`, words."""

from __future__ import annotations

import re
from fractions import Fraction

from filters.verifiers.grammar.number_words import (
    LARGE,
    PARTS,
    WORDS,
    spelled_count,
    word_number,
)
from filters.verifiers.grammar.units import UNITS, Dimension

NUMBER = re.compile(
    r"(?=[-−$€£¥\\\d.])(?P<sign>(?<![\w)\]])[-−]\s?)?(?P<money>[$€£¥]\s?|\\\$\s?)?"
    r"(?P<body>\d+(?::\d+)+(?:\s?[ap]\.?m\b\.?)?"
    r"|(?:\d{1,3}(?:\.\d{3})+(?=,\d\d?(?!\d))|\d{1,3}(?:\.\d{3}){2,}(?![\d.,])|\d{1,3}(?:['’]\d{3})+(?!\d)"
    r"|\d{1,3}(?:,\d{3})+|\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?![\d-])|\d+)"
    r"(?:[.,]\d+)?(?:\s?/\s?\d+)?|\.\d+)"
    r"(?P<repeat>\s(?:and\s)?(?=\d+/\d)\d+/\d+|\sand\s(?:a|one)[\s-](?:half|third|quarter)\b"
    r"|\s?[¼½¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])?"
    r"(?P<unit>\s?(?:%|percent\b|dozen\b|hundred\b|thousand\b|[mbtr]+illion\b|€|£|km/h|m/s"
    r"|(?:[kcm]?m|ft)(?:\^?[23²³])?(?!\w)|kg\b|mg\b|g\b|mL\b|L\b|miles?\b|hours?\b|minutes?\b"
    r"|seconds?\b|days?\b|weeks?\b|months?\b|years?\b|dollars?\b|cents?\b|[Ee]uros?\b|feet\b|inches\b"
    r"|meters?\b|degrees?\b|°[CF]?|元|米|千米|厘米|公里|小时|分钟|天|吨|千克|克))?"
)


def plain_value(match: re.Match[str]) -> Fraction | None:
    """What its figures are worth, without the unit; None for clock times and the like."""
    body = match["body"].replace(",", "").replace(" ", "")
    try:
        value = Fraction(body)
    except (ValueError, ZeroDivisionError):
        return None
    return None if match["repeat"] else -value if match["sign"] else value


def same_measured(one: re.Match[str], other: re.Match[str]) -> bool:
    """Whether two numbers say the same in different units: `90 minutes`, `1.5 hours`."""
    (a, size), (b, other_size) = (_measure(one), _measure(other))
    different = size != other_size and size[1] == other_size[1]
    return different and a is not None and a == b


def _measure(match: re.Match[str]) -> tuple[Fraction | None, tuple[Fraction, Dimension]]:
    """In base units, with what it goes on with (`1 hour and 28 minutes`); and its own unit."""
    value, size = plain_value(match), UNITS.get((match["unit"] or "").strip(), (Fraction(1), ()))
    more = _AND_MORE.match(match.string, match.end())
    added = Fraction(more[1]) * UNITS[more[2]][0] if more else 0
    return value if value is None else value * size[0] + added, size


_AND_MORE = re.compile(r",?(?: and)? (\d+) (seconds?|minutes?|hours?|cents?|inches)\b")


def stands_alone(text: str, match: re.Match[str]) -> bool:
    """Not the 2 of x2, H2O or 3.4.5."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    if before and before.isascii() and (before.isalpha() or before in "_^\\"):
        return False
    if _ORDINAL.match(text, match.end()):
        return True
    return not (after and after.isascii() and after.isalpha() and match["unit"] is None)


_ORDINAL = re.compile(r"(?:st|nd|rd|th)\b")


def spelled(match: re.Match[str]) -> str:
    sign = "-" if match["sign"] else ""
    money = "\\$" if match["money"] and "$" in match["money"] else (match["money"] or "")
    named = match["unit"] and not (money and match["unit"].strip().startswith(("dollar", "cent")))
    unit = f" {match['unit'].strip()}" if named else ""
    part = _PART.sub(lambda said: _PARTS.get(said[1], ""), match["repeat"] or "")
    return f"{sign}{money}{match['body']}{part}{unit}"


_PART = re.compile(r"(?<=\s)and\s(?:(?:a|one)[\s-](half|third|quarter))?")
_PARTS = {"half": "1/2", "third": "1/3", "quarter": "1/4"}

_PLAIN_FORMULA = re.compile(
    r"(?:(?<![\w)])[-−]\s?)?(?:(?<![\d.])\d{1,15}(?:\.\d{1,15})?\s?[*·]?\s?)?"
    r"(?:sqrt\s?\([^()\n]{1,60}\)|√\s?(?:\([^()\n]{1,60}\)|\d{1,15})|π|pi\b)(?:\s?/\s?\d+)?"
)


def plain_formula(statement: str, number: re.Match[str]) -> str | None:
    """The `sqrt(5)`, `2√3`, `12π` that a number is part of."""
    if not any(sign in statement for sign in ("sqrt", "√", "π", "pi")):
        return None
    for match in _PLAIN_FORMULA.finditer(statement):
        if match.start() <= number.start("body") < match.end():
            return match[0]
    return None


TEX_VALUE = re.compile(r"\\(?:d?frac|sqrt|pi)\b")
_TEX_RUN = re.compile(
    r"(?:-\s?)?(?:\d+(?:\.\d+)?\s?)?(?:\\[a-zA-Z]+|[{}\[\]()^_+\-*/.\d\s]|(?<![a-zA-Z])[a-zA-Z](?![a-zA-Z])){1,200}"
)


def tex_in(statement: str) -> str | None:
    r"""A formula that stands in a sentence without dollar signs: `… is (\frac{2}{5}) tonnes`."""
    runs = [m[0].strip() for m in _TEX_RUN.finditer(statement) if TEX_VALUE.search(m[0])]
    return runs[-1] if runs else None


def in_figures(statement: str) -> str:
    """A sentence without figures of its own with its number words in figures: `three quarters of
    the cake`, `an hour and a half`, `one hundred and eight tiles for the 60-page report`."""
    if _FIGURES.search(statement) or _NUMBER_WORD.search(statement) is None:
        return statement
    statement = _HALF_OF_ONE.sub(r"0.5 \1", _ONE_AND_A_HALF.sub(r"1.5 \1", statement))
    return _IN_WORDS.sub(_figure, statement)


def _figure(said: re.Match[str]) -> str:
    words = _ARTICLE.sub("a ", said[0].lower()).removesuffix(" a")
    if words == "one" and _PRONOUN.match(said.string, said.end()):
        return said[0]
    value = word_number(words)
    return said[0] if value is None else str(value)


_FIGURES = re.compile(r"\d(?![\d.,]*[-‑][a-zA-Z])")
NUMBER_WORDS = f"{WORDS}|{LARGE}|{PARTS}"
_NUMBER_WORD = re.compile(rf"\b(?:{NUMBER_WORDS})\b", re.IGNORECASE)
_HALF_OF_ONE = re.compile(r"\b[Hh]alf an? (?=hour|day|week|month|year|mile|dozen|cup|minute)(\w+)")
_ONE_AND_A_HALF = re.compile(r"\b[Aa]n? (\w+) and a half\b")
_IN_WORDS = re.compile(
    rf"(?<!in )(?<!the )(?<!first )(?<!second )(?<!other )(?<!last )(?<!each )(?<!by )(?<!which )"
    rf"\b(?:(?:minus )?(?:{WORDS})|half(?: an?)?|an?[ -](?={PARTS}|{LARGE}))"
    rf"(?:[ -]?(?:and[ -])?(?:an?|{NUMBER_WORDS})){{0,8}}\b(?!-)",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"\ban ")
_PRONOUN = re.compile(r" (?:of|in|out|who|that|which|can|by|another|to|thing|more)\b|[^ ]|$")


def spelled_out(statement: str) -> str | None:
    """`十二个苹果` right after the verb of a sentence without figures."""
    for match in reversed(list(_COUNTED.finditer(statement[-400:]))):
        said = re.split(r"[,;，；。]", statement[-400:][match.end() :])[0]
        if (count := spelled_count(said)) is not None and not _HEDGED.search(count[1]):
            return f"{count[0]} {count[1]}".strip()
    return None


_COUNTED = re.compile(r"[有是为共剩得需要花了卖买](?=[负零一二三四五六七八九十百千万两])")
_HEDGED = re.compile(r"或|不")
