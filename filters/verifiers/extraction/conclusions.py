"""The answer that a reply concludes with, unannounced: a bold value, the equation or the conclusion
in its last sentences, the one value of the last."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from itertools import pairwise

from filters.verifiers.extraction.clauses import (
    core_of,
    without_condition,
    without_parts,
    without_reason,
)
from filters.verifiers.extraction.doubts import hedged
from filters.verifiers.extraction.figures import NUMBER, plain_value
from filters.verifiers.extraction.sentences import (
    DISPLAYED,
    TAIL_CHARS,
    display_spans,
    ending,
    sentences_in,
)
from filters.verifiers.extraction.stated_numbers import (
    joined,
    number_in,
    numbers_stated,
    right_side,
    settled,
)
from filters.verifiers.extraction.statements import (
    ATTAINED,
    BOLD,
    MATH,
    VALUE,
    choice_of,
    final_value,
    from_formulas,
    is_formula,
    then_a_number,
)


def bold(text: str) -> str | None:
    """The last bold text near the end that holds a value and is no heading, unless plain
    sentences conclude something behind it."""
    tail = ending(text[-TAIL_CHARS:])
    for match in reversed(list(BOLD.finditer(tail))):
        body = (match[1] or match[2] or match[3]).strip()
        after = tail[match.end() : match.end() + 2].lstrip()
        if body.endswith((":", "：")) or after.startswith((":", "：")) or _HEADING.match(body):
            continue
        if letter := choice_of(body):
            return letter
        if VALUE.search(body) and (answer := final_value(body)):
            behind = closing(tail[match.end() :])[1:]
            if any(_worked_out(sentence) for sentence in behind):
                return None
            other = _BOLD_BEFORE.search(tail[max(0, match.start() - 60) : match.start()])
            return f"{other[1]}, {body}" if other and body.isdecimal() else answer
    return None


_BOLD_BEFORE = re.compile(r"\*\*(\d+)\*\* [a-z]{2,20},? and $")
"""the first half of `**12** hens and **18** ducks`"""
_HEADING = re.compile(r"(?:step|case|part|question|problem|note|example|第)\s*\d", re.IGNORECASE)

_CONCLUDING = re.compile(
    r"\b(?:therefore|thus|hence|so(?!\s+that\b)|consequently|accordingly|in\s+conclusion|we\s+conclude"
    r"|finally|as\s+a\s+result|overall|in\s+(?:short|summary)|to\s+sum\s+up|(?P<added>in\s+total|altogether|in\s+all|insgesamt)|it\s+follows|which\s+(?:means|gives|implies|leaves|makes)"
    r"|(?:we|to)\s+get"
    r"|(?<=,\s)(?:leaving|giving|making|bringing|resulting|that(?:'s|\s+is))"
    r"|donc|ainsi|par\s+conséquent|en\s+conclusion|daher|somit|folglich"
    r"|por\s+lo\s+tanto|por\s+tanto|portanto|entonces|así\s+que|quindi|dunque"
    r"|следовательно|поэтому|значит|таким\s+образом)\b"
    r"|∴|\\therefore|因此|所以|于是|故|即|综上|由此|总共|一共|इसलिए|अतः|したがって|よって|ゆえに|따라서|그러므로",
    re.IGNORECASE,
)


def conclusion(text: str) -> str | None:
    """The value of the formula or equation that ends the reply, or of a conclusion in its last
    sentences."""
    sentences = closing(text)
    if not sentences:
        return None
    if formula := DISPLAYED.fullmatch(sentences[-1]):
        return final_value(formula[0])
    worked_out = _worked_out(sentences[-1]) or _result_told(sentences) if sentences[1:] else None
    return worked_out or _concluded(sentences[-2:])


def _result_told(sentences: Sequence[str]) -> str | None:
    """The number of the last sentence that was worked out last before it, beside others that are
    known: `48 / 2 = 24 ⏎ It takes 2 workers 24 days`."""
    last = sentences[-1]
    right = next(filter(None, map(right_side, reversed(sentences[:-1]))), None)
    results = list(NUMBER.finditer(right)) if right and not re.search(r"[=\\]", last) else []
    if len(results) != 1 or hedged(last):
        return None
    stated = numbers_stated(core_of(last))
    told = [at for at, m in enumerate(stated) if plain_value(m) == plain_value(results[0])]
    if len(told) != 1 or any(joined(*pair) for pair in pairwise(stated)):
        return None
    if len(stated) == 1:
        return settled(stated)
    known = set(_FIGURES.findall(" ".join(sentences[:-1])))
    if not known.issuperset(_FIGURES.findall(" ".join(m["body"] for m in stated))):
        return None  # a result of its own may be among them
    return settled(stated[: told[0] + 1], plainly=True)


_FIGURES = re.compile(r"\d+(?:[.,]\d+)*")


def _concluded(sentences: Sequence[str]) -> str | None:
    for sentence in reversed(sentences):
        for place in reversed(list(_CONCLUDING.finditer(sentence))[-5:]):
            start = place.start()
            if place["added"]:  # "250 miles in total"
                start = max(sentence.rfind(sign, 0, start) for sign in ";:") + 1
            if _IMPOSSIBLE.search(sentence, 0, place.start()):
                continue
            if answer := final_value(sentence[start:], concluding=True):
                return answer
    return None


def older_conclusion(text: str) -> str | None:
    return _concluded(closing(text)[-12:-2])


def concludes(sentences: Sequence[str]) -> bool:
    """Whether one of the sentences has a word that concludes."""
    return any(_CONCLUDING.search(sentence) for sentence in sentences)


_IMPOSSIBLE = re.compile(r"\b(?:impossible|not\s+possible|cannot|can't)\s*$")


def closing(text: str) -> tuple[str, ...]:
    """The sentences up to the last that says something of the answer: neither offers nor checks."""
    return _closing(text[-TAIL_CHARS:])


@functools.lru_cache(maxsize=4)
def _closing(tail: str) -> tuple[str, ...]:
    """Remembered, as one rule after the other asks for the same reply's."""
    sentences = [line for s in sentences_in(tail)[-_SENTENCES:] for line in _lines(s)]
    while sentences and (_is_remark(sentences[-1]) or _in_brackets(sentences[-1])):
        sentences.pop()
    return tuple(sentences)


