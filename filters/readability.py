"""Could a person read it? Long paragraphs, code in the thinking, broken markup, broken characters,
symbols instead of words, and a summary that stops short or contradicts the thinking.

R1 dropped long paragraphs and code blocks (arXiv 2501.12948, 2.3.3); the rest is what sampling and
crawling do to texts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter
from filters.contradiction import contradictions
from filters.findings import Found, detail, found, scattered
from filters.markup import (
    BACKTICKS,
    DOLLARS,
    TILDES,
    broken_markup,
    count_marks,
    may_be_broken,
    unclosed_brace,
)
from filters.settings import Count, Share
from filters.texts import (
    BLOCK,
    Texts,
    bit_number,
    bits_of,
    compiled,
    fill_end,
    find_byte,
    here,
    literal,
    stands,
    stripped,
    whole_blocks,
)

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
"""\x0crac is a `\frac` that met a JSON parser"""
_ASCII_MARKS = r"!-/:-@\[-`{-~"
_MARKS = _ASCII_MARKS + r"\u00a1-\u00bf\u2020-\u2026\u20a0-\u20bf\u2200-\u25ff\u2600-\u27bf"
_SYMBOLS = rf"(?:[{_MARKS}]\s{{0,2}}){{24,}}"
# UTF-8 read as Latin-1 or as GBK, and the sign for a byte that was no UTF-8 at all
_LATIN_1 = "\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = (
    "\ufffd|Ã[^A-Za-zÀ-ÿ\\s]|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫"
    f"|(?:[ÐÑã-ï][{_LATIN_1}]{{1,2}}){{3,}}"
)
_BROKEN = f"{_CONTROL}|{_MOJIBAKE}"
_BROKEN_CHARACTER = re.compile(_BROKEN)
_SYMBOL_RUN = re.compile(_SYMBOLS)
_NO_WORD = re.compile(r"[^A-Za-z0-9]{24,}")
_DECORATION = set("-=|:+_*#~.{}[]()$&^\\ \t\n")
"""what rules, tables and LaTeX are made of"""

_FINISHES = np.zeros(0x80, dtype=np.bool_)
_FINISHES[list(b".!?)]}$*\"'`>|0123456789")] = True
_WIDE_FINISHES = np.array([int.from_bytes(c.encode(), "big") for c in "。！？…”’"])
"""the last character of a finished text, in ASCII and outside it"""
_UNFINISHED = re.compile(
    r"(?:[,;(\[{=+<、，；\\]|\s-"
    r"|\b(?:the|an?|of|to|and|or|is|are|was|were|be|by|with|for|from|in|at|that|which|because|so|if"
    r"|then|therefore|thus|hence|we|I|it|as|into|than|their|its|your|has|have|will|would|can|could"
    r"|should|equals|since|but|however|alternatively)"
    r"|[的是为和与及或]|因此|所以|答案|这个|最终)\s*$",
    re.IGNORECASE,
)
"""a last sign or word after which something must come"""


@dataclass(frozen=True)
class Readability(Filter):
    """Counts of what makes a trace unreadable, `paragraph` first: the bytes of the longest one, in
    which a Chinese character counts three, as it says about as much as three letters."""

    name: ClassVar[str] = "readability"
    version: ClassVar[int] = 3
    scores: ClassVar[tuple[str, ...]] = (
        *("paragraph", "wall", "code_blocks", "broken_markup", "slips", "broken_characters"),
        *("symbols", "unfinished", "contradiction"),
    )

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
        texts, thinking, summary = (
            Texts(frame.get_column(name)) for name in ("response", "thinking", "summary")
        )
        # one by one, or what the summary opens and the thinking shuts would balance
        unbalanced = thinking.walk(_markup, 1) | summary.walk(_markup, 1)
        looks = np.hstack([unbalanced, texts.walk(_characters, 2)])
        rows, finds = _findings(frame, looks, thinking, summary)
        counted = {
            name: scattered(
                texts.height, rows, [sum(f["what"] == name for f in some) for some in finds]
            )
            for name in ("broken_markup", "broken_characters", "symbols", "unfinished")
        }
        walls = [of.walk(_one_line, 1)[:, 0] for of in (texts, thinking)]
        wall = np.where(thinking.null, *walls)
        return pl.DataFrame(
            {
                "paragraph": np.where(texts.null, np.nan, texts.walk(_longest, 1)[:, 0]),
                "wall": np.where(texts.null, np.nan, wall),
                "code_blocks": (thinking.walk(_fences, 1)[:, 0] + 1) // 2,
                **counted,
                "slips": _slips(thinking.column, rows, finds),
                "contradiction": contradictions(thinking, summary),
                "detail": detail(texts.height, rows, finds),
            }
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
        }


_TAB, _LF, _CR, _BLANK = b"\t\n\r "
_REPLACEMENT, _GBK_REPLACEMENT, _GBK_UNSET, _BOM = map(literal, ("\ufffd", "锟", "烫", "ï»¿"))


@compiled
def _longest(data, starts, ends, rows, out):
    """Bytes of the longest line."""
    for k in range(len(rows)):
        out[rows[k], 0] = _longest_line(data[starts[k] : ends[k]])


@compiled
def _one_line(data, starts, ends, rows, out):
    """Bytes of a text of one line, white space around it left out; else none."""
    for k in range(len(rows)):
        text = data[starts[k] : ends[k]]
        begin, end = stripped(text, 0, len(text))
        out[rows[k], 0] = end - begin if find_byte(text[begin:end], _LF, 0) == end - begin else 0


@compiled
def _markup(data, starts, ends, rows, out):
    """Whether markup may be broken."""
    end = np.empty(3 * BLOCK, dtype=np.uint8)
    counts = np.empty(7, dtype=np.int64)
    for k in range(len(rows)):
        text = data[starts[k] : ends[k]]
        whole = whole_blocks(text, BLOCK)
        fill_end(text, whole, _BLANK, end)
        counts[:] = 0
        may_be_broken(text, whole, counts)
        may_be_broken(end, 2 * BLOCK, counts)
        counts[3] += stands(text, 0, DOLLARS)
        counts[4] += stands(text, 0, BACKTICKS) or stands(text, 0, TILDES)
        unbalanced = counts[0] != 0 or counts[1] != 0 or counts[2] != 0 or counts[6] != 0
        unbalanced = unbalanced or counts[5] != 0
        out[rows[k], 0] = unbalanced or counts[3] % 2 == 1 or counts[4] % 2 == 1


@compiled
def _fences(data, starts, ends, rows, out):
    """How many there are, as `FENCE` finds them."""
    for k in range(len(rows)):
        text = data[starts[k] : ends[k]]
        for fence in (BACKTICKS, TILDES):
            at = find_byte(text, fence[0], 0)
            while at < len(text):
                found = stands(text, at, fence)
                out[rows[k], 0] += found
                at = find_byte(text, fence[0], at + (3 if found else 1))


@compiled
def _characters(data, starts, ends, rows, out):
    """Whether there may be broken ones, or symbols in place of words."""
    end = np.empty(3 * BLOCK, dtype=np.uint8)
    for k in range(len(rows)):
        text, of = data[starts[k] : ends[k]], out[rows[k]]
        whole = whole_blocks(text, BLOCK)
        fill_end(text, whole, _BLANK, end)
        broken, soup = _broken_or_soup(text, whole)
        more_broken, more_soup = _broken_or_soup(end, 2 * BLOCK)
        of[0], of[1] = broken | more_broken, soup | more_soup


@compiled
def _longest_line(text):
    """Bytes of it."""
    longest, begin, block = 0, 0, 0
    while block + BLOCK <= len(text):
        bits = bits_of(text, np.uint64(block), _LF)
        while bits:
            lowest = bits & -bits
            bits ^= lowest
            end = block + np.int64(bit_number(lowest))
            longest, begin = max(longest, end - begin), end + 1
        block += BLOCK
    for end in range(block, len(text)):
        if text[end] == _LF:
            longest, begin = max(longest, end - begin), end + 1
    return max(longest, len(text) - begin)


_MANY = 8
"""such marks in a block: soup has twice as many, and of a hundred sound texts one has so many"""


@compiled
def _broken_or_soup(text, upto):
    """Whether there are control characters or signs of UTF-8 read as something else (Ã, Â, and a
    letter such as ä or ç before the like of ¸ or œ, which no French quotation mark is); and whether
    a block has many of the marks that formulas, tables and sentences have few of."""
    all_broken, all_soup = np.uint8(0), False
    for block in range(np.uint64(upto // BLOCK)):
        broken, soup = np.uint8(0), np.uint8(0)
        for j in range(np.uint64(BLOCK)):
            i = block * np.uint64(BLOCK) + j
            byte, after = text[i], text[i + np.uint64(1)]
            third, fourth = text[i + np.uint64(2)], text[i + np.uint64(3)]
            control = (byte < _BLANK) & (byte != _TAB) & (byte != _LF) & (byte != _CR)
            double = (third >= 0xC2) & (third <= 0xCB) & (fourth != 0xA0) & (fourth != 0xBB)
            double &= ((after >= 0xA2) & (after <= 0xB0)) | (after == 0x90) | (after == 0x91)
            double |= (third == 0xE2) & ((after == 0xA2) | (after == 0xA3) | (after == 0xA5))
            latin = (byte == 0xC3) & (double | (after == 0x82) | (after == 0x83))
            other = here(text, i, _REPLACEMENT) | here(text, i, _BOM)
            other |= here(text, i, _GBK_REPLACEMENT) | here(text, i, _GBK_UNSET)
            broken = np.uint8(broken | np.uint8(control | latin | other))
            rare = (byte == 33) | (byte == 35) | (byte == 37) | (byte == 38)  # !#%&
            rare |= (byte == 59) | (byte == 60) | (byte >= 62) & (byte <= 64)  # ;<>?@
            rare |= (byte == 96) | (byte == 126) | (byte == 0xC2) | (byte == 0xE2)  # `~, ¤ or ‡
            soup = np.uint8(soup + np.uint8(rare))
        all_broken |= broken
        all_soup |= soup >= _MANY
    return all_broken, all_soup


@compiled
def _summary_look(data, starts, ends, rows, out):
    """Whether more braces open than close, and whether it ends otherwise than a sentence does."""
    for k in range(len(rows)):
        text = data[starts[k] : ends[k]]
        balance = 0
        for byte in text:
            balance += int(byte == 123) - int(byte == 125)
        out[rows[k], 0] = balance > 0
        out[rows[k], 1] = len(text) > 0 and not _finished(text)


@compiled
def _finished(text):
    at = len(text) - 1
    if text[at] < 0x80:
        return _FINISHES[text[at]]
    if at < 2:
        return False
    code = (np.int64(text[at - 2]) << 16) | (np.int64(text[at - 1]) << 8) | np.int64(text[at])
    for wide in _WIDE_FINISHES:  # noqa: SIM110
        if code == wide:
            return True
    return False


def _findings(
    frame: pl.DataFrame, looks: np.ndarray, thinking: Texts, summary: Texts
) -> tuple[pl.Series, list[list[Found]]]:
    """The rows that need a closer look, and what it finds in each."""
    stops = summary.walk(_summary_look, 2).any(axis=1) & ~thinking.null
    doubtful = np.flatnonzero(stops)
    stops[doubtful] = [_may_stop_short(text) for text in summary.column[pl.Series(doubtful)]]
    odd = np.column_stack([looks, stops]) > 0
    rows = pl.Series(np.flatnonzero(odd.any(axis=1)))
    texts = frame.select("response", "thinking", "summary", "problem")[rows].iter_rows()
    which = odd[rows.to_numpy()].tolist()
    return rows, [_inspect(*of, *look) for of, look in zip(texts, which, strict=True)]


def _inspect(
    text: str,
    thinking: str | None,
    summary: str | None,
    problem: str | None,
    markup: bool,
    broken: bool,
    soup: bool,
    end: bool,
) -> list[Found]:
    finds: list[Found] = []
    if broken:
        spans = (match.span() for match in _BROKEN_CHARACTER.finditer(text))
        finds += [found("broken_characters", text, *span) for span in spans]
    if soup:
        finds += _symbol_soup(text)
    for what, part in (("slip", thinking), ("broken_markup", summary)) if markup else ():
        start = text.rfind(part) if part else -1
        spans = ((start + a, start + b) for a, b in broken_markup(part or ""))
        finds += [found(what, text, *span) for span in spans]
    if end and summary and thinking is not None:
        finds += _summary_end(text, summary, problem or "")
    return finds


def _slips(thinking: pl.Series, rows: pl.Series, finds: list[list[Found]]) -> pl.Series:
    """Their share of all that opens or closes something in the thinking."""
    slips = [sum(f["what"] == "slip" for f in some) for some in finds]
    shares = [
        n / count_marks(thinking[row]) if n else 0.0 for row, n in zip(rows, slips, strict=True)
    ]
    return scattered(len(thinking), rows, shares)


def _symbol_soup(text: str) -> list[Found]:
    finds = []
    for stretch in _NO_WORD.finditer(text):
        for match in _SYMBOL_RUN.finditer(text, *stretch.span()):
            if len(set(match.group()) - _DECORATION) >= 4:
                finds.append(found("symbols", text, *match.span()))
    return finds


_QUOTED = 24
"""characters behind a brace that, if the problem has them, are copied from there, like the `)` that
closes in place of a brace"""


def _may_stop_short(summary: str) -> bool:
    return _opens_more(summary) or bool(_UNFINISHED.search(summary[-40:]))


def _opens_more(summary: str) -> bool:
    return summary.count("{") > summary.count("}")


def _summary_end(text: str, summary: str, problem: str) -> list[Found]:
    if _opens_more(summary) and (brace := unclosed_brace(summary)):
        start = text.rfind(summary)
        last_line = summary.rfind("\n") < brace[0]
        if not last_line and summary[brace[1] : brace[1] + _QUOTED] in problem:
            return []
        what = "unfinished" if last_line else "broken_markup"
        return [found(what, text, start + brace[0], start + brace[1] + 60)]
    if _UNFINISHED.search(summary[-40:]):
        end = text.rfind(summary) + len(summary)
        return [found("unfinished", text, max(0, end - 60), end)]
    return []
