"""Does the summary say another answer than the thinking came to?

Both are read as the verifiers read a reply. Only answers that can be compared count: numbers,
choices, yes and no; and what may be the same in other units, or rounded, is no contradiction.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from filters.verifiers.equality.rational import ExactComparer, GoldUnparseable, Undecided, rational
from filters.verifiers.equality.same_answer import same_answer
from filters.verifiers.extraction.answers import stated_answer
from filters.verifiers.extraction.boxes import boxes_in
from filters.verifiers.extraction.sentences import sentences_in
from filters.verifiers.grammar.answer_forms import tree
from filters.verifiers.grammar.choice_letters import bare_letter
from filters.verifiers.grammar.tokens import TooLarge, Unparseable
from filters.verifiers.grammar.words import meaning

_FAR, _NEAR, _LAST = 1500, 300, 40
"""characters at the end of the thinking: its boxes lie in these; these state its answer; what
stands in these is its last word"""
_ROOM = 100
"""characters of an answer that is compared: a number, a choice or a word"""
_ANNOUNCES = ("answer_tag", "hashes", "answer_line")
"""rules of extraction that go by words such as `the answer is`"""
# what an answer follows at once: elsewhere the value may be any number of a sentence
_LEADS = (
    r"[:：]|\b(?:is|are|be|ist|est|es|lautet|answer|antwort|réponse|respuesta|ответ)|[是为為は]"
)
_ANNOUNCED = re.compile(rf"(?i)(?:{_LEADS})\W*$")
_COMPUTED = re.compile(r"[=＝≈]\W*$")
_CONCLUDED = re.compile(
    rf"(?i)(?:{_LEADS}|[=＝≈有共]|\b(?:was|were|has|have|had|makes?|gives?|gets?|leaves?|costs?|needs?"
    r"|spent|equals?|totals?|totaling|of|son|sont|fait|sind|ergibt))\W*$"
)
_ANSWER = re.compile(
    r"(?i)answer|result|答案|结果|答え|antwort|ergebnis|réponse|résultat|respuesta|ответ"
)
_NUMBERS = re.compile(r"\\[dtc]?frac\s*\{?\d+\}?\s*\{?\d+\}?|\d+(?:[.,]\d+)*(?:\s*/\s*\d+)?")
_DIGITS = re.compile(r"\d[\d.,]*")
_ROUGHLY = re.compile(
    r"(?i)≈|\\approx|\bapproximat|\bround|\b(?:about|around|roughly|nearly)\W{1,5}\d|约|左右"
)
_TO_COME = re.compile(r"(?i)\b(?:will|need to|once|let me)\b|'ll\b|\?")
_LEADS_ON, _GOES_ON = re.compile(r"(?:[\w/]|\d[.,])$"), re.compile(r"\w|[.,/]\d")
_CLOSES = re.compile(r"\s*(?:\\[\])]|\$\$?)")
_UNITS = (7, 12, 24, 52, 60, 100, 365, 1000, 1440, 3600, 10_000, 1_000_000)
"""weeks, feet, hours, per cent, …: a number so many times another may be the same in other units"""
_SINGLE = ("n", "/", "neg", "mixed")
_UNREADABLE = (Unparseable, TooLarge, Undecided, GoldUnparseable, RecursionError)


class Contradiction(NamedTuple):
    thought: str
    said: str


def contradiction(thinking: str, summary: str) -> Contradiction | None:
    """The two answers, where the thinking came to another one than the summary's and does not
    mention that: not near its end if it boxes or announces its answer, and nowhere if its last
    sentences just come to a result."""
    said, near = _said(summary), thinking[-_NEAR:]
    if said is None or len(said) > _ROOM or (thought := _thought(thinking, said)) is None:
        return None
    roughly = _ROUGHLY.search(near + summary[-_NEAR:]) is not None
    if _mentioned(said, thought.around, roughly):
        return None
    if not all(_differ(answer, said, roughly) for answer in thought.answers):
        return None
    return Contradiction(thought.answers[-1], said)


class _Thought(NamedTuple):
    answers: list[str]
    around: str
    """text in which the summary's answer would be mentioned if this were not the last word"""


def _thought(thinking: str, said: str) -> _Thought | None:
    """What the thinking comes to; null where that is what is said, as nearly always."""
    near, far = thinking[-_NEAR:], thinking[-_FAR:]
    boxes = boxes_in(far)
    if _stands_alone(boxes[-1][2] if boxes else near[-_LAST:], said):
        return None
    if boxes:
        around = "" if _is_last_word(far[boxes[-1][1] :], "\n") else far
        return _Thought([content for _, _, content in boxes], around)
    if not _ANSWER.search(near) and _stands_alone(thinking, said):
        return None
    last = (sentences_in(near) or [""])[-1]
    if _is_given(said, last):
        return None
    if found := _stated(last, _COMPUTED if _TO_COME.search(last) else _CONCLUDED):
        named = _ANSWER.search(last, 0, found.place) is not None
        return _Thought([found.answer], last if named else thinking)
    if _is_given(said, near):
        return None
    if (found := _stated(near, _ANNOUNCED)) and found.rule in _ANNOUNCES:
        return _Thought([found.answer], near)
    return None


