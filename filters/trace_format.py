"""One trace, three parts: thinking, summary, and the form the tags had.

Real models write five forms, because their templates differ (counts on 1,847 real traces):

    close-only          thinking</think>summary            975   the template had opened the tag
    think-open-close    <think>thinking</think>summary     362
    bare-think-answer   think\\n…\\nanswer\\n…                259   special tokens were stripped
    no-tags             reply                              232   there is no thinking
    think-open-only     <think>thinking                     19   cut off

Other families spell the tags otherwise (`DIALECTS`); the forms are the same. `parse` (one text,
plain Python) and `parse_columns` (a frame, expressions) give the same answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from filters.texts import NONE, Texts, compiled, find_byte, literal, stands, stripped, text_at

OPEN, CLOSE = "<think>", "</think>"
TAG_FORMS = ("think-open-close", "close-only", "bare-think-answer", "think-open-only", "no-tags")

DIALECTS = (
    (OPEN, CLOSE),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
"""(opening, closing); a text is read in the first dialect of which it has a tag"""
_WRAPPER = ("<|begin_of_solution|>", "<|end_of_solution|>")

# what Rust, and so polars, calls white space; Python's own `strip` takes \x1c-\x1f besides
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_BARE_OPEN = re.compile(rf"[{SPACE}]*think[ \t]*\r?\n")
_BARE_ANSWER = re.compile(r"\n[ \t]*answer[ \t]*\r?\n")
_HEAD = 64
"""characters in which a bare `think` line must begin"""


@dataclass(frozen=True, slots=True)
class Parts:
    """`thinking` is null where there is none, `summary` where the text ends inside thinking."""

    form: str
    thinking: str | None
    summary: str | None


def parse(text: str) -> Parts:
    """The summary is what follows the *last* closing tag, so nothing inside thinking counts as
    a reply; the thinking is what lies between the first opening tag and that."""
    for opening, closing in DIALECTS:
        if closing in text:
            before, _, after = text.rpartition(closing)
            opened = opening in before
            thinking = before.partition(opening)[2] if opened else before
            form = TAG_FORMS[0] if opened else TAG_FORMS[1]
            return Parts(form, thinking.strip(SPACE), _unwrap(after))
        if opening in text:
            return Parts(TAG_FORMS[3], text.partition(opening)[2].strip(SPACE), None)
    return _parse_untagged(text)


def _parse_untagged(text: str) -> Parts:
    if bare := _BARE_OPEN.match(text[:_HEAD]):
        thinking_to = _BARE_ANSWER.search(text, bare.end() - 1)
        if thinking_to is None:
            return Parts(TAG_FORMS[3], text[bare.end() :].strip(SPACE), None)
        thinking = text[bare.end() : max(bare.end(), thinking_to.start())]
        return Parts(TAG_FORMS[2], thinking.strip(SPACE), text[thinking_to.end() :].strip(SPACE))
    return Parts(TAG_FORMS[4], None, text.strip(SPACE))


def _unwrap(summary: str) -> str:
    opening, closing = _WRAPPER
    return summary.strip(SPACE).removeprefix(opening).removesuffix(closing).strip(SPACE)


def parse_columns(frame: pl.DataFrame, text: str = "response") -> pl.DataFrame:
    """`frame` with the columns tag_form, thinking and summary, and how many characters these have.

    A compiled walk finds the parts of all texts that have a closing tag or no tag at all; the few
    others go one by one through `parse`."""
    body = frame.get_column(text)
    texts = Texts(body)
    form, odd, *spans = texts.walk(_shape, 6).T
    form[texts.null] = len(TAG_FORMS)
    spans[1][texts.null] = spans[3][texts.null] = NONE
    parts = [
        _FORMS.gather(form).alias("tag_form"),
        texts.slices(spans[0], spans[1]).alias("thinking"),
        texts.slices(spans[2], spans[3]).alias("summary"),
    ]
    tag_form, thinking, summary = _patched(parts, body, pl.Series(odd))
    chars = (
        pl.Series(f"{part.name}_chars", Texts(part).characters(), nan_to_null=True)
        for part in (thinking, summary)
    )
    return frame.with_columns(tag_form, thinking, summary, *chars)


_OPEN, _CLOSE, _THINK, _ANSWER = map(literal, (OPEN, CLOSE, "think", "answer"))
_BOTH, _CLOSE_ONLY, _BARE_BOTH, _OPEN_ONLY, _NO_TAGS = range(len(TAG_FORMS))
_TAGGED, _BARE = 1, 2
_FORMS = pl.Series([*TAG_FORMS, None])


@compiled
def _shape(places, out):
    """The form; `_TAGGED` or `_BARE` where `parse` must look, because there may be a tag of another
    dialect or there is none; and in bytes, where thinking and summary begin and end."""
    for row in places.rows:
        text, of = text_at(places, row), out[row]
        n = len(text)
        opening, closing, other = -1, -1, False
        at = find_byte(text, 60, 0)  # <
        while at < n:
            if stands(text, at, _CLOSE):
                closing = at
            elif stands(text, at, _OPEN):
                opening = at if opening < 0 else opening
            elif at + 1 < n and (text[at + 1] == 47 or text[at + 1] == 124 or text[at + 1] >= 114):
                other = True  # </, <|, <r, <s, <t: perhaps a tag of another dialect
            at = find_byte(text, 60, at + 1)
        if closing < 0:
            of[0], of[3] = _NO_TAGS, NONE
            begin, end = stripped(text, 0, n)
            if opening >= 0 or other or _bracketed(text):
                of[1] = _TAGGED
            elif stands(text, begin, _THINK):
                if _all_ascii(text[:begin]):
                    begin, end = _bare(text, begin + len(_THINK), begin, end, of)
                else:
                    of[1] = _BARE  # of its head the characters count
        else:
            opened = 0 <= opening < closing
            of[0] = _BOTH if opened else _CLOSE_ONLY
            begin, end = stripped(text, opening + len(_OPEN) if opened else 0, closing)
            of[2], of[3] = begin, end
            begin, end = stripped(text, closing + len(_CLOSE), n)
            if end - begin > 1 and text[begin] == 60 and text[begin + 1] == 124:
                of[1] = _TAGGED  # wrapped: <|
            if end - begin > 1 and text[end - 1] == 62 and text[end - 2] == 124:
                of[1] = _TAGGED
        of[4], of[5] = begin, end


@compiled
def _bare(text, at, begin, end, of):
    """As `_parse_untagged` does it: writes the form and where the thinking lies, and says where the
    summary does."""
    thinking = _line_end(text, at)
    if thinking < 0 or thinking > _HEAD:
        return begin, end
    of[0] = _BARE_BOTH
    feed = thinking - 1
    while feed < len(text):
        at = feed + 1
        while at < len(text) and (text[at] == 32 or text[at] == 9):
            at += 1
        if stands(text, at, _ANSWER):
            summary = _line_end(text, at + len(_ANSWER))
            if summary >= 0:
                of[2], of[3] = stripped(text, thinking, max(thinking, feed))
                return stripped(text, summary, len(text))
        feed = find_byte(text, 10, feed + 1)
    of[0] = _OPEN_ONLY
    of[2], of[3] = stripped(text, thinking, len(text))
    return 0, NONE


@compiled
def _line_end(text, at):
    """Behind the line feed, if but blanks are before it; else -1."""
    while at < len(text) and (text[at] == 32 or text[at] == 9):
        at += 1
    if at < len(text) and text[at] == 13:
        at += 1
    return at + 1 if at < len(text) and text[at] == 10 else -1


@compiled
def _all_ascii(text):
    for byte in text:  # noqa: SIM110
        if byte >= 0x80:
            return False
    return True


@compiled
def _bracketed(text):
    """Whether it may hold [THINK], [/THINK], ◁think▷ or ◁/think▷."""
    at = find_byte(text, 75, 0)  # K
    while at < len(text):
        if at + 1 < len(text) and text[at + 1] == 93:
            return True
        at = find_byte(text, 75, at + 1)
    at = find_byte(text, 0x97, 0)
    while at < len(text):
        if at + 1 < len(text) and text[at + 1] == 0x81:
            return True
        at = find_byte(text, 0x97, at + 1)
    return False


def _patched(parts: list[pl.Series], body: pl.Series, odd: pl.Series) -> list[pl.Series]:
    """`parts`, with what `parse` says of the odd rows."""
    rows = (odd > 0).arg_true()
    if rows.is_empty():
        return parts
    looks = zip(body.gather(rows), odd.gather(rows) == _BARE, strict=True)
    parsed = [_parse_untagged(text) if bare else parse(text) for text, bare in looks]
    found = zip(*((p.form, p.thinking, p.summary) for p in parsed), strict=True)
    return [
        part.scatter(rows, pl.Series(values, dtype=pl.String))
        for part, values in zip(parts, found, strict=True)
    ]


def render(thinking: str, summary: str, marker: str | None = None) -> str:
    """`<think>` form, or R1's `|marker|thinking|marker|summary` (arXiv 2501.12948, 2.3.1)."""
    if marker is not None:
        return f"|{marker}|{thinking}|{marker}|{summary}"
    return f"{OPEN}\n{thinking}\n{CLOSE}\n\n{summary}"


def parse_marked(text: str, marker: str) -> Parts:
    """The inverse of `render` with a marker."""
    fence = f"|{marker}|"
    head, *rest = text.split(fence)
    if head or len(rest) != 2:
        raise ValueError(f"not one thinking and one summary between {fence!r}")
    return Parts("marked", rest[0], rest[1])
