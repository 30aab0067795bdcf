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
    """`frame` with the columns tag_form, thinking and summary.

    The two common shapes (one closing tag with or without an opening one at the very start, or no
    tag at all) go by expression and copy no text: the parts are views into it. The rest goes row
    by row through `parse`."""
    body = frame.get_column(text)
    cuts = _cut_at_close(body)
    rows = cuts.select(_unusual(body)).to_series().arg_true()
    parts = _patch(cuts.select("tag_form", "thinking", "summary"), body, rows)
    return frame.with_columns(parts.get_columns())


def _cut_at_close(body: pl.Series) -> pl.DataFrame:
    """The parts as if no text had more than one closing tag, nor other tags than these. Step by
    step, because a lazy plan would repeat the walks over the text."""
    cut = pl.DataFrame({"body": body, "at": body.str.find(CLOSE, literal=True)})
    # `find` answers in bytes; `head` counts characters, here from the end, which is near
    after = pl.col("body").cast(pl.Binary).bin.slice(pl.col("at") + len(CLOSE)).cast(pl.String)
    cut = cut.with_columns(after.alias("after"), pl.col("at").is_not_null().alias("closed"))
    to_end = (pl.col("after").str.len_chars() + len(CLOSE)).cast(pl.Int64)
    cut = cut.with_columns(pl.col("body").str.head(-to_end).alias("before"))
    cut = cut.with_columns(pl.col("before").str.strip_chars())
    cut = cut.with_columns((pl.col("before").str.starts_with(OPEN)).alias("opened"))
    inside = pl.col("before").str.slice(pl.when("opened").then(len(OPEN)).otherwise(0))
    form = pl.when("opened").then(pl.lit(TAG_FORMS[0])).when("closed").then(pl.lit(TAG_FORMS[1]))
    return cut.select(
        form.when(pl.col("body").is_not_null()).then(pl.lit(TAG_FORMS[4])).alias("tag_form"),
        inside.str.strip_chars_start().alias("thinking"),
        pl.when("closed").then("after").otherwise("body").str.strip_chars().alias("summary"),
        "closed",
    )


def _unusual(body: pl.Series) -> pl.Expr:
    """A tag where the common shapes have none, or another dialect."""
    text, summary, thinking = pl.lit(body), pl.col("summary"), pl.col("thinking")
    nested = thinking.str.contains(OPEN, literal=True) | summary.str.contains(CLOSE, literal=True)
    wrapped = summary.str.starts_with(_WRAPPER[0]) | summary.str.ends_with(_WRAPPER[1])
    other = text.str.contains_any([tag for pair in DIALECTS for tag in pair if tag != CLOSE])
    bare = text.str.head(_HEAD).str.contains(r"^\s*think[ \t]*\r?\n")
    return pl.when("closed").then(nested | wrapped).otherwise(other | bare).fill_null(False)


def _patch(parts: pl.DataFrame, body: pl.Series, rows: pl.Series) -> pl.DataFrame:
    if rows.is_empty():
        return parts
    parsed = [parse(text) for text in body.gather(rows)]
    patch: dict[str, list[str | None]] = {
        "tag_form": [p.form for p in parsed],
        "thinking": [p.thinking for p in parsed],
        "summary": [p.summary for p in parsed],
    }
    return parts.with_columns(
        parts.get_column(name).scatter(rows, pl.Series(values, dtype=pl.String))
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
