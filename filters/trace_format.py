"""One trace, three parts: thinking, summary, and the form the tags had.

Real models write five forms, because their templates differ (counts on 1,847 real traces):

    close-only          thinking</think>summary            975   the template had opened the tag
    think-open-close    <think>thinking</think>summary     362
    bare-think-answer   think\\n…\\nanswer\\n…                259   special tokens were stripped
    no-tags             reply                              232   there is no thinking
    think-open-only     <think>thinking                     19   cut off

`parse` (one text, plain Python) and `parse_columns` (a frame, expressions) give the same answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

OPEN, CLOSE = "<think>", "</think>"
TAG_FORMS = ("think-open-close", "close-only", "bare-think-answer", "think-open-only", "no-tags")

_BARE_OPEN = re.compile(r"\s*think[ \t]*\r?\n")
_BARE_ANSWER = re.compile(r"\n[ \t]*answer[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Parts:
    """`thinking` is null where there is none, `summary` where the text ends inside thinking."""

    form: str
    thinking: str | None
    summary: str | None


def parse(text: str) -> Parts:
    """The summary is what follows the *last* closing tag, so nothing inside thinking counts as
    a reply; the thinking is what lies between the first opening tag and that."""
    if CLOSE in text:
        before, _, after = text.rpartition(CLOSE)
        opened = OPEN in before
        thinking = before.partition(OPEN)[2] if opened else before
        return Parts(TAG_FORMS[0] if opened else TAG_FORMS[1], thinking.strip(), after.strip())
    if OPEN in text:
        return Parts("think-open-only", text.partition(OPEN)[2].strip(), None)
    if bare := _BARE_OPEN.match(text):
        thinking_to = _BARE_ANSWER.search(text, bare.end() - 1)
        if thinking_to is None:
            return Parts("think-open-only", text[bare.end() :].strip(), None)
        thinking = text[bare.end() : thinking_to.start()]
        return Parts("bare-think-answer", thinking.strip(), text[thinking_to.end() :].strip())
    return Parts("no-tags", None, text.strip())


def parse_columns(frame: pl.DataFrame, text: str = "response") -> pl.DataFrame:
    """`frame` with the columns tag_form, thinking and summary.

    The two common shapes (one closing tag with or without an opening one at the very start, or no
    tag at all) go by expression; the rest, some in a thousand, row by row through `parse`."""
    body = pl.col(text)
    halves = body.str.splitn(CLOSE, 2).struct
    before, after = halves.field("field_0").str.strip_chars(), halves.field("field_1")
    closed = after.is_not_null()
    opened = before.str.starts_with(OPEN)
    inner = before.str.strip_prefix(OPEN).str.strip_chars()
    plain = (
        pl.when(closed)
        .then(after.str.contains(CLOSE, literal=True) | inner.str.contains(OPEN, literal=True))
        .otherwise(
            body.str.contains(OPEN, literal=True) | body.str.contains(r"^\s*think[ \t]*\r?\n")
        )
    )
    frame = frame.with_columns(
        pl.when(closed & opened)
        .then(pl.lit("think-open-close"))
        .when(closed)
        .then(pl.lit("close-only"))
        .when(body.is_not_null())
        .then(pl.lit("no-tags"))
        .alias("tag_form"),
        pl.when(closed).then(inner).alias("thinking"),
        pl.when(closed).then(after).otherwise(body).str.strip_chars().alias("summary"),
        plain.fill_null(False).alias("_by_row"),
    )
    return _parse_rest(frame, text).drop("_by_row")


def _parse_rest(frame: pl.DataFrame, text: str) -> pl.DataFrame:
    rest = frame.with_row_index("_row").filter("_by_row").select("_row", text)
    if rest.is_empty():
        return frame
    parts = [parse(t) for t in rest.get_column(text)]
    patch: dict[str, list[str | None]] = {
        "tag_form": [p.form for p in parts],
        "thinking": [p.thinking for p in parts],
        "summary": [p.summary for p in parts],
    }
    rows = rest.get_column("_row")
    return frame.with_columns(
        frame.get_column(name).scatter(rows, pl.Series(values, dtype=pl.String))
        for name, values in patch.items()
    )


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
