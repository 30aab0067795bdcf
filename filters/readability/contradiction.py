"""Does the summary say another answer than the thinking came to?

Nearly all pairs agree, which a compiled walk sees: what the summary boxes, or else its last
number, stands at the end of the thinking. The others are read here. Only answers that can be
compared count: numbers and fractions, choices, yes and no; other words say the same in too many
ways.
"""

from __future__ import annotations

import re

import numpy as np
import polars as pl

from filters.texts import Texts, compiled, find_byte, literal, stands, text_at
from filters.verdict_rows import scattered

_FAR, _NEAR = 1500, 300
"""characters at the end of the thinking: its boxes lie in these; these state its answer"""
_ROOM = 40
"""bytes of an answer that are compared"""

_NUMBER = r"-?\d+(?:(?:,|\\,|\{,\}|[ \u00a0\u202f])\d{3}(?!\d))*(?:[.,]\d+)?(?:\s*/\s*\d+)?(?!\d)"
_MARKS = r"(?:\*\*|\\\(|\\?\$|€|£)*"
# ... of its sentence, and no calculation goes on behind it
_IS_LAST = (
    r"(?!\s*(?:[-+*/×÷·=^<>≤≥％%:：]|\\(?:times|cdot|div|frac|%|pm)|[.,]\d"
    r"|(?:times|more than|less|plus|minus|of|percent|or|and|或|和|到|ou|oder|und|et|y|o)\b))"
    r"(?=[^\d\n.。!]{0,60}(?:[.。!\n]|$))"
)
_ANSWER = [
    *("answer", "result", "答案", "结果", "答え", "antwort", "ergebnis", "réponse", "résultat"),
    *("respuesta", "resultado", "ответ"),
]
# spelt out: where case is ignored, a pattern cannot skip to the letters it may begin with
_ANY_ANSWER = "|".join(dict.fromkeys(f(w) for w in _ANSWER for f in (str, str.title, str.upper)))
_STATED = re.compile(
    rf"(?:{_ANY_ANSWER})"
    r"(?i:\s*(?:\*\*|is|should be|must be|would be|are|是|为|は|ist|lautet|est|es|:|：|-|—))*"
    rf"\s*{_MARKS}\s*(?:({_NUMBER}){_IS_LAST}|\(?([A-J])\)?(?=[.)*\n]|$)|((?i:yes|no|true|false))\b)"
)
_RESULT = rf"\s*{_MARKS}\s*({_NUMBER}){_IS_LAST}[^\n.]*.?$"
_COMPUTED = re.compile(rf"(?i)(?:[=＝≈]|\bequals?(?: to)?(?: an?(?: \w+){{1,2}} of)?){_RESULT}")
_CONCLUDED = re.compile(
    r"(?i)(?:\b(?:is|are|was|were|have|has|had|makes?|gives?|gets?|leaves?|costs?|results? in"
    r"|totals?|(?:total|sum|cost|price|profit|amount|difference) of|es|son|est|sont|fait|ist|sind"
    r"|ergibt)\b|是|为|有|共|равно|^(?:therefore|thus|hence|so)\b[^\d=]*?)"
    rf"\s*(?:about |exactly |only )?{_RESULT}"
)
_TO_COME = re.compile(r"(?i)\b(?:will|need to|once|let me)\b|'ll\b|\?")
_SENTENCE_END = re.compile(r"[.!?]\s+|[。！？]|\n")
_DIGIT = re.compile(r"\d")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*(?:\s*/\s*\d+)?")
_ROUGHLY = re.compile(
    r"(?i)≈|\\approx|\bapproximat|\bround|\b(?:about|around|roughly|nearly)\W{1,5}\d|约|左右"
)
_BOXES = re.compile(r"\\boxed\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")

_CLOSES = re.compile(r"^\s*(?:\\[\])]|\$\$?)")

_FRACTION = re.compile(r"\\[dtc]?frac\s*\{?(-?\d+)\}?\s*\{?(\d+)\}?")
_DRESS = re.compile(
    r"\\(?:text|mathrm|textbf|mathbf)\{([^{}]*)\}|\\[$,;! ]|\$|\\?%|\^?\{?\\circ\}?|€|£|\{,\}"
)
_VALUE = re.compile(
    r"(?:[A-Za-z]\s*=)?\s*(-?\d[\d,. \u00a0\u202f]*?)(?:\s*/\s*(\d+))?\s*[A-Za-z ]*\.?"
)
_ALL_PLACES = 9
_THOUSANDS = re.compile(r"[,\s](?=\d{3}(?!\d))")
_CHOICE = re.compile(r"\(?([A-J])\)?\.?|(?i:(yes|no|true|false))\.?")
_UNITS = (7, 12, 24, 52, 60, 100, 365, 1000, 1440, 3600, 10_000, 1_000_000)
"""weeks, feet, hours, per cent, …: a number so many times another may be the same in other units"""


