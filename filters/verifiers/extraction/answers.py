r"""Finds the answer in a reply, by one fixed order; the rule that fired is recorded.

Only the text after the closing think tag counts. Then: the last complete box; `<answer>`; `####`;
a line that announces the answer; a bold answer near the end; the formula that ends the reply or
the value of its concluding sentence; a reply that is one short sentence; the one value of its last
sentence; an older conclusion. See docs/verifiers.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from filters.trace_format import reply_of
from filters.verifiers.extraction.boxes import last_boxed
from filters.verifiers.extraction.sentences import ending, first_sentence, sentences_in
from filters.verifiers.extraction.statements import (
    BOLD,
    MATH,
    NUMBER,
    PROSE,
    choice_of,
    final_value,
    from_formulas,
    is_formula,
    is_value,
    number_in,
    spelled,
    stands_alone,
)

MAX_REPLY_CHARS = 400_000
"""After the thinking; a longer reply is read from its end only."""


TAIL_CHARS = 6_000
"""How far back from the end an unboxed answer is looked for."""


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
    text = text.strip()[-MAX_REPLY_CHARS:]
    for rule, find in _MARKED.items():
        if answer := find(text):
            return Found(answer, rule)
    text = _without_long_blanks(text)
    for rule, find in _STATED.items():
        if answer := find(text):
            return Found(answer, rule)
    return None


_LONG_BLANKS = re.compile(r"\s{40,}")


def _without_long_blanks(text: str) -> str:
    """Patterns that allow blanks between words look for their next word behind each one of them."""
    return _LONG_BLANKS.sub(lambda run: "\n\n" if "\n" in run[0] else " ", text)


def extract_bare(text: str) -> Found | None:
    """The answer of a text that is itself the answer, perhaps in a little prose."""
    text = reply_of(text).strip()[-MAX_REPLY_CHARS:]
    if boxed := last_boxed(text):
        return Found(boxed, "boxed")
    prose = bool(text) and PROSE.search(text) is not None and not is_value(text)
    if prose and (answer := _announced(text) or final_value(text)):
        return Found(answer, "prose")
    return Found(text, "bare") if text else None


def _answer_tag(text: str) -> str | None:
    end = text.rfind("</answer>")
    start = text.rfind("<answer>", 0, end) if end >= 0 else -1
    if start < 0:
        return None
    inside = text[start + len("<answer>") : end].strip()
    return final_value(inside[-TAIL_CHARS:]) if len(inside) > 300 else inside or None


_HASHES = re.compile(r"^[ \t]*####[ \t]+([^\n#]+)$", re.MULTILINE)


def _hashes(text: str) -> str | None:
    found = _HASHES.findall(text[-TAIL_CHARS:])
    line = found[-1].strip() if found else ""
    return line if line and re.search(r"\d|\$|\\", line) else None


_ANNOUNCED = re.compile(
    r"(?:\b(?:the\s+)?(?:(?:final|correct|right)\s+answer|(?:correct|right)\s+(?:option|choice))\b"
    r"|\boption(?=\s*[(*]*[A-J]\b[)*]*\s*(?:is\s+(?:the\s+)?(?:right|correct|true|best)\b|[.!*]*\s*$))"
    r"|正确的?(?:选项|选择)|选项(?=\s*[A-J]\s*(?:是?正确|。?\s*$))"
    r"|\bthe\s+answer\b|\banswer\s+is\b"
    r"|(?:^|[\n*])[ \t*#]{0,20}answer[ \t]*\**[ \t]*:|\bour\s+answer\b|\bmy\s+(?:answer|reply)\b"
    r"|最终答案|正确答案|答案|故选|应选|因此选|所以选|(?:^|\n)[ \t*]*答[ \t]*\**[:：]"
    r"|\bla\s+réponse\b|\bréponse\s*(?:finale)?\s*:|\bdie\s+antwort\b|\bantwort\s*:"
    r"|\bla\s+respuesta\b|\brespuesta\s*:|\ba\s+resposta\b|\bответ\s*:|उत्तर\s*:|答え)",
    re.IGNORECASE,
)


_LEAD_IN = re.compile(
    r"(?:[ \t*:：=,，]|\b(?:is|are|equals|be|est|ist|es|é|therefore|thus|for\s+sure|definitely"
    r"|clearly|simply|indeed|just)\b|为|是|應為|应为|选|：)+",
    re.IGNORECASE,
)


def _announced(text: str) -> str | None:
    tail = text[-TAIL_CHARS:]
    for match in reversed(list(_ANNOUNCED.finditer(tail))):
        lead = _LEAD_IN.match(tail, match.end())
        start = lead.end() if lead else match.end()
        if _NAMED_ONLY.match(match[0]) and not _leads(tail, match.end(), start):
            qualified = _QUALIFIED.match(tail, start)
            if qualified is None:
                continue
            start = qualified.end()
        statement = _statement(tail, start)
        heads_all = not tail[: match.start()].strip(" *#\n")
        if (
            heads_all
            and len(tail) - start > MAX_FIRST_LINE
            and not is_value(statement.strip("* ."))
        ):
            continue
        if _JUDGED.fullmatch(statement):
            continue
        answer = final_value(_without_clause(statement))
        if answer:
            return answer
    return None


_JUDGED = re.compile(
    r"\W*(?:indeed |also |now |clearly )?(?:correct|right|wrong|reasonable|consistent|verified"
    r"|valid|clear|as follows|below|above|正确的?|合理的?)\W*",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"[,;]?\s+(?:because|since)\b|[,;]\s+(?:which|who|that)\s+(?!is\b|are\b|equals?\b|gives\b"
    r"|simplif|makes\b|means\b|comes\b|amounts\b|rounds\b|can\b|reduces\b|would\b|we\b)"
    r"|\s\((?=[a-z]{3,} [^()]*\)\W*$)|\s+and\s+(?:they|it|this|these|she|he|we)\b"
    r"|[，；,](?=比|因为|其中|这)"
)


def _without_clause(statement: str) -> str:
    """A statement up to the clause that only adds to its value: `20 apples, which cost $35`."""
    clause = _CLAUSE.search(statement)
    if clause is None or not _VALUE.search(statement[: clause.start()]):
        return statement
    return statement[: clause.start()]


_NAMED_ONLY = re.compile(r"\s*(?:the|our|my|la|die|a)\s", re.IGNORECASE)
_BEGINS_VALUE = re.compile(r"[-−]?[\d$\\*(√π]")


def _leads(text: str, end: int, start: int) -> bool:
    """Whether "the answer" is followed by `is`, a colon or at once by a value."""
    return bool(text[end:start].strip()) or _BEGINS_VALUE.match(text, start) is not None


MAX_FIRST_LINE = 150
"""`Answer:` as the first word of a longer reply announces a value, or is only its heading."""


_QUALIFIED = re.compile(r"[^\n.!?=,]{0,80}?\b(?:is|are|to be|equals|=|:)[ \t:]*")


def _statement(text: str, start: int) -> str:
    """The rest of the announcing sentence; of the next lines where the line ends at once."""
    rest = text[start:].lstrip(" \t*:：\n")
    if rest[:2] in ("\\[", "$$"):
        close = {"\\[": "\\]", "$$": "$$"}[rest[:2]]
        end = rest.find(close, 2)
        if end > 0:
            return rest[: end + 2]
    return first_sentence(rest)


def _bold(text: str) -> str | None:
    """The last bold text near the end that holds a value and is no heading."""
    tail = ending(text[-TAIL_CHARS:])
    for match in reversed(list(BOLD.finditer(tail))):
        body = (match[1] or match[2] or match[3]).strip()
        after = tail[match.end() : match.end() + 2].lstrip()
        if body.endswith((":", "：")) or after.startswith((":", "：")) or _HEADING.match(body):
            continue
        if letter := choice_of(body):
            return letter
        if _VALUE.search(body) and (answer := final_value(body)):
            return answer
    return None


_HEADING = re.compile(r"(?:step|case|part|question|problem|note|example|第)\s*\d", re.IGNORECASE)


_VALUE = re.compile(r"\d|\$|\\[a-zA-Z(\[]|[一二三四五六七八九十百½¼¾√π∞]")


_CONCLUDING = re.compile(
    r"\b(?:therefore|thus|hence|so|consequently|accordingly|in\s+conclusion|we\s+conclude|finally"
    r"|in\s+total|altogether|in\s+all|it\s+follows|which\s+(?:means|gives|implies)"
    r"|donc|ainsi|par\s+conséquent|en\s+conclusion|daher|somit|folglich|insgesamt"
    r"|por\s+lo\s+tanto|por\s+tanto|portanto|entonces|así\s+que|quindi|dunque"
    r"|следовательно|поэтому|значит|таким\s+образом)\b"
    r"|∴|\\therefore|因此|所以|于是|故|即|综上|由此|总共|一共|इसलिए|अतः|したがって|よって|ゆえに|따라서|그러므로",
    re.IGNORECASE,
)


def _conclusion(text: str) -> str | None:
    """The value of the formula that ends the reply, or of a conclusion in its last sentences."""
    sentences = sentences_in(text[-TAIL_CHARS:])
    if sentences and (formula := _DISPLAYED.fullmatch(sentences[-1])):
        return final_value(formula[0])
    return _concluded(sentences[-2:])


def _older_conclusion(text: str) -> str | None:
    return _concluded(sentences_in(text[-TAIL_CHARS:])[-12:-2])


def _concluded(sentences: list[str]) -> str | None:
    for sentence in reversed(sentences):
        places = list(_CONCLUDING.finditer(sentence))
        if places and (answer := final_value(sentence[places[-1].start() :], concluding=True)):
            return answer
    return None


_DISPLAYED = re.compile(
    r"(?:\\\[[^\0]{1,2000}\\\]|\$\$[^$]{1,2000}\$\$|\\\([^\n]{1,500}\\\))[.\s]*"
)


def _last_sentence(text: str) -> str | None:
    """The one value of the sentence that ends the reply; two values there are no answer."""
    sentences = sentences_in(text[-TAIL_CHARS:])
    last = sentences[-1] if sentences else ""
    formulas = [m for m in MATH.finditer(last) if is_formula(m)]
    if len(formulas) == 1 and not NUMBER.search(last[: formulas[0].start()]):
        return final_value(last)
    if formulas and not last[formulas[-1].end() :].strip(" .。!*"):
        return from_formulas(last, formulas)
    numbers = [m for m in NUMBER.finditer(last) if stands_alone(last, m)]
    return number_in(last) if len(numbers) == 1 and not formulas else None


MAX_SHORT = 300


def _short(text: str) -> str | None:
    """A reply that is one short sentence is its own answer."""
    text = text.strip()
    if not text or len(text) > MAX_SHORT:
        return None
    sentences = sentences_in(text)
    if len(sentences) > 2 or (len(sentences) == 2 and len(sentences[0]) > 40):
        return None
    return final_value(sentences[-1]) or text


def _last_number(text: str) -> str | None:
    matches = [
        m for m in NUMBER.finditer(text[-TAIL_CHARS:]) if stands_alone(text[-TAIL_CHARS:], m)
    ]
    return spelled(matches[-1]) if matches else None


Rules = dict[str, Callable[[str], str | None]]
_MARKED: Rules = {"boxed": last_boxed, "answer_tag": _answer_tag}
_STATED: Rules = {
    "hashes": _hashes,
    "answer_line": _announced,
    "bold": _bold,
    "conclusion": _conclusion,
    "short": _short,
    "last_sentence": _last_sentence,
    "earlier_conclusion": _older_conclusion,
}