_SENTENCES = 20
"""as many as any rule looks back, and the remarks behind them"""


def _lines(sentence: str) -> list[str]:
    """The lines of a sentence that begin like one, as in sums that end without a full stop."""
    if "\n" not in sentence or display_spans(sentence):
        return [sentence]
    return _NEW_LINE.split(sentence)


_NEW_LINE = re.compile(r"(?<![:：,，])\n(?=[ \t]*[A-Z$\d(])")
_REMARK = re.compile(
    r"\W*(?:(?:we\s+can\s+|let(?:'s|\s+us|\s+me)\s+)?(?:double[- ])?(?:check|verif)"
    r"|to\s+(?:double[- ])?(?:check|verify)|let\s+me\s+know|(?:i\s+)?hope\s+(?:this|that|it)"
    r"|feel\s+free|good\s+luck|happy\s+to|confidence\b|remember\b|this\s+(?:solution|approach|method|makes\s+sense"
    r"|is\s+(?:because|since|reasonable|consistent))\b|is\s+there\s+anything|if\s+you(?:'d|\s+have|\s+need|\s+want|\s+would)|that(?:'s|\s+is)\s+(?:it|all)\b|please\b|note\b|(?:s?he|they|you|we|it)\s+could\s+(?:then|also)\b|验算|检验)",
    re.IGNORECASE,
)


def _is_remark(sentence: str) -> bool:
    question = sentence.endswith("?") and len(sentence.split()) > 2
    if question or not any(c.isalnum() for c in sentence):
        return True
    if _STEP.match(sentence) and not _GETS.search(sentence):
        return True
    return _REMARK.match(sentence) is not None and _CORRECTS.search(sentence) is None


_STEP = re.compile(
    r"\W*(?:step\s+\d+\W+)?(?:(?:next|first|then|now),?\s+)?"
    r"(?:we\s+(?:must|need\s+to|have\s+to|should|will)\s+)?"
    r"(?:multiply|divide|add|subtract|calculate|find|compute|determine)\s",
    re.IGNORECASE,
)
"""what is still to be done, where no result is told with it"""
_GETS = re.compile(r"[=:→]|\b(?:get|gets?|gives?|obtain|find|is|are|of)\W{1,5}\d")
_CORRECTS = re.compile(
    r"\b(?:must|should)\s+be\s+\W{0,3}\d|\b(?:wrong|incorrect|mistake|error|actually|instead)\b",
    re.IGNORECASE,
)


def _in_brackets(sentence: str) -> bool:
    bare = sentence.strip(" .*")
    return bare[:1] == "(" and bare[-1:] == ")" and len(bare) > 4  # (B) is an answer


def _worked_out(sentence: str) -> str | None:
    """The right side of the equation with which the last line of a sentence works the answer out:
    `Together they make 720 + 1080 = 1800 pounds.`"""
    whole = without_parts(without_condition(ATTAINED.sub("", sentence)))
    sentence = without_reason(whole)
    if "=" in whole[len(sentence) :] and "=" not in sentence:  # 5 because 3 + 2 = 5
        return number_in(sentence)
    formulas = [m for m in MATH.finditer(sentence) if is_formula(m)]
    if formulas:
        ends = "=" in formulas[-1][0] and not NUMBER.search(sentence[formulas[-1].end() :])
        return from_formulas(sentence, formulas) if ends else None
    return number_in(sentence) if right_side(sentence) else None


def last_sentence(text: str) -> str | None:
    """The one value of the sentence that ends the reply; two values there are no answer."""
    last = (closing(text) or ("",))[-1]
    if worked_out := _worked_out(last):
        return worked_out
    formulas = [m for m in MATH.finditer(last) if is_formula(m)]
    if formulas and then_a_number(last[formulas[-1].end() :]):
        return final_value(last)
    if len(formulas) == 1 and not NUMBER.search(last[: formulas[0].start()]):
        return final_value(last)
    if formulas and _UNIT_ALONE.fullmatch(last, formulas[-1].end()):
        return from_formulas(last, formulas)
    stated = numbers_stated(core_of(last))
    one = len(stated) == 1 or (len(stated) == 2 and joined(*stated))
    return number_in(last) if one and not formulas else None


_UNIT_ALONE = re.compile(r"(?: [a-zA-Z²³]+){0,2}(?: \((?:about|approximately|≈)[^()]*\))?[ .。!*]*")

MAX_SHORT = 300


def short(text: str) -> str | None:
    """A reply that is one short sentence is its own answer."""
    text = text.strip()
    if not text or len(text) > MAX_SHORT:
        return None
    sentences = closing(text)
    if not 1 <= len(sentences) <= 2 or (len(sentences) == 2 and len(sentences[0]) > 40):
        return None
    return final_value(sentences[-1]) or text