def contradictions(thinking: Texts, summary: Texts) -> pl.Series:
    """1 where `contradicts`."""
    answers = np.zeros((summary.height, _ROOM), dtype=np.uint8)
    size = summary.walk(_answer, 1, answers)
    unsaid = (size > 0) & (thinking.walk(_ends_with, 1, answers, size) == 0)
    rows = pl.Series(np.flatnonzero(unsaid[:, 0] & ~thinking.null))
    pairs = zip(thinking.column[rows], summary.column[rows], strict=True)
    return scattered(summary.height, rows, [float(contradicts(*pair)) for pair in pairs])


_BOX = literal(r"\boxed{")
_BLANK, _DOLLAR, _BACKSLASH = b" $\\"


@compiled
def _answer(places, out, answers):
    """Copies what a text's only box holds, or without one the last number near its end, and says
    how long it is."""
    for row in places.rows:
        text, of, boxes, size = text_at(places, row), answers[row], 0, 0
        at = find_byte(text, _BACKSLASH, 0)
        while at < len(text):
            if stands(text, at, _BOX):
                boxes += 1
                size = _copied(text, at + len(_BOX), of)
            at = find_byte(text, _BACKSLASH, at + 1)
        if boxes == 0:
            size = _copied(text, _last_number(text), of)
        out[row, 0] = size if boxes < 2 else 0


@compiled
def _last_number(text):
    """Where it begins; the end of the text where the last bytes have none."""
    at = len(text) - 1
    while at >= max(0, len(text) - _NEAR) and not 48 <= text[at] <= 57:
        at -= 1
    if at < max(0, len(text) - _NEAR):
        return len(text)
    while at > 0 and 44 <= text[at - 1] <= 57:  # , - . / 0-9
        at -= 1
    while not 48 <= text[at] <= 57:
        at += 1
    return at


@compiled
def _copied(text, at, to):
    """A number without what follows it, else all up to the closing brace."""
    n = len(text)
    while at < n and (text[at] == _BLANK or text[at] == _DOLLAR or stands(text, at, _ESCAPED)):
        at += 1
    if at == n:
        return 0
    size, depth, number = 0, 0, text[at] == 45 or 48 <= text[at] <= 57
    while at + size < n and size < _ROOM:
        byte = text[at + size]
        depth += int(byte == 123) - int(byte == 125)
        if depth < 0 or (number and not 44 <= byte <= 57):
            break
        to[size] = byte
        size += 1
    while number and size > 0 and to[size - 1] < 48:
        size -= 1
    return size


_ESCAPED = literal(r"\$")


@compiled
def _ends_with(places, out, answers, sizes):
    """Whether the answer is in the text's last box or, where none is near its end, stands there by
    itself."""
    for row in places.rows:
        size = sizes[row, 0]
        if size:
            answer, text = answers[row][:size], text_at(places, row)
            text = text[max(0, len(text) - _NEAR) :]
            box, at = -1, find_byte(text, _BACKSLASH, 0)
            while at < len(text):
                box = at if stands(text, at, _BOX) else box
                at = find_byte(text, _BACKSLASH, at + 1)
            if box >= 0:
                out[row, 0] = _alone(text, box + len(_BOX), answer)
                continue
            at = find_byte(text, answer[0], 0)
            while at < len(text) and not _alone(text, at, answer):
                at = find_byte(text, answer[0], at + 1)
            out[row, 0] = at < len(text)


@compiled
def _alone(text, at, answer):
    """Whether it stands there, and is no part of a longer word or number."""
    end = at + len(answer)
    if not stands(text, at, answer):
        return False
    if at > 0 and _of_word(text[at - 1]):
        return False
    if end + 1 < len(text) and text[end] in (44, 46) and 48 <= text[end + 1] <= 57:
        return False  # 3 in 3.5 or 3,000
    return end == len(text) or not _of_word(text[end])


@compiled
def _of_word(byte):
    return 48 <= byte <= 57 or 65 <= byte <= 90 or 97 <= byte <= 122


def contradicts(thinking: str, summary: str) -> bool:
    """Whether the thinking came to another answer than the summary's, which it does not mention:
    not near its end if it boxes or names its answer, and nowhere if its last sentence just holds
    a result."""
    answer = _answer_of(summary)
    if answer is None or not (_value(answer) or _choice(answer)):
        return False
    near, far = thinking[-_NEAR:], thinking[-_FAR:]
    around = near + summary[-_NEAR:]
    if boxes := list(_BOXES.finditer(far)):
        thought = boxes[-1].group(1)
        if not all(_differ(box.group(1), answer, around) for box in boxes):
            return False
        looked_at = "" if _is_last_word(far[boxes[-1].end() :], "\n") else far
    elif thought := _last(_STATED, near):
        looked_at = near
    else:
        thought, looked_at = _result(_last_sentence(near.rstrip())), thinking
    return _differ(thought, answer, around) and not _mentions(looked_at, answer, around)


