"""One trace, three parts: thinking, summary, and the form the tags had.

Real models write five forms, because their templates differ (counts on 1,847 real traces):

    close-only          thinking</think>summary            975   the template had opened the tag
    think-open-close    <think>thinking</think>summary     362
    bare-think-answer   think\\n…\\nanswer\\n…                259   special tokens were stripped
    no-tags             reply                              232   there is no thinking
    think-open-only     <think>thinking                     19   cut off

Other families spell the tags otherwise (`DIALECTS`); the forms are the same. This is the one rule
for where thinking ends: filters and trainers read `parse`, and whoever looks for the answer or the
program in a reply takes `reply_of`.
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
TAGS = frozenset(tag for pair in (*DIALECTS, _WRAPPER) for tag in pair)
"""some look like template tokens and are none"""

TURN_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|eom_id|end_of_text|end|user)\|>"
    r"|<｜(?:end▁of▁sentence|User)｜>|<(?:start|end)_of_turn>|</s>"
)
"""what chat templates put between two turns: behind it somebody else speaks, or nobody"""

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
    parts = _cut(text)
    thinking, summary = parts.thinking, parts.summary
    return Parts(
        parts.form,
        None if thinking is None else thinking.strip(SPACE),
        None if summary is None else _unwrap(summary),
    )


def reply_of(text: str) -> str:
    """What is said after the thinking, up to where thinking begins anew or another turn does; all
    of that in a text without tags, and nothing where the thinking never ends."""
    reply = after_thinking(text) or ""
    for opening, _ in DIALECTS:
        reply = reply.partition(opening)[0]
    end = TURN_TOKEN.search(reply)
    return reply[: end.start()] if end and reply[: end.start()].strip() else reply


def after_thinking(text: str) -> str | None:
    """The end of the text, from where thinking ends; null where it never does."""
    return _cut(text).summary


_NAMED = re.compile(r"`[^`\n]*`|\"[^\"\n]*\"|“[^“”\n]*”|«[^«»\n]*»|「[^「」\n]*」")


def tags_in(text: str, tag: str) -> list[tuple[int, int]]:
    """Where the tag stands, unless it is only named in a line, in code or quotation marks; where
    it is nowhere else, there."""
    tags = [match.span() for match in re.finditer(re.escape(tag), text)]
    if len(tags) < 2 and text.lstrip().startswith(tag):
        return tags
    named = {
        quote.start() + place.start()
        for quote in _NAMED.finditer(text)
        if tag in quote[0]
        for place in re.finditer(re.escape(tag), quote[0])
    }
    return [span for span in tags if span[0] not in named] or tags


def _cut(text: str) -> Parts:
    """The parts with the white space around them."""
    for opening, closing in DIALECTS:
        if closing in text:
            start = text.rfind(closing)
            if text.find(closing) < start:
                start = tags_in(text, closing)[-1][0]
            before, after = text[:start], text[start + len(closing) :]
            if before.lstrip().startswith(opening):
                return Parts(TAG_FORMS[0], before.partition(opening)[2], after)
            opened = opening in before
            thinking = before[tags_in(before, opening)[0][1] :] if opened else before
            return Parts(TAG_FORMS[0] if opened else TAG_FORMS[1], thinking, after)
        if opening in text:
            return Parts(TAG_FORMS[3], text.partition(opening)[2], None)
    return _cut_untagged(text)


def _cut_untagged(text: str) -> Parts:
    bare = _BARE_OPEN.match(text[:_HEAD])
    if bare is None:
        return Parts(TAG_FORMS[4], None, text)
    answer = _BARE_ANSWER.search(text, bare.end() - 1)
    if answer is None:
        return Parts(TAG_FORMS[3], text[bare.end() :], None)
    return Parts(TAG_FORMS[2], text[bare.end() : answer.start()], text[answer.end() :])


def _unwrap(summary: str) -> str:
    opening, closing = _WRAPPER
    return summary.strip(SPACE).removeprefix(opening).removesuffix(closing).strip(SPACE)


def parse_columns(frame: pl.DataFrame, text: str = "response") -> pl.DataFrame:
    """`frame` with the columns tag_form, thinking and summary, all null where there is no text."""
    parts = [parse(body) if body is not None else None for body in frame.get_column(text).to_list()]
    return frame.with_columns(
        pl.Series(name, [getattr(part, field, None) for part in parts], dtype=pl.String)
        for name, field in (("tag_form", "form"), ("thinking", "thinking"), ("summary", "summary"))
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
