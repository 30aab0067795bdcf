"""Could a person read it? Long paragraphs, code in the thinking, broken markup, broken characters,
symbols instead of words, left-overs of web pages, words without grammar, and a summary that stops
short or contradicts the thinking.

R1 dropped long paragraphs and code blocks (arXiv 2501.12948, 2.3.3); the rest is what sampling and
crawling do to texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter
from filters.readability.contradiction import contradiction
from filters.readability.leftovers import may_have_left_overs, web_left_overs
from filters.readability.markup import (
    CODE_BLOCK,
    MARKS,
    broken_markup,
    count_marks,
    unbalanced,
    unclosed_brace,
)
from filters.readability.word_order import WORDS, is_salad, word_salad
from filters.settings import Count, Share
from filters.verdict_rows import Span, detail, scattered, told

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
"""\x0crac is a `\frac` that met a JSON parser"""
# UTF-8 read as Latin-1 or as GBK, and the sign for a byte that was no UTF-8 at all
_LATIN_1 = "\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_BROKEN = (
    f"{_CONTROL}|\ufffd|Ã[^A-Za-zÀ-ÿ\\s]|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫"
    f"|(?:[ÐÑã-ï][{_LATIN_1}]{{1,2}}){{3,}}"
    # blanks as tokenizers write them, letters of fonts that are not there, words of unseen letters
    "|[ĠĊ][A-Za-z]+[ĠĊ]|▁[A-Za-z]+▁|[\ue000-\uf8ff]|(?:[a-z]\u200b){3}"
)
_SIGNS = r"!-/:-@\[-`{-~" + "\u00a1-\u00bf\u2020-\u2026\u20a0-\u20bf\u2200-\u25ff\u2600-\u27bf"
_SYMBOLS = rf"(?:[{_SIGNS}]\s{{0,2}}){{24,}}"
"""a line of symbols, not a formula"""
_DECORATION = set("-=|:+_*#~.{}[]()$&^\\ \t\n")
"""what rules, tables and LaTeX are made of"""
_KINDS = 4
"""of other signs in it: on either half of 1,847 real traces, 8 signs or more in a row have two"""

_UNFINISHED = (
    r"(?i)(?:[,;(\[{=+<、，；\\]|\s-"
    r"|\b(?:the|an?|of|to|and|or|is|are|was|were|be|by|with|for|from|in|at|that|which|because|so|if"
    r"|then|therefore|thus|hence|we|I|it|as|into|than|their|its|your|has|have|will|would|can|could"
    r"|should|equals|since|but|however|alternatively)"
    r"|[的是为和与及或]|因此|所以|答案|这个|最终)\s*$|[:：]\**\s*$|^\W*(?:TBD|N/A)\W*$"
    r"|\\boxed\{[^\w?]*(?:answer|your answer)?[^\w?]*\}\W*$"  # one that holds a ? says so
)
"""a last sign or word after which something must come"""
_END = 40
"""characters in which the last word lies"""
_QUOTED = 24
"""characters behind a brace that, if the problem has them, are copied from there, like the `)` that
closes in place of a brace"""
_COUNTED = (
    "broken_markup",
    "broken_characters",
    "symbols",
    "unfinished",
    "contradiction",
    "web",
    "salad",
)


@dataclass(frozen=True)
class Readability(Filter):
    """Counts of what makes a trace unreadable, `paragraph` first: the bytes of the longest one, in
    which a Chinese character counts three, as it says about as much as three letters."""

    name: ClassVar[str] = "readability"
    version: ClassVar[int] = 12
    scores: ClassVar[tuple[str, ...]] = (
        *("paragraph", "wall", "code_blocks", "broken_markup", "slips", "broken_characters"),
        *("symbols", "unfinished", "contradiction", "web", "salad"),
    )
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "paragraph_max": ("paragraph", ">"),
        "wall_max": ("wall", ">"),
        "code_blocks_max": ("code_blocks", ">"),
        "broken_markup_max": ("broken_markup", ">"),
        "slips_max": ("slips", ">"),
        "broken_characters_max": ("broken_characters", ">"),
        "symbols_max": ("symbols", ">"),
    }

    paragraph_max: Count = 4000
    """bytes; 1 % of 1,847 real traces have a longer one"""
    wall_max: Count = 2000
    """bytes of a text without a single line break"""
    code_blocks_max: Count = 0
    """fenced blocks in the thinking"""
    broken_markup_max: Count = 0
    """what the summary opens and does not close, or closes and has not opened"""
    slips_max: Share = 0.1
    """the same in the thinking, of all that it opens and closes: of hundreds a few are noise"""
    broken_characters_max: Count = 0
    symbols_max: Count = 0
    """stretches of 24 symbols that are neither a rule nor a table nor LaTeX"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text, thinking = pl.col("response"), pl.col("thinking")
        read = frame.select(
            *("response", "thinking", "summary", "problem"), web=may_have_left_overs(text)
        )
        rows = (read.get_column("web") | _suspects(frame)).arg_true()
        texts = read[rows].rows()
        finds = [list(_inspect(*of)) for of in texts]
        slips = [_slips(of[1], some) for of, some in zip(texts, finds, strict=True)]
        return frame.select(
            _longest_line(text).alias("paragraph"),
            _one_line(pl.coalesce(thinking, pl.col("summary"))).alias("wall"),
            thinking.str.count_matches(CODE_BLOCK).fill_null(0).alias("code_blocks"),
            *(
                scattered(frame.height, rows, [_count(some, what) for some in finds]).alias(what)
                for what in _COUNTED
            ),
            scattered(frame.height, rows, slips).alias("slips"),
            detail(frame.height, rows, (told(t[0], f) for t, f in zip(texts, finds, strict=True))),
        )

    def rules(self) -> dict[str, pl.Expr]:
        return {
            "long_paragraph": pl.col("paragraph") > self.paragraph_max,
            "wall_of_text": pl.col("wall") > self.wall_max,
            "code_in_thinking": pl.col("code_blocks") > self.code_blocks_max,
            "broken_markup": (pl.col("broken_markup") > self.broken_markup_max)
            | (pl.col("slips") > self.slips_max),
            "broken_characters": pl.col("broken_characters") > self.broken_characters_max,
            "symbol_soup": pl.col("symbols") > self.symbols_max,
            "unfinished_summary": pl.col("unfinished") > 0,
            "contradicting_summary": pl.col("contradiction") > 0,
            "web_left_overs": pl.col("web") > 0,
            "word_salad": pl.col("salad") > 0,
        }


