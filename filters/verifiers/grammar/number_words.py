"""Numbers as people write them: literals, English and Chinese number words. All exact."""

from __future__ import annotations

import re
from fractions import Fraction

MAX_DIGITS = 2_000


def read_literal(digits: str, exponent: int) -> Fraction:
    """The value of a plain literal such as `12.50` times ten to the exponent."""
    from filters.verifiers.grammar.tokens import TooLarge

    if len(digits) > MAX_DIGITS:
        raise TooLarge(f"a number of {len(digits)} digits, limit {MAX_DIGITS}")
    whole, _, fraction = digits.partition(".")
    value = Fraction(int(whole + fraction or "0"))
    shift = exponent - len(fraction)
    return value * 10**shift if shift >= 0 else value / 10**-shift


_ONES = {
    word: value
    for value, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
        " fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: value * 10
    for value, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9,
           "trillion": 10**12, "dozen": 12}  # fmt: skip
_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4,
          "fourth": 4, "fourths": 4, "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6,
          "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9, "ninths": 9,
          "tenth": 10, "tenths": 10}  # fmt: skip
_WORD = re.compile(r"[a-z]+")
_CHINESE_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "壹": 1}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
CHINESE_SCALES = {"万": 10**4, "亿": 10**8}
_CHINESE = frozenset(_CHINESE_DIGITS) | frozenset(_CHINESE_UNITS) | frozenset(CHINESE_SCALES)


def word_number(text: str) -> Fraction | None:
    """The value of `twenty-one`, `three quarters`, `minus five`, `三百二十一`; else None."""
    if len(text) > 100:
        return None
    if text and not text.isascii():
        return _chinese_number(text.strip())
    words = _WORD.findall(text.lower())
    if not words or words[0] not in _STARTS or not _only_words(text):
        return None
    if words[0] in ("minus", "negative"):
        inner = _english(words[1:])
        return None if inner is None else -inner
    return _english(words)


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
    from filters.verifiers.grammar.units import UNITS

    match = _CHINESE_COUNT.fullmatch(text.replace(" ", ""))
    if match is None:
        return None
    number, noun = match[1], match[2]
    if number[-1] == "千" and len(number) > 1 and noun[:1] in ("克", "米", "瓦"):
        number, noun = number[:-1], "千" + noun
    value = _chinese_number(number)
    counted = not noun or noun in UNITS or _MEASURED.fullmatch(noun) is not None
    return (value, noun) if value is not None and counted else None


_STARTS = {*_ONES, *_TENS, "minus", "negative", "a", "half"}


def _only_words(text: str) -> bool:
    return all(c.isalpha() or c in " -,\u00a0" for c in text)


def _english(words: list[str]) -> Fraction | None:
    words = [w for w in words if w != "and"] if len(words) > 1 else words
    if not words:
        return None
    if words == ["half"]:
        return Fraction(1, 2)
    if words == ["a"]:
        return None
    if words[0] == "a":
        words = ["one", *words[1:]]
    if words[-1] in _PARTS:
        return _english_fraction(words)
    return _english_whole(words)


def _english_fraction(words: list[str]) -> Fraction | None:
    """`three quarters`, `two and a half` (the and is gone by now)."""
    below = _PARTS[words[-1]]
    if len(words) >= 3 and words[-2] in ("a", "one") and words[-1] in ("half", "quarter", "third"):
        whole = _english_whole(words[:-2])
        return None if whole is None else whole + Fraction(1, below)
    top = _english_whole(words[:-1])
    return None if top is None else top / below


def _english_whole(words: list[str]) -> Fraction | None:
    total = group = 0
    last = 0
    for word in words:
        if word in _ONES:
            if last and last < 20:
                return None
            group += _ONES[word]
            last = max(_ONES[word], 1)
        elif word in _TENS:
            if last and last < 100:
                return None
            group += _TENS[word]
            last = _TENS[word]
        elif word in SCALES and group:
            scale = SCALES[word]
            if scale == 100:
                group *= 100
            else:
                total, group = total + group * scale, 0
            last = 0 if scale == 100 else 1_000
        else:
            return None
    return Fraction(total + group)


def _chinese_number(text: str) -> Fraction | None:
    if "分之" in text:
        below, _, top = text.partition("分之")
        return _chinese_fraction(below, top)
    if text.startswith("负") and len(text) > 1:
        inner = _chinese_number(text[1:])
        return None if inner is None else -inner
    if "点" in text:
        whole, _, digits = text.partition("点")
        if not digits or any(c not in _CHINESE_DIGITS for c in digits):
            return None
        start = _chinese_whole(whole)
        written = "".join(str(_CHINESE_DIGITS[c]) for c in digits)
        return None if start is None else start + Fraction(int(written), 10 ** len(written))
    value = _chinese_whole(text)
    return None if value is None else Fraction(value)


def _chinese_fraction(below: str, top: str) -> Fraction | None:
    whole = Fraction(0)
    if "又" in below:
        head, _, below = below.partition("又")
        found = _chinese_whole(head)
        if found is None:
            return None
        whole = Fraction(found)
    numerator, denominator = _chinese_whole(top), _chinese_whole(below)
    if numerator is None or not denominator:
        return None
    return whole + Fraction(numerator, denominator)


def _chinese_whole(text: str) -> int | None:
    if not text or len(text) > 20 or any(c not in _CHINESE for c in text):
        return None
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
