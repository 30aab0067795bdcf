"""What an answer is: its text turned into a tree, after the forms no formula grammar covers
(words, clock times, numbers with a noun) have been recognised."""

from __future__ import annotations

import functools
import re
from fractions import Fraction

from filters.verifiers.grammar.glyphs import plain_signs
from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.number_words import spelled_count, word_number
from filters.verifiers.grammar.parser import parse
from filters.verifiers.grammar.tidy import tidied
from filters.verifiers.grammar.tokens import MAX_CHARS, TooLarge, Unparseable
from filters.verifiers.grammar.units import UNITS
from filters.verifiers.grammar.vocabulary import FUNCTIONS, GREEK
from filters.verifiers.grammar.words import CONNECTIVES, meaning, plain_words

_TIME = re.compile(
    r"(?:at )?(\d{1,2})(?::(\d\d))?(?::(\d\d))?[ ~]?(am|pm|a\.m\.?|p\.m\.?|noon|o'clock)?\.?"
)
_WORD = re.compile(r"\\[a-zA-Z]+|[A-Za-z]{2,}(?:['-][A-Za-z]{2,})*|[A-Za-z]|[^\W\d_]+")
_TEXT_COMMAND = re.compile(
    r"\\(?:text[a-z]*|mathrm|mathbf|mathit|mbox|hbox|operatorname)\b\*?\s*\{([^{}]*)\}"
)
_FORMULA_SIGN = re.compile(r"\\[a-zA-Z]|[\^_{}=+*/<>|]|\d")
_FORMULA_COMMAND = re.compile(r"\\(?:d?frac|sqrt|begin|int|sum|pi)\b|[\^=<>]")
"""what no words have in them, outside of `\\text{}`"""
_ABOUT = re.compile(
    r"^\s*(?:about|approximately|approx\.|roughly|around|大约|约)\s*(?=[$\\\d])", re.I
)
_SAYS_MORE = frozenset(
    "is not isn't are aren't was wrong incorrect or but if unless never no neither than"
    " squared cubed factorial times plus divided multiplied less".split()
)
_KNOWN_WORDS = frozenset(FUNCTIONS | GREEK | CONNECTIVES | frozenset(UNITS)) | frozenset(
    "negative minus hundred thousand million billion trillion dozen 万 亿 to pi infinity inf oo mod"
    " per square sq cubic cu arcsinh arccosh asin acos atan root not".split()
)


@functools.lru_cache(maxsize=8192)
def tree(text: str, letters_are_units: bool = True) -> Node:
    """The tree of an answer; raises `Unparseable` where a formula is broken."""
    if len(text) > MAX_CHARS:
        raise TooLarge(f"answer of {len(text)} characters, limit {MAX_CHARS}")
    text = tidied(_ABOUT.sub("", plain_signs(text)))
    if (word := meaning(text)) is not None:
        return ("text", word)
    if (value := word_number(text)) is not None:
        return ("n", value)
    if (count := spelled_count(_without_text_commands(text))) is not None:
        return tree(f"{count[0]} {count[1]}", letters_are_units)
    if (time := _clock(text)) is not None:
        return time
    noun = _first_noun(text)
    if noun is None:
        return parse(text, letters_are_units)
    return _with_noun(text, noun, letters_are_units)


def _without_text_commands(text: str) -> str:
    return _TEXT_COMMAND.sub(r" \1 ", text) if "\\" in text else text


_PART_OF_DAY = re.compile(r"\s+in\s+the\s+(morning|afternoon|evening)\.?$")


def _clock(text: str) -> Node | None:
    """`3:30`, `3 pm`, `\\text{12 noon}`."""
    if ":" not in text and "o'clock" not in text and text.rstrip(". }")[-1:] not in tuple("mMnk"):
        return None
    bare = text.strip(" $").lower().replace("\\text{", "").replace("}", "").replace("\\", "")
    bare = " ".join(bare.split())
    bare = _PART_OF_DAY.sub(lambda part: f" {'am' if part[1] == 'morning' else 'pm'}", bare)
    match = _TIME.fullmatch(bare)
    if match is None or not (match[2] or match[4]):
        return None
    hour, minute, second = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    half = (match[4] or "").replace(".", "")
    if hour > 24 or minute > 59 or second > 59:
        return None
    if half in ("am", "pm", "noon"):
        hour = hour % 12 + (12 if half != "am" else 0)
    written = tuple(int(part) for part in match.groups()[:3] if part)
    marked = half not in ("", "o'clock")
    return ("time", Fraction(hour * 3600 + minute * 60 + second), marked, written)


