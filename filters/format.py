"""Has the trace the shape a record needs: thinking, its end, a summary, and nothing else?

The form of the tags is stored for every row, as the detail `tag_form`; each shape that cannot
become a record has its own reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.findings import Found, detail, found, overlay, scattered
from filters.schema import FOUND
from filters.trace_format import CLOSE, OPEN, TAG_FORMS

# <|im_end|>, <｜end▁of▁sentence｜>, [INST], <start_of_turn>: three letters at least, so that the
# pipes of F# and of absolute values stay out
TEMPLATE_TOKEN = (
    r"<\|[a-zA-Z][a-zA-Z_]{2,}[a-zA-Z_0-9]*\|>|<｜[^｜\n]{2,40}｜>|\[/?INST\]|<</?SYS>>"
    r"|<(?:start|end)_of_turn>|</?tool_call>|</s>\s*$|^\s*<s>"
)
_TOKEN_PARTS = ["<|", "<｜", "INST]", "<<SYS", "<</SYS", "_of_turn>", "tool_call>", "<s>", "</s>"]
"""a text without any of these has no template token; looking for them is much cheaper"""
_END_TOKEN = r"<\|(?:im_end|endoftext|eot_id|end_of_text|end|eom_id)\|>|<｜end▁of▁sentence｜>|</s>"
_NEXT_TURN = (
    r"\n[ \t#*]*(?:Human|User|Assistant|Instruction|用户|人类|Student)[ \t*]*[:：][ \t*]*\S"
    r"|\n###[ \t]*(?:Instruction|Question|Input|Problem|Response)\b"
)
_AFTER_END = rf"(?:{_END_TOKEN})|{_NEXT_TURN}"

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
_ERROR_HINTS = [
    *(
        "error",
        "exception",
        "server",
        "gateway",
        "unavailable",
        "request",
        "upstream",
        "rate limit",
    ),
    *("doctype", "<html", "traceback", "unauthorized", "forbidden", "not found"),
]
_TOKEN = re.compile(TEMPLATE_TOKEN)
_AFTER = re.compile(rf"(?:{_END_TOKEN})()|({_NEXT_TURN})")
_ERROR_CHARS = 2000
"""an error message is short; a text that discusses one is not"""


@dataclass(frozen=True)
class Format(Filter):
    """One opening tag at most, one closing tag, text on both sides of it, no template tokens."""

    name: ClassVar[str] = "format"
    scores: ClassVar[tuple[str, ...]] = (
        *("form", "thinking_chars", "summary_chars", "extra_tags"),
        *("template_tokens", "junk_chars", "api_error"),
    )

    min_thinking: int = 1
    """characters"""
    min_summary: int = 1
    max_junk: int = 0
    """characters allowed after the end of the reply: another turn, text after an end token"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        body, thinking, summary = pl.col("response"), pl.col("thinking"), pl.col("summary")
        extra = _has(thinking, OPEN) | _has(thinking, CLOSE) | _has(summary, OPEN)
        odd = extra | body.str.contains_any(_TOKEN_PARTS) | summary.str.contains(_AFTER_END)
        rows = frame.select(odd.fill_null(False)).to_series().arg_true()
        finds = [_inspect(text) for text in frame.get_column("response").gather(rows)]
        return frame.select(
            pl.col("tag_form")
            .replace_strict({form: i for i, form in enumerate(TAG_FORMS)}, default=None)
            .cast(pl.Float64)
            .alias("form"),
            thinking.str.len_chars().alias("thinking_chars"),
            summary.str.len_chars().alias("summary_chars"),
            *(
                scattered(frame.height, rows, [_size(some, what) for some in finds]).alias(name)
                for name, what in _COUNTED.items()
            ),
            (
                is_api_error(frame.get_column("response"))
                | is_api_error(frame.get_column("summary"))
            ).alias("api_error"),
            _details(frame.get_column("tag_form"), rows, finds),
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


def _has(text: pl.Expr, tag: str) -> pl.Expr:
    return text.str.contains(tag, literal=True).fill_null(False)


def _details(forms: pl.Series, rows: pl.Series, finds: list[list[Found]]) -> pl.Series:
    """What was found; in every row first of all the form of its tags."""
    form = pl.select(
        pl.lit("tag_form").alias("what"),
        pl.lit(None, dtype=pl.Int64).alias("start"),
        pl.lit(None, dtype=pl.Int64).alias("end"),
        forms.alias("text"),
    ).to_struct("detail")
    form = form.reshape((len(forms), 1)).arr.to_list().cast(pl.List(FOUND))
    more = detail(len(rows), pl.arange(len(rows), eager=True), finds).fill_null([])
    return overlay(form, rows, form.gather(rows).list.concat(more))


_COUNTED = {"extra_tags": "extra_tag", "template_tokens": "template_token", "junk_chars": "junk"}


def _inspect(text: str) -> list[Found]:
    """Extra tags, template tokens and what follows the end of the reply, in one text."""
    opening, closing = (list(re.finditer(tag, text)) for tag in (OPEN, CLOSE))
    extra = opening[1:] + closing[1:]
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


def is_api_error(texts: pl.Series) -> pl.Series:
    """Which texts are an error message of a service in place of a reply."""
    text = pl.lit(texts)
    hint = text.str.head(_ERROR_HEAD).str.contains_any(_ERROR_HINTS, ascii_case_insensitive=True)
    hinted = (text.str.len_chars().is_between(1, _ERROR_CHARS) & hint).fill_null(False)
    rows = pl.select(hinted).to_series().arg_true()
    head = texts.gather(rows).str.head(_ERROR_HEAD).str.strip_chars()
    return scattered(len(texts), rows, head.str.contains(API_ERROR).to_list()) > 0
