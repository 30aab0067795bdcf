"""Has the trace the shape a record needs: thinking, its end, a summary, and nothing else?

The form of the tags is every verdict's label; each shape that cannot become a record has its own
reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.format.api_errors import is_api_error
from filters.format.runs_on import RUNS_ON, runs_on
from filters.format.template_tokens import may_have_tokens, not_spoken_of, template_tokens
from filters.settings import Count
from filters.trace_format import (
    CLOSE,
    END_TOKENS,
    NO_TAGS,
    OPEN,
    OPEN_ONLY,
    STRIPPED,
    TURN_TOKEN,
    after_thinking,
    bare_tags,
    parse,
    reads_back,
)
from filters.trace_format.tags import ENDS, TAGS, Tag, all_tags, named_tags, tags_of
from filters.verdict_rows import Span, detail, scattered, told

_SPEAKER = r"[ \t#*]*(?:Human|User|Assistant|Instruction|用户|人类|Student)[ \t*]*[:：][ \t*]*\S"
# a reply may begin with such a heading, so a line is before it
_HEADING = r"\n###[ \t]*(?:Instruction|Question|Input|Problem|Response)\b"
_END = re.compile(rf"{TURN_TOKEN.pattern}|(?=(?m:^){_SPEAKER}|{_HEADING})")
"""of a reply: what matches does not belong to what follows it"""
_DIALOGUE = re.compile(r"(?i)\b(?:chats?|dialog\w*|conversations?|interviews?|transcripts?|play)\b")
"""a problem whose reply may have speakers"""
_DOTS = ".… \n\t"
"""what a summary of them alone leaves out"""


@dataclass(frozen=True)
class Format(Filter):
    """One opening tag at most, one closing tag, text on both sides of it, no template tokens."""

    name: ClassVar[str] = "format"
    version: ClassVar[int] = 15
    scores: ClassVar[tuple[str, ...]] = (
        *("thinking_chars", "summary_chars", "extra_tags"),
        *("template_tokens", "junk_chars", "api_error"),
    )
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "min_thinking": ("thinking_chars", "<"),
        "min_summary": ("summary_chars", "<"),
        "max_junk": ("junk_chars", ">"),
    }

    min_thinking: Count = 1
    """characters: none at all is no thinking, how little is too little is for `length` to say"""
    min_summary: Count = 1
    max_junk: Count = 0
    """characters allowed after the end of the reply: another turn, text after an end token"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text, summary = pl.col("response"), pl.col("summary")
        rows = frame.select(_suspect(text, summary)).to_series().arg_true()
        read = frame.select("response", "problem", "kind")[rows].rows()
        texts = [text for text, _, _ in read]
        finds = [list(_inspect(*of)) for of in read]
        return frame.select(
            pl.col("thinking").str.len_chars().alias("thinking_chars"),
            summary.str.strip_chars(_DOTS).str.len_chars().alias("summary_chars"),
            *(
                scattered(frame.height, rows, [_size(some, what) for some in finds]).alias(name)
                for name, what in _COUNTED.items()
            ),
            (is_api_error(text) | is_api_error(summary).fill_null(False)).alias("api_error"),
            pl.col("tag_form").alias("label"),
            detail(frame.height, rows, map(told, texts, finds)),
        )

    def rules(self) -> dict[str, pl.Expr]:
        form = pl.col("label")
        ended = ~form.is_in([NO_TAGS, OPEN_ONLY])
        return {
            "api_error": pl.col("api_error") > 0,
            "no_tags": form == NO_TAGS,
            "unclosed_thinking": form == OPEN_ONLY,
            "empty_thinking": ended & (pl.col("thinking_chars") < self.min_thinking),
            "no_summary": ended & (pl.col("summary_chars") < self.min_summary),
            "extra_tags": pl.col("extra_tags") > 0,
            "template_tokens": pl.col("template_tokens") > 0,
            "junk_after_end": pl.col("junk_chars") > self.max_junk,
        }


_COUNTED = {"extra_tags": "extra_tag", "template_tokens": "template_token", "junk_chars": "junk"}


def _suspect(text: pl.Expr, summary: pl.Expr) -> pl.Expr:
    """Whether `_inspect` may find something."""
    opening, closing, tags = map(text.str.count_matches, (OPEN, CLOSE, ENDS))
    bare = (closing > 0) & text.str.contains(r"^\s*think\s")
    inside = (opening > 0) & ~text.str.contains(rf"^\s*{OPEN}")
    turn = (pl.lit("\n") + summary).str.contains(rf"\n{_SPEAKER}|{_HEADING}").fill_null(False)
    return (
        (opening > 1)
        | (closing > 1)
        | (tags > opening + closing)
        | bare
        | inside
        | turn
        | summary.str.contains(RUNS_ON).fill_null(False)
        | may_have_tokens(text)
    )


def _inspect(text: str, problem: str | None, kind: str | None) -> Iterator[Span]:
    """Extra tags, template tokens and what follows the end of the reply, in one text."""
    for tag in _extra_tags(text):
        yield ("extra_tag", tag.start, tag.end)
    channels = [] if tags_of(text) else bare_tags(text)
    reply = (after_thinking(text) or "").lstrip()
    over = next(not_spoken_of(_END.finditer(text, len(text) - len(reply)), text), None)
    if over and not over[0] and _DIALOGUE.search(problem or ""):
        over = None
    if over and over[0] in END_TOKENS:
        channels.append(over.span())
    for begin, end in template_tokens(text, problem or ""):
        stands_for_tag = any(first <= begin < last for first, last in channels)
        if text[begin:end].lower() not in TAGS and not stands_for_tag:
            yield ("template_token", begin, end)
    if over and text[over.end() :].strip():
        yield ("junk", over.end(), len(text))
    elif over is None:
        more = runs_on(reply.rstrip(), problem or "", kind)
        yield from [] if more is None else [("junk", len(text) - len(reply) + more, len(text))]


def _extra_tags(text: str) -> list[Tag]:
    """All but the first of each kind in the text's dialect, those of any dialect in the reply, and
    all behind bare `think` and `answer` lines; and a name that would be a tag in a record, as the
    quotation marks around it are odd."""
    tags = tags_of(text)
    closings = [tag for tag in tags if tag.closes]
    if closings and parse(text[: closings[0].start]).form == STRIPPED:
        return tags
    extra = closings[1:] + [tag for tag in tags if not tag.closes][1:]
    end = closings[-1].end if closings else 0
    reply = [Tag(end + tag.start, end + tag.end, tag.closes) for tag in all_tags(text[end:])]
    found = sorted({*extra, *(reply if closings else [])})
    parts = parse(text)
    if found or not parts.thinking or not parts.summary:
        return found
    return [] if reads_back(parts.thinking, parts.summary) else named_tags(text)[:1]


def _size(finds: list[Span], what: str) -> int:
    """How many of them there are; of junk, how many characters."""
    return sum(end - start if what == "junk" else 1 for kind, start, end in finds if kind == what)
