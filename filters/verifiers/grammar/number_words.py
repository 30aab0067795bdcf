"""Numbers as people write them: literals, English and Chinese number words. All exact."""

from __future__ import annotations

import re
from fractions import Fraction

from filters.verifiers.grammar.tokens import TooLarge
from filters.verifiers.grammar.units import UNITS

MAX_DIGITS = 2_000


def read_literal(digits: str, exponent: int) -> Fraction:
    """The value of a plain literal such as `12.50` times ten to the exponent."""
    if len(digits) > MAX_DIGITS:
        raise TooLarge(f"a number of {len(digits)} digits, limit {MAX_DIGITS}")
    whole, _, fraction = digits.partition(".")
    written, shift = int(whole + fraction or "0"), exponent - len(fraction)
    return Fraction(written * 10**shift) if shift >= 0 else Fraction(written, 10**-shift)


_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen"
).split()
_ONES = {word: value for value, word in enumerate(_SMALL)}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_TENS = {word: 10 * value for value, word in enumerate(_DECADES, start=2)}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9,
           "trillion": 10**12, "dozen": 12}  # fmt: skip
_ORDINALS = "third fourth fifth sixth seventh eighth ninth tenth".split()
_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4} | {
    word + plural: below for below, word in enumerate(_ORDINALS, start=3) for plural in ("", "s")
}
WORDS = "|".join([*_SMALL, *_DECADES])
LARGE, PARTS = "|".join(SCALES), "|".join(sorted(_PARTS, key=len, reverse=True))
"""alternatives of patterns that look for number words"""
_WORD = re.compile(r"[a-z]+")
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
CHINESE_SCALES = {"万": 10**4, "亿": 10**8}
_CHINESE = frozenset(_CHINESE_DIGITS) | frozenset(_CHINESE_UNITS) | frozenset(CHINESE_SCALES)
_STARTS = {*_ONES, *_TENS, "minus", "negative", "a", "half"}


class _NoNumber(ValueError):
    """The words are no number."""


def word_number(text: str) -> Fraction | None:
    """The value of `twenty-one`, `three quarters`, `minus five`, `三百二十一`; else None."""
    if not text or len(text) > 100:
        return None
    try:
        if not text.isascii():
            return _chinese_number(text.strip())
        words = _WORD.findall(text.lower())
        if not words or words[0] not in _STARTS or not all(c.isalpha() or c in " -," for c in text):
            return None
        negative = words[0] in ("minus", "negative")
        return -_english_number(words[1:]) if negative else _english_number(words)
    except _NoNumber:
        return None


_CHINESE_COUNT = re.compile(
    r"(负?[零〇一二两三四五六七八九十百千万亿壹]+(?:点[零〇一二三四五六七八九]+)?)(.*)", re.DOTALL
)
_MEASURED = re.compile(
    r"(?:[个只条本张名人支枝颗棵辆件套双把位头匹间座层页排组种朵杯瓶箱盒袋台部架艘片根份道题步对]"
    r"[^\W\d_的是有和在为等不或都与及一二两三四五六七八九十百千]{0,6}|次|倍)"
)
"""A measure word and a noun; a sentence that goes on ("两个数的和是…") is no count."""


def spelled_count(text: str) -> tuple[Fraction, str] | None:
    """Number and rest of `twelve apples`, `三十五元`: words take a unit or noun as figures do."""
    text = text.strip(" .。")
    if not text or len(text) > 100 or any(c in "\\^_=+*/<>|" or c.isdigit() for c in text):
        return None
    return _english_count(text) if text.isascii() else _chinese_count(text)


def _english_count(text: str) -> tuple[Fraction, str] | None:
    words = text.split()
    for length in range(len(words), 0, -1):
        value = None if words[length - 1].endswith(",") else word_number(" ".join(words[:length]))
        if value is not None:
            rest = words[length:]
            plain = not any(word_number(word) is not None or word == "and" for word in rest)
            return (value, " ".join(rest)) if plain else None
    return None


def _chinese_count(text: str) -> tuple[Fraction, str] | None:
    match = _CHINESE_COUNT.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    number, noun = match[1], match[2]
    if number[-1] == "千" and len(number) > 1 and noun[:1] in ("克", "米", "瓦"):
        number, noun = number[:-1], "千" + noun
    value = word_number(number)
    counted = not noun or noun in UNITS or _MEASURED.fullmatch(noun) is not None
    return (value, noun) if value is not None and counted else None


def _english_number(words: list[str]) -> Fraction:
    words = [word for word in words if word != "and"]
    if words == ["half"]:
        return Fraction(1, 2)
    if words[:1] == ["a"] and len(words) > 1:
        words = ["one", *words[1:]]
    if not words or words[-1] not in _PARTS:
        return Fraction(_english_whole(words))
    below = _PARTS[words[-1]]
    added = words[-2:-1] in (["a"], ["one"]) and words[-1] in ("half", "quarter", "third")
    if added and len(words) >= 3:  # two and a half
        return _english_whole(words[:-2]) + Fraction(1, below)
    return Fraction(_english_whole(words[:-1]), below)


def _english_whole(words: list[str]) -> int:
    total = group = 0
    room = 10**6
    """what the next word has to be smaller than"""
    for word in words:
        if word in _ONES and room > 10:
            group, room = group + _ONES[word], 1
        elif word in _TENS and room > 90:
            group, room = group + _TENS[word], 20
        elif word == "hundred" and group:
            group, room = group * 100, 10**6
        elif word in SCALES and group:
            total, group, room = total + group * SCALES[word], 0, 1_000
        else:
            raise _NoNumber(word)
    if not words:
        raise _NoNumber("nothing")
    return total + group


def _chinese_number(text: str) -> Fraction:
    if "分之" in text:
        below, _, top = text.partition("分之")
        whole, mixed, below = below.rpartition("又")
        denominator = _chinese_whole(below)
        if not denominator:
            raise _NoNumber(text)
        return (_chinese_whole(whole) if mixed else 0) + Fraction(_chinese_whole(top), denominator)
    if text.startswith("负"):
        return -_chinese_number(text[1:])
    whole, point, digits = text.partition("点")
    if not point:
        return Fraction(_chinese_whole(text))
    if not digits or any(c not in _CHINESE_DIGITS for c in digits):
        raise _NoNumber(text)
    return _chinese_whole(whole) + Fraction(_chinese_whole(digits), 10 ** len(digits))


def _chinese_whole(text: str) -> int:
    if not text or len(text) > 20 or any(c not in _CHINESE for c in text):
        raise _NoNumber(text)
    if all(c in _CHINESE_DIGITS for c in text):
        return int("".join(str(_CHINESE_DIGITS[c]) for c in text))
    total = section = digit = 0
    for c in text:
        if c in _CHINESE_DIGITS:
            digit = _CHINESE_DIGITS[c]
        elif c in _CHINESE_UNITS:
            section += (digit or 1) * _CHINESE_UNITS[c]
            digit = 0
        else:
            total = (total + section + digit) * CHINESE_SCALES[c]
            section = digit = 0
    return total + section + digit