def _longest_line(text: pl.Expr) -> pl.Expr:
    """Bytes of it."""
    return text.str.split("\n").list.eval(pl.element().str.len_bytes()).list.max()


def _one_line(text: pl.Expr) -> pl.Expr:
    """Bytes of a text without a line break; else none."""
    return pl.when(~text.str.contains("\n", literal=True)).then(text.str.len_bytes()).otherwise(0)


def _suspects(frame: pl.DataFrame) -> pl.Series:
    """Where `_inspect` may find something."""
    thinking, summary = pl.col("thinking"), pl.col("summary")
    brace = summary.str.count_matches(r"\{") > summary.str.count_matches(r"\}")
    stops = thinking.is_not_null() & (brace | summary.str.tail(_END).str.contains(_UNFINISHED))
    some = frame.select(stops.fill_null(False)).to_series()
    return some | _with_oddities(frame) | _with_broken_markup(frame) | _contradicting(frame)


_ODD = "|".join((_BROKEN, _SYMBOLS, WORDS))


def _with_oddities(frame: pl.DataFrame) -> pl.Series:
    """One look at all texts for broken characters, symbols and words without a sign, as that is
    what costs; then one for each at the few: many have a rule or a table, few have soup."""
    text = pl.col("response")
    rows = frame.select(text.str.contains(_ODD)).to_series().arg_true()
    looks = frame.select("response")[rows].select(
        text.str.contains(_BROKEN),
        text.str.extract_all(_SYMBOLS).alias("signs"),
        text.str.extract_all(WORDS).alias("words"),
    )
    odd = [
        broken or any(map(_is_soup, signs)) or any(map(is_salad, words))
        for broken, signs, words in looks.rows()
    ]
    return scattered(frame.height, rows, odd) > 0


def _is_soup(symbols: str) -> bool:
    return len(set(symbols) - _DECORATION) >= _KINDS


def _with_broken_markup(frame: pl.DataFrame) -> pl.Series:
    marks = frame.select(pl.col("thinking", "summary").str.extract_all(MARKS).fill_null([]))
    return pl.Series([any(map(unbalanced, parts)) for parts in marks.rows()], dtype=pl.Boolean)


def _contradicting(frame: pl.DataFrame) -> pl.Series:
    one_answer = pl.col("summary").str.count_matches(r"\\boxed") < 2
    rows = frame.select(one_answer & pl.col("thinking").is_not_null()).to_series().arg_true()
    pairs = frame.select("thinking", "summary")[rows].rows()
    return scattered(frame.height, rows, [contradiction(*pair) is not None for pair in pairs]) > 0


def _inspect(
    text: str, thinking: str | None, summary: str | None, problem: str | None, web: bool
) -> Iterator[Span]:
    for match in re.finditer(_BROKEN, text):
        if match[0] in (problem or ""):  # then it is copied from there
            continue
        yield ("broken_characters", *match.span())
    for match in re.finditer(_SYMBOLS, text):
        if _is_soup(match.group()):
            yield ("symbols", *match.span())
    for span in web_left_overs(text, problem or "") if web else ():
        yield ("web", *span)
    for span in word_salad(text):
        yield ("salad", *span)
    for what, part in (("slip", thinking), ("broken_markup", summary)):
        start = text.rfind(part) if part else -1
        for begin, end in broken_markup(part or ""):
            yield (what, start + begin, start + end)
    if thinking is not None and summary:
        yield from _summary_end(text, summary, problem or "")
        if answers := contradiction(thinking, summary):
            place = max(0, text.rfind(answers.said))
            yield ("contradiction", place, place + len(answers.said))


def _summary_end(text: str, summary: str, problem: str) -> Iterator[Span]:
    brace = unclosed_brace(summary) if summary.count("{") > summary.count("}") else None
    if brace:
        start = text.rfind(summary)
        last_line = summary.rfind("\n") < brace[0]
        if last_line or summary[brace[1] : brace[1] + _QUOTED] not in problem:
            what = "unfinished" if last_line else "broken_markup"
            yield (what, start + brace[0], start + brace[1] + 60)
    elif re.search(_UNFINISHED, summary[-_END:]):
        end = text.rfind(summary) + len(summary)
        yield ("unfinished", max(0, end - 60), end)


def _count(finds: list[Span], what: str) -> int:
    return sum(kind == what for kind, _, _ in finds)


def _slips(thinking: str | None, finds: list[Span]) -> float:
    """Their share of all that opens or closes something in the thinking."""
    slips = _count(finds, "slip")
    return slips / count_marks(thinking) if thinking and slips else 0.0
