"""Could a person read it? Long paragraphs, code in the thinking, broken markup, broken characters,
symbols instead of words, and a summary that stops short or contradicts the thinking.

R1 dropped long paragraphs and code blocks (arXiv 2501.12948, 2.3.3); the rest is what sampling and
crawling do to texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.findings import Found, detail, found, scattered
from filters.markup import broken_markup, may_be_broken, unclosed_brace

# one walk for both: control characters (\x0crac is a `\frac` that met a JSON parser), and symbol
# after symbol
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
_SYMBOLS = r"(?:[!-/:-@\[-`{-~]\s?){30,}"
# UTF-8 read as Latin-1 or as GBK, and the sign for a byte that was no UTF-8 at all
_MOJIBAKE = "\ufffd|Ã[^A-Za-zÀ-ÿ\\s]|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫"
_BROKEN_CHARACTER = re.compile(f"{_CONTROL}|{_MOJIBAKE}")
_SYMBOL_RUN = re.compile(_SYMBOLS)
_DECORATION = set("-=|:+_*#~.{}[]()$&^\\ \t\n")
"""what rules, tables and LaTeX are made of"""

_CLOSED = r"[.!?。！？…)\]}$*\x22'”’`>|\d]\s*$"
"""the last character of a finished text"""
_UNFINISHED = re.compile(
    r"(?:[,;(\[{=+<、，；\\]|\s-"
    r"|\b(?:the|an?|of|to|and|or|is|are|was|were|be|by|with|for|from|in|at|that|which|because|so|if"
    r"|then|therefore|thus|hence|we|I|it|as|into|than|their|its|your|has|have|will|would|can|could"
    r"|should|equals|since|but|however|alternatively))\s*$",
    re.IGNORECASE,
)
"""a last sign or word after which something must come"""

_NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?"
_BOXED_NUMBER = rf"(?s).*\\boxed\{{\s*\\?\$?\s*({_NUMBER})\s*(?:\\?%|\\text\{{[^}}]*\}})?\s*\}}"
_STATED_NUMBER = (
    rf"(?s).*(?:final answer|the answer|answer)\s*(?:is|should be|must be|would be|:)"
    rf"\s*:?\s*(?:\*\*|\\\(|\$)*\s*({_NUMBER})\s*(?:[.!\n*$\\]|$)"
)
_LAST = 1500
"""characters at the end in which an answer is looked for"""


@dataclass(frozen=True)
class Readability(Filter):
    """Counts of what makes a trace unreadable, `paragraph` first: the bytes of the longest one, in
    which a Chinese character counts three, as it says about as much as three letters."""

    name: ClassVar[str] = "readability"
    scores: ClassVar[tuple[str, ...]] = (
        *("paragraph", "wall", "code_blocks", "broken_markup", "broken_characters"),
        *("symbols", "unfinished", "contradiction"),
    )

    paragraph_max: int = 4000
    """bytes; 1 % of 1,847 real traces have a longer one"""
    wall_max: int = 2000
    """bytes of a text without a single line break"""
    code_blocks_max: int = 0
    """fenced blocks in the thinking"""
    broken_markup_max: int = 0
    broken_characters_max: int = 0
    symbols_max: int = 0
    """stretches of 30 symbols that are neither a rule nor a table nor LaTeX"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        body, thinking, summary = pl.col("response"), pl.col("thinking"), pl.col("summary")
        longest = body.str.split("\n").list.eval(pl.element().str.len_bytes()).list.max()
        one_line = ~body.str.strip_chars().str.contains("\n", literal=True)
        facts = frame.select(
            longest.alias("paragraph"),
            (one_line * body.str.len_bytes()).alias("wall"),
            # patterns are counted faster than literals
            (thinking.str.count_matches("```") / 2).ceil().fill_null(0).alias("code_blocks"),
            _contradiction(thinking, summary).alias("contradiction"),
        )
        rows = frame.select(_odd()).to_series().arg_true()
        parts = frame.select("response", "thinking", "summary")[rows]
        finds = [_inspect(*row) for row in parts.iter_rows()]
        counted = {
            name: scattered(
                frame.height, rows, [sum(f["what"] == name for f in of) for of in finds]
            )
            for name in ("broken_markup", "broken_characters", "symbols", "unfinished")
        }
        return facts.with_columns(
            *(column.alias(name) for name, column in counted.items()),
            detail(frame.height, rows, finds),
        )

    def rules(self) -> dict[str, pl.Expr]:
        return {
            "long_paragraph": pl.col("paragraph") > self.paragraph_max,
            "wall_of_text": pl.col("wall") > self.wall_max,
            "code_in_thinking": pl.col("code_blocks") > self.code_blocks_max,
            "broken_markup": pl.col("broken_markup") > self.broken_markup_max,
            "broken_characters": pl.col("broken_characters") > self.broken_characters_max,
            "symbol_soup": pl.col("symbols") > self.symbols_max,
            "unfinished_summary": pl.col("unfinished") > 0,
            "contradicting_summary": pl.col("contradiction") > 0,
        }