def _answer_of(summary: str) -> str | None:
    """What it boxes at its end, or without a box what it says the answer is."""
    if "\\boxed" not in summary:
        return _last(_STATED, summary[-_NEAR:]) or None
    boxed = list(_BOXES.finditer(summary))
    if len(boxed) != 1 or summary.count("\\boxed") != 1:
        return None
    # behind it another question may be answered
    return boxed[0].group(1) if _is_last_word(summary[boxed[0].end() :], "\n\n") else None


def _last_sentence(text: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    return text[ends[-1] :] if ends else text


def _result(sentence: str) -> str:
    """What a sentence computes or concludes; empty if nothing."""
    if not _DIGIT.search(sentence):
        return ""
    if (computed := _last(_COMPUTED, sentence)) or _TO_COME.search(sentence):
        return computed
    return _last(_CONCLUDED, sentence)


def _is_last_word(rest: str, line_end: str) -> bool:
    return line_end not in _CLOSES.sub("", rest).rstrip()


def _last(pattern: re.Pattern[str], text: str) -> str:
    matches = list(pattern.finditer(text))
    return matches[-1].group(matches[-1].lastindex or 0) if matches else ""


def _mentions(text: str, answer: str, around: str) -> bool:
    """Whether a number of that size stands there, with any sign: a dash may be a minus."""
    value = _value(answer)
    if value is None:
        return False
    if answer.isdecimal() and _stands_alone(text, answer):
        return True  # as nearly all do
    numbers = {*_NUMBERS.findall(text), *(m.group() for m in _FRACTION.finditer(text))}
    size = abs(value[0]), value[1]
    return any(other and _same(other, size, around) for other in map(_value, numbers))


def _stands_alone(text: str, number: str) -> bool:
    """Whether it stands there, and is no part of a longer number or of a fraction."""
    at = text.find(number)
    while at >= 0:
        end = at + len(number)
        before, after = text[max(0, at - 40) : at].rstrip(), text[end : end + 40]
        goes_on = after[:1].isdecimal() or (after[:1] in ".,/" and after[1:2].isdecimal())
        inside = before[-1:].isdecimal() or before.endswith((".", ",", "/"))
        if not goes_on and not inside and not after.lstrip().startswith("/"):
            return True
        at = text.find(number, end)
    return False


def _differ(one: str, other: str, around: str) -> bool:
    """Whether these are two answers that can be compared and are not the same, even in other units
    or rounded."""
    a, b = _value(one), _value(other)
    if a is None or b is None:
        return _differ_as_choices(_choice(one), _choice(other))
    if _same(a, b, around):
        return False
    low, high = sorted((abs(a[0]), abs(b[0])))
    return low == 0 or all(abs(high / low / times - 1) > 0.005 for times in _UNITS)


def _same(a: tuple[float, int], b: tuple[float, int], around: str) -> bool:
    """Whether these are the same number, one perhaps rounded: of whole ones the text says so."""
    (x, places), (y, others) = a, b
    last_place = 10.0 ** -min(places, others) if places != others else 0
    apart = abs(x - y)
    if apart >= last_place and apart > max(abs(x), abs(y)) / 100:
        return False
    return x == y or places + others > 0 or bool(_ROUGHLY.search(around))


def _choice(text: str) -> re.Match[str] | None:
    return _CHOICE.fullmatch(_undressed(text))


def _differ_as_choices(one: re.Match[str] | None, other: re.Match[str] | None) -> bool:
    if one is None or other is None:
        return False
    letters, words = zip(one.groups(), other.groups(), strict=True)
    if all(letters):
        return letters[0] != letters[1]
    lower = {str(word).lower() for word in words}
    return lower in ({"yes", "no"}, {"true", "false"})


def _undressed(text: str) -> str:
    return _DRESS.sub(r"\1", text).strip()


def _value(text: str) -> tuple[float, int] | None:
    """A number and how many decimals it shows, a fraction all of them."""
    if text.isdecimal():
        return float(text), 0
    text = _undressed(text)
    if fraction := _FRACTION.fullmatch(text):
        text = "/".join(fraction.groups())
    match = _VALUE.fullmatch(text)
    if not match:
        return None
    try:
        digits = _THOUSANDS.sub("", match.group(1)).replace(",", ".")
        number = float(digits) / float(match.group(2) or 1)
        places = len(digits.partition(".")[2]) if match.group(2) is None else _ALL_PLACES
        return number, 0 if number.is_integer() else places
    except (ValueError, ZeroDivisionError):
        return None
