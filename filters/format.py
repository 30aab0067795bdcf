"""Has the trace the shape a record needs: thinking, its end, a summary, and nothing else?

The form of the tags is stored for every row, as the detail `tag_form`; each shape that cannot
become a record has its own reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter
from filters.schema import FOUND
from filters.settings import Count
from filters.texts import (
    BLOCK,
    Texts,
    compiled,
    fill_end,
    find_byte,
    here,
    literal,
    stands,
    stripped,
    text_at,
    whole_blocks,
)
from filters.trace_format import CLOSE, OPEN, TAG_FORMS, TURN_TOKEN, parse
from filters.verdict_rows import MOST, Found, found, listed, scattered

# <|im_end|>, <｜end▁of▁sentence｜>, [INST], <start_of_turn>: three letters at least, so that the
# pipes of F# and of absolute values stay out
TEMPLATE_TOKEN = (
    r"<\|[a-zA-Z][a-zA-Z_]{2,}[a-zA-Z_0-9]*\|>|<｜[^｜\n]{2,40}｜>|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>|</?tool_call>|</s>\s*$|^\s*<s>"
)
_NEXT_TURN = (
    r"\n[ \t#*]*(?:Human|User|Assistant|Instruction|用户|人类|Student)[ \t*]*[:：][ \t*]*\S"
    r"|\n###[ \t]*(?:Instruction|Question|Input|Problem|Response)\b"
)

_SERVICE = (
    r"error code|status code|http|server|request|connection|timed? ?out|attempts|rate.?limit|quota"
    r"|api|overload|unavailable|gateway|expecting value|token limit|context length|internal_error"
)
API_ERROR = (
    rf"(?i)^\W{{0,3}}(?:\w+\.)*\w*(?:error|exception)\b[^\n]{{0,120}}(?:{_SERVICE})"
    r"|^\W{0,3}['\x22]error['\x22]\s*:"
    r"|^\W{0,3}(?:http(?:/[\d.]+)?\s)?[45]\d\d\s+(?:internal server error|bad gateway|service"
    r"|too many|gateway|unauthorized|forbidden|not found|bad request)"
    r"|^(?:internal server error|bad gateway|service unavailable|too many requests"
    r"|rate limit (?:exceeded|reached)|request timed out|upstream (?:connect|request)"
    r"|an error occurred"
    r"|<!doctype html|<html|traceback \(most recent call last\))"
)
_ERROR_HEAD = 300
_API_ERROR = re.compile(API_ERROR)
_TOKEN = re.compile(TEMPLATE_TOKEN)
_AFTER = re.compile(rf"(?:{TURN_TOKEN.pattern})()|({_NEXT_TURN})")
_ERROR_BYTES = 3000
"""an error message is short; a text that discusses one is not"""


@dataclass(frozen=True)
class Format(Filter):
    """One opening tag at most, one closing tag, text on both sides of it, no template tokens."""

    name: ClassVar[str] = "format"
    version: ClassVar[int] = 3
    scores: ClassVar[tuple[str, ...]] = (
        *("form", "thinking_chars", "summary_chars", "extra_tags"),
        *("template_tokens", "junk_chars", "api_error"),
    )

    min_thinking: Count = 1
    """characters"""
    min_summary: Count = 1
    max_junk: Count = 0
    """characters allowed after the end of the reply: another turn, text after an end token"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        body, summary = frame.get_column("response"), frame.get_column("summary")
        texts, summaries = Texts(body), Texts(summary)
        odd = (texts.walk(_look, 1) + summaries.walk(_turn, 1))[:, 0]
        rows = pl.Series(np.flatnonzero(odd))
        finds = [_inspect(text) for text in body[rows]]
        return pl.DataFrame(
            {
                "form": [_NUMBER_OF_FORM.get(form) for form in frame.get_column("tag_form")],
                "thinking_chars": frame.get_column("thinking").str.len_chars(),
                "summary_chars": frame.get_column("summary").str.len_chars(),
                **{
                    name: scattered(frame.height, rows, [_size(some, what) for some in finds])
                    for name, what in _COUNTED.items()
                },
                "api_error": is_api_error(texts) | is_api_error(summaries),
                "detail": _details(frame.get_column("tag_form"), rows, finds),
            }
        )

    def rules(self) -> dict[str, pl.Expr]:
        form, tagged = pl.col("form"), pl.col("form") < TAG_FORMS.index("think-open-only")
        return {
            "api_error": pl.col("api_error") > 0,
            "no_tags": form == TAG_FORMS.index("no-tags"),
            "unclosed_thinking": form == TAG_FORMS.index("think-open-only"),
            "empty_thinking": tagged & (pl.col("thinking_chars") < self.min_thinking),
            "no_summary": tagged & (pl.col("summary_chars") < self.min_summary),
            "extra_tags": pl.col("extra_tags") > 0,
            "template_tokens": pl.col("template_tokens") > 0,
            "junk_after_end": pl.col("junk_chars") > self.max_junk,
        }


