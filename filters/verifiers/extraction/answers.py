r"""Finds the answer in a reply, by one fixed order; the rule that fired is recorded.

Only the text after the closing think tag counts. Then: the last complete box; `<answer>`; `####`;
a line that announces the answer; a bold answer near the end; the formula that ends the reply or
the value of its concluding sentence; a reply that is one short sentence; the one value of its last
sentence; an older conclusion. See docs/verifiers.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from filters.trace_format import reply_of
from filters.verifiers.extraction.announced import announced
from filters.verifiers.extraction.boxes import last_boxed
from filters.verifiers.extraction.conclusions import (
    bold,
    closing,
    conclusion,
    last_sentence,
    older_conclusion,
    short,
)
from filters.verifiers.extraction.doubts import gives_up, is_cut_off
from filters.verifiers.extraction.explained import answered_first, without_afterword, without_check
from filters.verifiers.extraction.figures import NUMBER, spelled, stands_alone
from filters.verifiers.extraction.sentences import TAIL_CHARS
from filters.verifiers.extraction.stated_numbers import numbers_stated
from filters.verifiers.extraction.statements import PROSE, final_value, is_value
from filters.verifiers.grammar.choice_letters import chosen_letter, last_item, wavers

MAX_REPLY_CHARS = 400_000
"""After the thinking; a longer reply is read from its end only."""


class Found(NamedTuple):
    answer: str
    rule: str


def extract(text: str, *, last_number: bool = False) -> Found | None:
    """The answer of a reply and the rule that found it, or None."""
    reply = reply_of(text)
    if found := stated_answer(reply):
        return found
    number = _last_number(reply.rstrip()) if last_number else None
    return Found(number, "last_number") if number else None


def stated_answer(text: str) -> Found | None:
    """The answer of a piece of text as it stands, be it a summary or a thinking: no tag is looked
    for. The rule says how plainly it is stated: up to `answer_line` it is announced, from `bold` on
    it is concluded from where it stands."""
    return next(candidates(text), None)


def candidates(text: str) -> Iterator[Found]:
    """What each rule finds, the first that finds something first."""
    text = text.strip()[-MAX_REPLY_CHARS:]
    for rule, find in _MARKED.items():
        if answer := find(text):
            yield Found(answer, rule)
    text = _without_long_blanks(text)
    if "<<" in text:
        text = _CALCULATION.sub("", text)
    if "> " in text:
        text = _QUOTED_LINE.sub("", text)
    if is_cut_off(text):
        return
    text = without_check(without_afterword(text))
    given_up = gives_up(closing(text)) if text else False
    for rule, find in _STATED.items():
        answer = find(text)
        if answer and not (given_up and re.search(r"\d", answer)):
            yield Found(answer, rule)


def extract_choice(text: str, letter_of: Callable[[str], str | None]) -> Found | None:
    """The option that a reply settles on: of all that is found, the first that names one."""
    reply = reply_of(text)
    clause = chosen_letter(" ".join(closing(reply)[-2:]))
    first = None
    for found in candidates(reply):
        if letter := letter_of(found.answer):
            return Found(letter, found.rule)
        if wavers(found.answer):
            return Found(clause, "clause") if clause else found
        if letter := letter_of(last_item(found.answer)):
            return Found(letter, found.rule)
        first = first or found
    return Found(clause, "clause") if clause else first


def extract_words(text: str, said_in: Callable[[str], bool]) -> Found | None:
    """As `extract`; where a reply announces nothing, its last sentence, if that says the words."""
    found = extract(text)
    if found is not None and found.rule in ANNOUNCED:
        return found
    reply = reply_of(text).strip()
    sentences = closing(reply)
    opening = _VERDICT.match(reply)
    if opening and said_in(opening[1]):
        return Found(opening[1], "short")
    if sentences and said_in(sentences[-1]):
        return Found(sentences[-1], "last_sentence")
    return found


def extract_several(text: str, many: int) -> Found | None:
    """As `extract`; where a reply marks nothing, so many numbers of its last sentence: "there are
    $12$ hens and $18$ ducks", "Tom has 12 and Ann has 18"."""
    found = extract(text)
    if found is None or found.rule not in _MARKED:
        last = [_IN_DOLLARS.sub(r"\1\2", s) for s in closing(reply_of(text).strip())[-many:]]
        said = numbers_stated(last[-1]) if last else []
        if len(said) == 1:  # a line for each
            said = [number for sentence in last for number in numbers_stated(sentence)]
        if len(said) == many:
            return Found(", ".join(map(spelled, said)), "last_sentence")
    return found