def _first_noun(text: str) -> int | None:
    """Where the first word stands that is no part of any formula: `apples` in `5 apples`."""
    return next((word.start() for word in _WORD.finditer(text) if _is_noun(word, text)), None)


def _is_noun(match: re.Match[str], text: str) -> bool:
    word, before = match[0], text[: match.start()]
    if word.lower() == "up":  # up to 9
        return True
    if word[0] == "\\" or (len(word) < 3 and word.isascii()) or word in _GREEK_LETTERS:
        return False
    if word in _KNOWN_WORDS or word.lower() in _KNOWN_WORDS or word_number(word) is not None:
        return False
    if before.endswith(("\\begin{", "\\end{")) or word.startswith(_FUNCTION_STEMS):
        return False
    if len(word) > 4 or _INSIDE_TEXT.search(before[-40:]):
        return True
    of_figure = word.isupper() and _FORMULA_SIGN.search(text)  # the sides of figures: AB, ABC
    product = word.islower() and _beside_signs(before, text[match.end() :])  # 2abc, xyz + 1
    return not (of_figure or product)


_GREEK_LETTERS = frozenset("αβγδεζηθικλμνξορστυφχψωΓΔΘΛΞΠΣΥΦΨΩ")
_FUNCTION_STEMS = ("sqrt", "sin", "cos", "tan", "log", "ln", "arc")
_OPENS_TEXT = r"\\(?:text[a-z]*|math(?:rm|bf|it|sf|tt)|mbox|hbox)\*?\s*\{"
_INSIDE_TEXT = re.compile(_OPENS_TEXT + r"[^{}]*$")
_OPEN_TEXT = re.compile(_OPENS_TEXT + r"\s*$")


def _beside_signs(before: str, after: str) -> bool:
    signs = tuple("+-*/=^")
    return (
        before[-1:].isdigit()
        or before.rstrip().endswith((*signs, "(", "{"))
        or after.lstrip().startswith(signs)
    )


def _with_noun(text: str, noun: int, letters_are_units: bool) -> Node:
    """`5 apples` is 5 with a label; anything else that holds words is words."""
    head = _OPEN_TEXT.sub(" ", text[:noun]).strip()
    words = plain_words(_without_text_commands(text[noun:]))
    if _OFTEN.fullmatch(words):
        words = "occasions"
    if _SAYS_MORE & set(words.split()) or words.startswith("or ") or _OR_MORE.search(text[:noun]):
        return ("text", plain_words(text))
    if head and _FORMULA_SIGN.search(head) and not _FORMULA_SIGN.search(words):
        try:
            value = parse(head.rstrip("( -/"), letters_are_units)
        except TooLarge:
            raise
        except Unparseable:
            return ("text", plain_words(text))
        if value[0] in ("u", "rel"):
            return value
        if value[0] in _COUNTED:
            return ("label", value, words)
    if _FORMULA_COMMAND.search(_TEXT_COMMAND.sub(" ", text)):
        return parse(text, letters_are_units)
    return ("text", plain_words(text))


_OR_MORE = re.compile(r"\bor\s+$")
"""before the noun of `12 or more`"""
_COUNTED = ("n", "/", "neg", "mixed", "*", "^", "root", "base", "ratio", "approx")
"""what may have a noun"""
_OFTEN = re.compile(
    r"times(?: (?:in total|altogether|more|in all|(?:an?|per|each|every) [a-z]+|as [a-z]+))?"
)
"""`5 times`: a count, and no product that lacks its second factor"""


def claims_formula(text: str) -> bool:
    """Whether a gold that does not parse claimed to be something that should have."""
    return bool(_FORMULA_SIGN.search(_TEXT_COMMAND.sub(" ", text)))