def _odd() -> pl.Expr:
    """A cheap look for anything that needs a closer one."""
    body, summary = pl.col("response"), pl.col("summary")
    braces = summary.str.count_matches(r"\{") > summary.str.count_matches(r"\}")
    open_end = ~summary.str.tail(8).str.contains(_CLOSED)
    return (
        may_be_broken(body)
        | braces.fill_null(False)
        | (open_end & pl.col("thinking").is_not_null()).fill_null(False)
        | body.str.contains(f"{_CONTROL}|{_SYMBOLS}").fill_null(False)
        | body.str.contains(_MOJIBAKE).fill_null(False)
    )


def _inspect(text: str, thinking: str | None, summary: str | None) -> list[Found]:
    finds = [
        found("broken_characters", text, *match.span())
        for match in _BROKEN_CHARACTER.finditer(text)
    ]
    for match in _SYMBOL_RUN.finditer(text):
        if len(set(match.group()) - _DECORATION) >= 4:
            finds.append(found("symbols", text, *match.span()))
    for part in (thinking, summary):
        start = text.rfind(part) if part else -1
        if part is None or start < 0:
            continue
        finds += [
            found("broken_markup", text, start + a, start + b) for a, b in broken_markup(part)
        ]
    if summary and thinking is not None:
        finds += _summary_end(text, summary)
    return finds


def _summary_end(text: str, summary: str) -> list[Found]:
    start = text.rfind(summary)
    end = start + len(summary)
    if brace := unclosed_brace(summary):
        last_line = summary.rfind("\n") < brace[0]
        what = "unfinished" if last_line else "broken_markup"
        return [found(what, text, start + brace[0], start + brace[1] + 60)]
    if _UNFINISHED.search(summary[-40:]):
        return [found("unfinished", text, max(0, end - 60), end)]
    return []


def _count(finds: list[Found], what: str) -> int:
    return sum(f["what"] == what for f in finds)


def _contradiction(thinking: pl.Expr, summary: pl.Expr) -> pl.Expr:
    """1 where both parts state their answer as a plain number, and not the same one."""
    end = thinking.str.tail(_LAST)
    thought = end.str.extract(_BOXED_NUMBER).fill_null(end.str.extract(_STATED_NUMBER))
    said = summary.str.tail(_LAST).str.extract(_BOXED_NUMBER)
    differ = pl.struct(thought.alias("a"), said.alias("b")).map_batches(
        lambda pairs: pl.Series([float(_differ(p["a"], p["b"])) for p in pairs], dtype=pl.Float64),
        return_dtype=pl.Float64,
    )
    return pl.when(thought.is_not_null() & said.is_not_null()).then(differ).otherwise(0.0)


def _differ(a: str | None, b: str | None) -> bool:
    """Whether they are different numbers; rounding is no difference."""
    if a is None or b is None or a == b:
        return False
    try:
        x, y = (Fraction(n.replace(",", "").replace(" ", "")) for n in (a, b))
    except (ValueError, ZeroDivisionError):
        return False
    return abs(x - y) > max(abs(x), abs(y)) / 100
