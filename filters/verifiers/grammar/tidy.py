"""What may surround an answer, taken away or brought to one form: quotation marks, units in
brackets, a currency before the number, names with a colon, `k \\in \\mathbb{Z}` behind a family."""

from __future__ import annotations

import re

from filters.verifiers.grammar.number_words import word_number
from filters.verifiers.grammar.units import UNITS

_QUOTED = re.compile(r"""\s*(["'`]{1,2})([^"'`]{1,200})["'`]{1,2}[.\s]*""")
_UNIT_IN_BRACKETS = re.compile(
    r"(?<=[\d}%$])(?:\s|\\[,;: ])*(?:\\text\s*\{)?\s*[(\[]\s*(?:\\(?:text|mathrm)\s*\{\s*)?(?:in )?"
    r"([^\W\d_]{1,20}(?:[ /][^\W\d_]{1,20})?|\\?%)((?:\s*\}?\s*\^\{?[23]\}?)?)\s*\}?"
    r"\s*[)\]]\s*\}?$"
)
_CURRENCY_NAMES = {"US": "\\$", "USD": "\\$", "EUR": "€", "GBP": "£", "RMB": "¥", "CNY": "¥",
                   "Rs": "₹", "INR": "₹", "\\pounds": "£"}  # fmt: skip
_CURRENCY_BEFORE = re.compile(
    r"^(?:\\text\s*\{\s*)?(US(?=\s?\\?\$)|USD|EUR|GBP|RMB|CNY|Rs|INR|\\pounds)\.?\s*\}?"
    r"(?:\s|\\[,;: ])*(?:\\?\$)?\s*(?=[\d\\])"
)
_WORD_AND_FIGURE = re.compile(
    r"(?:\\text\s*\{\s*)?([a-z-]{3,30}(?: [a-z-]{3,20}){0,5})\s*\}?\s*\((\d+)\)\s*\}?"
    r"|(\d+)\s*(?:\\text\s*\{\s*)?\s*\(\s*([a-z-]{3,30}(?: [a-z-]{3,20}){0,5})\)\s*\}?"
)
_NAMED_ITEM = re.compile(r"\\text\s*\{\s*([A-Za-z][A-Za-z ]{0,30}?)\s*:\s*\}")
_ANY_INTEGER = re.compile(
    r"[\s,;]*(?:\\q?quad\s*|\\[,;: ]\s*)*\(?\s*"
    r"(?:\\text\s*\{\s*(?:where|for|with)\s*\}\s*)?(?:\\forall\s*)?"
    r"[a-z]\s*\\in\s*\\?(?:mathbb\s*\{?\s*[ZRN]\s*\}?|mathbf\s*\{?\s*[ZRN]\s*\}?|[ZRN])"
    r"\s*(?:\^?\{?[*+]\}?|_\{?[+>0]+\}?)?\s*\)?$"
)
_BOUND = re.compile(
    r"(?:\s|,|\\q?quad|\\[,;: ])+\(?\s*(?:\\text\s*\{\s*(?:where|for|with)(?: all)?\s*\}\s*)?"
    r"([a-z])\s*(?:\\geq?|\\leq?|\\neq?|\\ge|\\le|>=?|<=?)\s*-?\d+\s*\)?$"
)
"""`, n \\ge 1` behind an expression in n"""
_FOR_ALL = re.compile(
    r"[\s,;]*\\text\s*\{[\s,]*(?:where|for|with)(?: (?:any|all|every|some|positive|negative|real"
    r"|natural|prime|integers?|numbers?|constants?|arbitrary))+\s*\}\s*[a-z]?$"
)


_REWRITTEN = (
    ("\\", re.compile(r"(?:\\\s*)+$"), ""),
    (
        "unit",
        re.compile(
            r"(?<=[\d}])((?:\s|\\[,;: ])*)(?:\\(?:text|mathrm)\s*\{\s*)?"
            r"(?:(?:sq\.?|square|cubic|cu\.?)\s*)?units?\.?\s*\}?\s*(?:\^\{?[23]\}?)?$"
        ),
        r"\1\\text{ units}",
    ),
    ("text", re.compile(r"\\(?:text|mathrm)\s*\{\s*(\\?[$€£¥₹])\s*\}"), r"\1"),
    ("\\circ", re.compile(r"\\(?:text|mathrm)\s*\{\s*\^\\circ\s*([CFK]?)\s*\}"), r"^\\circ \1"),
    ("\\&", re.compile(r"\s\\&\s"), r" \\text{ and } "),
    ("text", re.compile(r"^\\text\s*\{([^{}]*\d[^{}]*)\}$"), r"\1"),
    (" and", re.compile(r"\\text\s*\{\s*([^{}]+?)\s+and\s*\}"), r"\\text{ \1} \\text{ and }"),
    ("sq.", re.compile(r"\bsq\."), "sq"),
    ("per cent", re.compile("per cent"), "percent"),
    ("P", re.compile(r"\bP\s*\(\s*(\w+)\s*(?:\\mid\b|\|)\s*(\w+)\s*\)"), r"P(\1\2)"),
    ("'", re.compile(r"(?<=\d)'(?=\d{3}(?!\d))"), ""),
    ("&", re.compile(r"(?<=[A-Za-z])\\?&(?=[A-Za-z])"), ""),
)
"""(what has to be there, pattern, what is written for it): blanks of TeX at the end, units that are
counted, a currency's sign in `\\text`, P(A|B), Swiss thousands, M&Ms"""