_OPEN, _CLOSE, _THINK = literal(OPEN), literal(CLOSE), literal("think")
_PIPE, _WIDE_PIPE, _INST, _SYS, _SYS_END, _TURN, _CALL, _BOS, _EOS = map(
    literal, ("<|", "<｜", "INST]", "<<SYS", "<</SYS", "_of_turn>", "_call>", "<s>", "</s>")
)


@compiled
def _look(places, out):
    """Whether there is a second tag, or one behind a bare `think`, or a part that all template
    tokens have one of."""
    end = np.empty(3 * BLOCK, dtype=np.uint8)
    for row in places.rows:
        text = text_at(places, row)
        whole = whole_blocks(text, BLOCK)
        fill_end(text, whole, 0, end)
        opening, closing, odd = _tags_and_tokens(text, whole)
        more_opening, more_closing, also_odd = _tags_and_tokens(end, 2 * BLOCK)
        opening, closing = opening + more_opening, closing + more_closing
        bare = closing > 0 and stands(text, stripped(text, 0, len(text))[0], _THINK)
        out[row, 0] = opening > 1 or closing > 1 or bare or odd or also_odd


_HUMAN, _USER, _ASSISTANT, _STUDENT, _INSTRUCTION, _USER_ZH, _HUMAN_ZH = map(
    literal, "Human User Assistant Student Instruction 用户 人类".split()
)
_QUESTION, _INPUT, _PROBLEM, _RESPONSE = map(literal, "Question Input Problem Response".split())


@compiled
def _turn(places, out):
    """Whether a line may begin another turn: with the name of a speaker or of a part."""
    for row in places.rows:
        text = text_at(places, row)
        begin = 0
        while begin < len(text):
            at = begin
            while at < len(text) and text[at] in (9, 32, 35, 42):  # tab, blank, # and *
                at += 1
            name = stands(text, at, _HUMAN) or stands(text, at, _USER) or stands(text, at, _STUDENT)
            name |= stands(text, at, _ASSISTANT) or stands(text, at, _INSTRUCTION)
            name |= stands(text, at, _USER_ZH) or stands(text, at, _HUMAN_ZH)
            if begin > 0 and at >= begin + 3 and text[begin] == 35:  # a reply may begin with one
                name |= stands(text, at, _QUESTION) or stands(text, at, _INPUT)
                name |= stands(text, at, _PROBLEM) or stands(text, at, _RESPONSE)
            out[row, 0] |= name
            begin = find_byte(text, 10, at) + 1


