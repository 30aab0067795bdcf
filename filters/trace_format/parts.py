"""One trace, three parts: thinking, summary, and the form the tags had.

Real models write five forms, because their templates differ (counts on 1,847 real traces):

    close-only          thinking</think>summary            975   the template had opened the tag
    think-open-close    <think>thinking</think>summary     362
    bare-think-answer   think\\n…\\nanswer\\n…                259   special tokens were stripped
    no-tags             reply                              232   there is no thinking
    think-open-only     <think>thinking                     19   cut off

Other families spell the tags otherwise (`tags.py`); the forms are the same. The channels of gpt-oss
(analysis, final) are read as bare lines are. This is the one rule
for where thinking ends: filters and trainers read `parse`, and whoever looks for the answer or the
program in a reply takes `reply_of`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

from filters.trace_format.tags import DIALECTS, WRAPPER, all_tags, tags_of

OPEN, CLOSE = DIALECTS[0]
OPEN_CLOSE, CLOSE_ONLY, OPEN_ONLY = "think-open-close", "close-only", "think-open-only"
STRIPPED, NO_TAGS = "bare-think-answer", "no-tags"

TURN_TOKEN = re.compile(
    r"<\|(?:im_start|im_end|endoftext|eot_id|eom_id|end_of_text|end|return|call|user)\|>"
    r"|<｜(?:end▁of▁sentence|User)｜>|<(?:start|end)_of_turn>|</s>"
)
"""what chat templates put between two turns: behind it somebody else speaks, or nobody"""

END_TOKENS = ("<|return|>", "<|end|>", "<|call|>")
"""how a reply of gpt-oss ends: they belong to its channels as tags do"""

# what Rust, and so polars, calls white space; Python's own `strip` takes \x1c-\x1f besides
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
_BARE = (
    (re.compile(rf"[{SPACE}]*think[ \t]*\r?\n"), re.compile(r"\n[ \t]*answer[ \t]*\r?\n")),
    (
        re.compile(
            rf"[{SPACE}]*(?:<\|start\|>assistant)?(?:<\|channel\|>)?analysis(?:<\|message\|>|(?=[A-Z]))"
        ),
        re.compile(
            r"(?:<\|end\|>)?(?:<\|start\|>)?assistant(?:<\|channel\|>)?final(?:<\|message\|>)?"
        ),
    ),
)
"""(opening, closing) of two forms that are no pair of tags: stripped `<think>` and `<answer>`, and
the channels of gpt-oss, with their tokens or without"""
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
    again = next((tag.start for tag in all_tags(reply) if not tag.closes), len(reply))
    reply = reply[:again]
    end = TURN_TOKEN.search(reply)
    return reply[: end.start()] if end and reply[: end.start()].strip() else reply


def after_thinking(text: str) -> str | None:
    """The end of the text, from where thinking ends; null where it never does."""
    return _cut(text).summary


def _cut(text: str) -> Parts:
    """The parts with the white space around them."""
    tags = tags_of(text)
    closings = [tag for tag in tags if tag.closes]
    if not tags:
        return _cut_untagged(text)
    if not closings:
        return Parts(OPEN_ONLY, text[tags[0].end :], None)
    last = closings[-1]
    opened = next((tag.end for tag in tags if not tag.closes and tag < last), None)
    form = CLOSE_ONLY if opened is None else OPEN_CLOSE
    return Parts(form, text[opened or 0 : last.start], text[last.end :])


def _cut_untagged(text: str) -> Parts:
    match bare_tags(text):
        case [(_, begin), (end, reply)]:
            return Parts(STRIPPED, text[begin:end], text[reply:])
        case [(_, begin)]:
            return Parts(OPEN_ONLY, text[begin:], None)
        case _:
            return Parts(NO_TAGS, None, text)


def bare_tags(text: str) -> list[tuple[int, int]]:
    """Of a text without tags, where that begins and ends which stands for an opening tag, and for
    a closing one: bare lines, or the channels of gpt-oss."""
    for opening, closing in _BARE:
        if bare := opening.match(text[:_HEAD]):
            answer = closing.search(text, bare.end() - 1)
            return [bare.span(), answer.span()] if answer else [bare.span()]
    return []


def _unwrap(summary: str) -> str:
    opening, closing = WRAPPER
    summary = summary.strip(SPACE).removeprefix(opening).removesuffix(closing).strip(SPACE)
    for token in END_TOKENS:
        summary = summary.removesuffix(token).rstrip(SPACE)
    return summary


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


def reads_back(thinking: str, summary: str) -> bool:
    """Whether these are the parts of what is rendered from them, which has no other tags."""
    text = render(thinking, summary)
    parts = parse(text)
    return len(tags_of(text)) == 2 and (parts.thinking, parts.summary) == (thinking, summary)


def parse_marked(text: str, marker: str) -> Parts:
    """The inverse of `render` with a marker."""
    fence = f"|{marker}|"
    head, *rest = text.split(fence)
    if head or len(rest) != 2:
        raise ValueError(f"not one thinking and one summary between {fence!r}")
    return Parts("marked", rest[0], rest[1])