def tidied(text: str) -> str:
    """Without quotation marks around it, a unit in brackets as a unit (`180 (days)`), names with a
    colon as names, and without `k \\in \\mathbb{Z}` behind a family of solutions."""
    text = text.strip()
    if len(text) > 1_000 or text.isdecimal():
        return text
    if text.startswith("**") and text.endswith("**"):
        text = text.strip("* ")
    if (quoted := _QUOTED.fullmatch(text)) is not None:
        text = quoted[2]
    if text.rstrip(" .").endswith((")", "}", "]")):
        text = _one_of_two_writings(text.rstrip(" ."))
        text = _UNIT_IN_BRACKETS.sub(_as_unit, text)
    for hint, pattern, replacement in _REWRITTEN:
        if hint in text:
            text = pattern.sub(replacement, text)
    if "." in text or "," in text:
        text = _EUROPEAN.sub(_grouped_with_commas, text)
    text = _CURRENCY_BEFORE.sub(lambda match: _CURRENCY_NAMES[match[1]], text)
    if "\\in" in text[1:]:
        text = _ANY_INTEGER.sub("", text) or text
    if text.rstrip(") ")[-1:].isdecimal() and (bound := _BOUND.search(text)):
        text = text[: bound.start()] if _is_free(bound[1], text[: bound.start()]) else text
    if "text" in text:
        text = _FOR_ALL.sub("", text) or text
    return _named_items(text) if ":" in text else text


def _as_unit(match: re.Match[str]) -> str:
    """`(days)`, `(m/s)`, `(%)` as a unit; a letter may as well be a factor."""
    name, power = match[1], match[2].replace("}", "", 1).strip()
    if not all(part in UNITS or len(part) > 1 or not part.isascii() for part in name.split("/")):
        return match[0]
    return rf" {name}" if "%" in name else rf" \text{{ {name}}}{power}"


_EUROPEAN = re.compile(
    r"(?<![\d.,(\[{])(€ ?)?(\d{1,3}(?:(?:\.\d{3})+|(?:[ \u00a0]\d{3})+(?=,\d\d?\b)))"
    r"(,\d\d?)?(?![\d]|[.,]\d)"
    r"(\s?(?:\\text\s*\{\s*)?(?:€|EUR\b|[Ee]uros?\b))?"
)


def _grouped_with_commas(number: re.Match[str]) -> str:
    """`1.234,50` as 1234.50, `1.234.567` and `3.400 €` likewise: nobody counts thousandths of a
    cent. Other points may be decimal ones."""
    before, whole, part, after = (group or "" for group in number.groups())
    if not (before or part or after or whole.count(".") > 1):
        return number[0]
    return before + re.sub(r"\D", "", whole) + part.replace(",", ".") + after


def _is_free(letter: str, expression: str) -> bool:
    """Whether an expression speaks of that letter, and is itself no condition on it."""
    named = re.search(rf"(?<![a-zA-Z\\]){letter}(?![a-zA-Z])", expression)
    return named is not None and not re.search(r"[<>]|\\(?:[lg]eq?|in|neq?)\b|;", expression)


def _one_of_two_writings(text: str) -> str:
    """`twelve (12)` and `12 (twelve)` as 12."""
    match = _WORD_AND_FIGURE.fullmatch(text)
    if match is None:
        return text
    word, figure = match[1] or match[4], match[2] or match[3]
    return figure if word_number(word) == int(figure) else text


def _named_items(text: str) -> str:
    """`Hens: 12, Ducks: 18` as equations."""
    text = _NAMED_ITEM.sub(r"\\text{\1} = ", text)
    several = len(_PLAIN_NAMED_ITEM.findall(text)) > 1
    return _PLAIN_NAMED_ITEM.sub(r"\1\\text{\2} = ", text) if several else text


_PLAIN_NAMED_ITEM = re.compile(r"(^|,\s|;\s|\band\s)([A-Z][a-z]{2,20})\s?:\s(?=[-$\\\d])")