@compiled
def _tags_and_tokens(text, upto):
    all_opening, all_closing, all_odd = 0, 0, False
    for block in range(np.uint64(upto // BLOCK)):
        angle, instruction = np.uint8(0), np.uint8(0)
        for j in range(np.uint64(BLOCK)):
            i = block * np.uint64(BLOCK) + j
            angle = np.uint8(angle | np.uint8((text[i] == 60) | (text[i] == 95)))  # < and _
            instruction = np.uint8(instruction | np.uint8(here(text, i, _INST)))
        all_odd |= instruction != 0
        if angle == 0:
            continue
        opening, closing, odd = np.uint8(0), np.uint8(0), np.uint8(0)
        for j in range(np.uint64(BLOCK)):
            i = block * np.uint64(BLOCK) + j
            opening = np.uint8(opening + np.uint8(here(text, i, _OPEN)))
            closing = np.uint8(closing + np.uint8(here(text, i, _CLOSE)))
            token = here(text, i, _PIPE) | here(text, i, _WIDE_PIPE) | here(text, i, _BOS)
            token |= here(text, i, _SYS) | here(text, i, _SYS_END) | here(text, i, _EOS)
            token |= here(text, i, _TURN) | here(text, i, _CALL)
            odd = np.uint8(odd | np.uint8(token))
        all_opening += opening
        all_closing += closing
        all_odd |= odd != 0
    return all_opening, all_closing, all_odd


_NUMBER_OF_FORM = {form: float(i) for i, form in enumerate(TAG_FORMS)}


def _details(forms: pl.Series, rows: pl.Series, finds: list[list[Found]]) -> pl.Series:
    """What was found; in every row first of all the form of its tags."""
    n = len(forms)
    more = [(row, find) for row, some in zip(rows, finds, strict=True) for find in some[: MOST - 1]]
    nowhere = pl.Series([None], dtype=pl.Int64).new_from_index(0, n)
    first = {"what": pl.repeat("tag_form", n, eager=True), "start": nowhere, "end": nowhere}
    flat = pl.DataFrame({**first, "text": forms}).vstack(
        pl.DataFrame([find for _, find in more], schema=FOUND.to_schema())
    )
    of = np.concatenate([np.arange(n), np.array([row for row, _ in more], dtype=np.int64)])
    return listed(n, of, flat)


_COUNTED = {"extra_tags": "extra_tag", "template_tokens": "template_token", "junk_chars": "junk"}


def _inspect(text: str) -> list[Found]:
    """Extra tags, template tokens and what follows the end of the reply, in one text."""
    opening, closing = (list(re.finditer(tag, text)) for tag in (OPEN, CLOSE))
    extra = opening[1:] + closing[1:]
    if closing and parse(text[: closing[0].start()]).form == "bare-think-answer":
        extra = opening + closing
    finds = [found("extra_tag", text, *match.span()) for match in extra]
    for match in _TOKEN.finditer(text):
        finds.append(found("template_token", text, *match.span()))
    end = _AFTER.search(text, closing[-1].end() if closing else 0)
    if end and text[(after := end.start(end.lastindex or 0)) :].strip():
        finds.append(found("junk", text, after, len(text)))
    return finds


def _size(finds: list[Found], what: str) -> int:
    """How many of them there are; of junk, how many characters."""
    of_kind = [f for f in finds if f["what"] == what]
    return sum(f["end"] - f["start"] for f in of_kind) if what == "junk" else len(of_kind)


def is_api_error(texts: Texts) -> np.ndarray:
    """Which texts are an error message of a service in place of a reply."""
    errors = texts.walk(_hinted, 1)[:, 0] > 0
    for row in np.flatnonzero(errors).tolist():
        head = texts.column[row][:_ERROR_HEAD].strip()
        errors[row] = _API_ERROR.search(head) is not None
    return errors


# in small letters; all error messages have one of them at their head
_ERR, _EXCEPTION, _SERVER, _GATEWAY, _UNAVAILABLE, _REQUEST, _UPSTREAM = map(
    literal, "error exception server gateway unavailable request upstream".split()
)
_DOCTYPE, _HTML, _TRACEBACK, _UNAUTHORIZED, _FORBIDDEN, _FOUND, _LIMIT, _MANY, _SERVICE_WORD = map(
    literal,
    [
        "doctype",
        "<html",
        "traceback",
        "unauthorized",
        "forbidden",
        "not found",
        "rate limit",
        "too many",
        "service ",
    ],
)


@compiled
def _hinted(places, out):
    """Whether a short text may be an error message."""
    head = np.empty(6 * BLOCK, dtype=np.uint8)
    for row in places.rows:
        text = text_at(places, row)[:_ERROR_HEAD]
        if 0 < places.sizes[row] <= _ERROR_BYTES:
            fill_end(text, 0, 0, head)
            for i in range(np.uint64(len(text))):
                head[i] += np.uint8(32) * np.uint8((head[i] >= 65) & (head[i] <= 90))
            out[row, 0] = _has_hint(head)


@compiled
def _has_hint(head):
    hit = np.uint8(0)
    for i in range(np.uint64(5 * BLOCK)):
        hint = here(head, i, _ERR) | here(head, i, _EXCEPTION) | here(head, i, _SERVER)
        hint |= here(head, i, _GATEWAY) | here(head, i, _UNAVAILABLE) | here(head, i, _REQUEST)
        hint |= here(head, i, _UPSTREAM) | here(head, i, _DOCTYPE) | here(head, i, _HTML)
        hint |= here(head, i, _TRACEBACK) | here(head, i, _UNAUTHORIZED) | here(head, i, _LIMIT)
        hint |= here(head, i, _FORBIDDEN) | here(head, i, _FOUND)
        hint |= here(head, i, _MANY) | here(head, i, _SERVICE_WORD)
        hit = np.uint8(hit | np.uint8(hint))
    return hit