class _Stated(NamedTuple):
    answer: str
    rule: str
    place: int
    """where in the text the value is"""


def _stated(text: str, follows: re.Pattern[str]) -> _Stated | None:
    """What the text says outright."""
    found = stated_answer(text)
    if found is None or found.rule == "earlier_conclusion" or found.answer.endswith("?"):
        return None
    digits = _DIGITS.search(found.answer)
    place = text.rfind(digits.group() if digits else found.answer)
    leads = follows.search(text[max(0, place - 20) : max(0, place)])
    return _Stated(*found, place) if leads else None


def _said(summary: str) -> str | None:
    """What the summary boxes at its end, or without a box announces there."""
    if "\\boxed" not in summary:
        end = summary[-_NEAR:]
        found = _stated(end, _ANNOUNCED) if _ANSWER.search(end) else None
        return found.answer if found and found.rule in _ANNOUNCES else None
    if summary.count("\\boxed") > 1 or not (boxes := boxes_in(summary)):
        return None
    # behind it another question may be answered
    return boxes[0][2] if _is_last_word(summary[boxes[0][1] :], "\n\n") else None


def _is_last_word(rest: str, line_end: str) -> bool:
    closes = _CLOSES.match(rest)
    return line_end not in rest[closes.end() if closes else 0 :].rstrip()


def _stands_alone(text: str, answer: str) -> bool:
    """Whether it stands there, and is no part of a longer word or number, nor of a fraction."""
    place = text.find(answer)
    while place >= 0:
        end = place + len(answer)
        if not _LEADS_ON.search(text[max(0, place - 2) : place]) and not _GOES_ON.match(text, end):
            return True
        place = text.find(answer, place + 1)
    return False


def _is_given(answer: str, text: str) -> bool:
    """Whether it is a number that stands there as it is."""
    return _stands_alone(text, answer) and _number(answer) is not None


def _mentioned(answer: str, text: str, roughly: bool) -> bool:
    """Whether a number of that size stands there, with any sign: a dash may be a minus."""
    if _is_given(answer, text):
        return True
    value = _number(answer)
    if value is None:
        return False
    numbers = map(_number, set(_NUMBERS.findall(text)))
    return any(n is not None and _same(n, abs(value), roughly) for n in numbers)


def _differ(one: str, other: str, roughly: bool) -> bool:
    """Whether these are two answers that can be compared and are not the same."""
    for option in (bare_letter, _verdict):
        pair = option(one), option(other)
        if all(pair):
            return pair[0] != pair[1]
    a, b = _number(one), _number(other)
    if a is None or b is None or _same(a, b, roughly):
        return False
    low, high = sorted((abs(a), abs(b)))
    if low and any(abs(high - low * times) * 200 <= low * times for times in _UNITS):
        return False
    return not _equal(one, other)


def _verdict(text: str) -> str | None:
    said = meaning(text)
    return said if said in ("yes", "no") else None


def _equal(one: str, other: str) -> bool:
    try:
        return same_answer(one, other, ExactComparer())
    except _UNREADABLE:
        return True  # nobody knows


@lru_cache(maxsize=4096)
def _number(text: str) -> Fraction | None:
    """The value of one number, whatever it counts; a sum or a power still has to be worked out."""
    try:
        node = tree(text)
        if node[0] == "rel" and node[1] == ("=",):
            node = node[2][-1]
        while node[0] in ("u", "label"):
            node = node[1]
        return rational(node) if node[0] in _SINGLE else None
    except _UNREADABLE:
        return None


def _same(x: Fraction, y: Fraction, roughly: bool) -> bool:
    """Whether these are the same number, one perhaps rounded: of whole ones the text says so."""
    if x == y:
        return True
    if x.denominator == y.denominator == 1 and not roughly:
        return False
    places, others = _places(x), _places(y)
    within = Fraction(1, 10 ** min(places, others)) if places != others else 0
    return abs(x - y) < within or abs(x - y) * 100 <= max(abs(x), abs(y))


def _places(x: Fraction) -> int:
    """Decimals it needs; of thirds and the like nine stand for all of them."""
    return next((n for n in range(9) if 10**n % x.denominator == 0), 9)