_IN_DOLLARS = re.compile(r"(?<![\\$])\$\s?(-?\d[\d.,]*)\s?\$|\\\(\s?(-?\d[\d.,]*)\s?\\\)")
_VERDICT = re.compile(r"\W{0,4}(yes|no|true|false)[.,:!*]", re.IGNORECASE)
_LONG_BLANKS = re.compile(r"\s{40,}")


def _without_long_blanks(text: str) -> str:
    """Patterns that allow blanks between words look for their next word behind each one of them."""
    return _LONG_BLANKS.sub(lambda run: "\n\n" if "\n" in run[0] else " ", text)


_CALCULATION = re.compile(r"<<[^<>\n]{0,200}>>")
"""GSM8K's notes for a calculator inside its sentences: `$<<3*42=126>>126`"""

_QUOTED_LINE = re.compile(r"^[ \t]{0,8}>[ \t]+(?=\S)", re.MULTILINE)
"""markdown's quotation, as some answers are set"""


def extract_bare(text: str) -> Found | None:
    """The answer of a text that is itself the answer, perhaps in a little prose."""
    text = reply_of(text).strip()[-MAX_REPLY_CHARS:]
    if boxed := last_boxed(text):
        return Found(boxed, "boxed")
    prose = bool(text) and PROSE.search(text) is not None and not is_value(text)
    if prose and (answer := announced(text) or final_value(text)):
        return Found(answer, "prose")
    return Found(text, "bare") if text else None


_TAG = re.compile(
    r"[<\[](/?)(answer|final[_ ]answer|final|solution|result|response|output|ans)[>\]]",
    re.IGNORECASE,
)

_TAG_ENDS = ("answer>", "answer]", "final>", "lution>", "result>", "sponse>", "output>", "ans>")


def _answer_tag(text: str) -> str | None:
    """What stands in the last complete pair of tags, or a value behind one that is never closed."""
    lower = text.lower()
    if not any(tag in lower for tag in _TAG_ENDS):
        return None
    tags = list(_TAG.finditer(text))
    for opening, closed in zip(reversed(tags[:-1]), reversed(tags[1:]), strict=True):
        if not opening[1] and closed[1] and opening[2].lower() == closed[2].lower():
            inside = text[opening.end() : closed.start()].strip()
            if len(inside) > 300:
                return final_value(inside[-TAIL_CHARS:])
            return inside.strip("*`") or None
    last = tags[-1] if tags and not tags[-1][1] else None
    left_open = text[last.end() :].strip("*` \n") if last else ""
    return left_open if is_value(left_open) else None


_HASHES = re.compile(r"^[ \t]*####[ \t]+([^\n#]+)$", re.MULTILINE)


def _hashes(text: str) -> str | None:
    found = _HASHES.findall(text[-TAIL_CHARS:]) if "####" in text else []
    line = found[-1].strip() if found else ""
    return line if line and re.search(r"\d|\$|\\", line) else None


def _last_number(text: str) -> str | None:
    matches = [
        m for m in NUMBER.finditer(text[-TAIL_CHARS:]) if stands_alone(text[-TAIL_CHARS:], m)
    ]
    return spelled(matches[-1]) if matches else None


ANNOUNCED = ("boxed", "answer_tag", "hashes", "answer_line")
Rules = dict[str, Callable[[str], str | None]]
_MARKED: Rules = {"boxed": last_boxed, "answer_tag": _answer_tag}
_STATED: Rules = {
    "hashes": _hashes,
    "answer_line": announced,
    "answered_first": answered_first,
    "bold": bold,
    "conclusion": conclusion,
    "short": short,
    "last_sentence": last_sentence,
    "earlier_conclusion": older_conclusion,
}
