"""Could a person read it? Long paragraphs, code in the thinking, broken markup, broken characters,
symbols instead of words, and a summary that stops short or contradicts the thinking.

R1 dropped long paragraphs and code blocks (arXiv 2501.12948, 2.3.3); the rest is what sampling and
crawling do to texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter
from filters.readability.contradiction import contradictions
from filters.readability.markup import (
    BRACKETS,
    DOLLARS,
    ENVIRONMENTS,
    FENCES,
    LONGER_DOLLARS,
    LONGER_FENCES,
    PARENS,
    SIDES,
    broken_markup,
    count_marks,
    count_markup,
    unclosed_brace,
)
from filters.settings import Count, Share
from filters.texts import (
    BLOCK,
    Texts,
    bits_between,
    bits_of,
    compiled,
    count_bits,
    fill_end,
    find_byte,
    find_byte_before,
    literal,
    lowest_bit,
    stands,
    stripped,
    text_at,
    whole_blocks,
)
from filters.verdict_rows import Found, detail, found, scattered

_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
"""\x0crac is a `\frac` that met a JSON parser"""
_ASCII_MARKS = r"!-/:-@\[-`{-~"
_MARKS = _ASCII_MARKS + r"\u00a1-\u00bf\u2020-\u2026\u20a0-\u20bf\u2200-\u25ff\u2600-\u27bf"
_SOUP = 24
"""characters of a stretch of symbols"""
_SYMBOLS = rf"(?:[{_MARKS}]\s{{0,2}}){{{_SOUP},}}"
# UTF-8 read as Latin-1 or as GBK, and the sign for a byte that was no UTF-8 at all
_LATIN_1 = "\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = (
    "\ufffd|Ã[^A-Za-zÀ-ÿ\\s]|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫"
    f"|(?:[ÐÑã-ï][{_LATIN_1}]{{1,2}}){{3,}}"
)
_BROKEN = f"{_CONTROL}|{_MOJIBAKE}"
_BROKEN_CHARACTER = re.compile(_BROKEN)
_MAY_BREAK = re.compile(_CONTROL[:-1] + "\ufffdÃâÂðï锟烫ÐÑã-ï]")
"""the first character of a broken one, which is found much faster"""
_SYMBOL_RUN = re.compile(_SYMBOLS)
_NO_WORD = re.compile(rf"[^A-Za-z0-9]{{{_SOUP},}}")
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
    version: ClassVar[int] = 4
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
        in_thinking, in_summary = thinking.walk(_markup, 2), summary.walk(_markup, 2)
        unbalanced = in_thinking[:, :1] | in_summary[:, :1]
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
                "code_blocks": (in_thinking[:, 1] + 1) // 2,
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


_LF, _BLANK = b"\n "
_BOM = literal("ï»¿")
_DOLLARS, _BACKTICKS, _TILDES = map(literal, ("$$", "```", "~~~"))


@compiled
def _longest(places, out):
    """Bytes of the longest line."""
    for row in places.rows:
        out[row, 0] = _longest_line(text_at(places, row))


@compiled
def _one_line(places, out):
    """Bytes of a text of one line, white space around it left out; else none."""
    for row in places.rows:
        text = text_at(places, row)
        begin, end = stripped(text, 0, len(text))
        out[row, 0] = end - begin if find_byte(text[begin:end], _LF, 0) == end - begin else 0


@compiled
def _markup(places, out):
    """Whether markup may be broken, and how many fences there are, as `FENCE` finds them."""
    end = np.empty(3 * BLOCK, dtype=np.uint8)
    counts = np.empty(8, dtype=np.int64)
    for row in places.rows:
        text = text_at(places, row)
        whole = whole_blocks(text, BLOCK)
        fill_end(text, whole, _BLANK, end)
        counts[:] = 0
        count_markup(text, whole, counts)
        count_markup(end, 2 * BLOCK, counts)
        dollars = counts[DOLLARS] + stands(text, 0, _DOLLARS)
        fences = counts[FENCES] + (stands(text, 0, _BACKTICKS) or stands(text, 0, _TILDES))
        unbalanced = counts[PARENS] != 0 or counts[BRACKETS] != 0 or counts[ENVIRONMENTS] != 0
        unbalanced = unbalanced or counts[SIDES] != 0 or counts[LONGER_DOLLARS] != 0
        if counts[LONGER_FENCES]:
            fences = _fences(text)
            unbalanced = True
        out[row, 0] = unbalanced or dollars % 2 == 1 or fences % 2 == 1
        out[row, 1] = fences


@compiled
def _fences(text):
    """How many there are where some have more than three marks."""
    count = 0
    for fence in (_BACKTICKS, _TILDES):
        at = find_byte(text, fence[0], 0)
        while at < len(text):
            found = stands(text, at, fence)
            count += found
            at = find_byte(text, fence[0], at + (3 if found else 1))
    return count


@compiled
def _characters(places, out):
    """Whether there may be broken ones, or symbols in place of words."""
    end = np.empty(3 * BLOCK, dtype=np.uint8)
    for row in places.rows:
        text, of = text_at(places, row), out[row]
        whole = whole_blocks(text, BLOCK)
        fill_end(text, whole, _BLANK, end)
        broken, soup = _broken_or_soup(text, whole, text, 0)
        more_broken, more_soup = _broken_or_soup(end, 2 * BLOCK, text, whole)
        of[0], of[1] = broken | more_broken, soup | more_soup


@compiled
def _longest_line(text):
    """Bytes of it. A line that is longer than the longest so far has no line feed in so many bytes:
    the last one in them is looked for, and what is before it need not be."""
    longest, begin, n = 0, 0, len(text)
    while begin + longest < n:
        feed = find_byte_before(text, _LF, begin + longest + 1)
        if feed < begin:
            feed = find_byte(text, _LF, begin + longest + 1)
            longest = feed - begin
        begin = feed + 1
    return longest


_MANY = 8
"""such marks in a block: soup has twice as many, and of a hundred sound texts one has so many"""


@compiled
def _broken_or_soup(text, upto, all_text, begin):
    """Whether there are control characters or signs of UTF-8 read as something else; and whether a
    block has many of the marks that formulas, tables and sentences have few of, and no words. The
    text is all of it from `begin` on."""
    broken, soup = False, False
    for at in range(np.uint64(0), np.uint64(upto), np.uint64(BLOCK)):
        control = bits_between(text, at, 0, 8) | bits_between(text, at, 14, 31)
        control |= bits_between(text, at, 11, 12)  # all but tab and line ends
        rare = bits_of(text, at, 33) | bits_of(text, at, 35) | bits_between(text, at, 37, 38)
        rare |= bits_between(text, at, 59, 60) | bits_between(text, at, 62, 64)  # ; and <, > to @
        rare |= bits_of(text, at, 96) | bits_of(text, at, 126)  # ` and ~
        if bits_between(text, at, 0x80, 0xFF):
            rare |= bits_of(text, at, 0xC2) | bits_of(text, at, 0xE2)  # ¤ or ‡
            broken |= _has_broken(text, at)
        broken |= control != 0
        if count_bits(rare) >= _MANY:
            soup |= _wordless(all_text, begin + np.int64(at))
    return broken, soup


@compiled
def _has_broken(text, at):
    """Whether in a block there may be a character that nobody wrote."""
    one, two = np.uint64(1), np.uint64(2)
    signs = bits_of(text, at, 0xEF) & bits_of(text, at + one, 0xBF) & bits_of(text, at + two, 0xBD)
    signs |= bits_of(text, at, 0xE9) & bits_of(text, at + one, 0x94) & bits_of(text, at + two, 0x9F)
    signs |= bits_of(text, at, 0xE7) & bits_of(text, at + one, 0x83) & bits_of(text, at + two, 0xAB)
    latin = bits_of(text, at, 0xC3)
    while latin and not signs:
        signs = np.uint64(_latin_1(text, np.int64(at + lowest_bit(latin))))
        latin &= latin - one
    return signs != 0


@compiled
def _latin_1(text, i):
    """Whether Ã or Â stands there, or a letter such as ä or ç before the like of ¸ or œ, which no
    French quotation mark is, or a byte order mark read as Latin-1."""
    after, third, fourth = text[i + 1], text[i + 2], text[i + 3]
    if 0xC2 <= third <= 0xCB and fourth not in (0xA0, 0xBB):
        if 0xA2 <= after <= 0xB0 or after in (0x90, 0x91):
            return True
    elif third == 0xE2 and after in (0xA2, 0xA3, 0xA5):
        return True
    return after in (0x82, 0x83) or stands(text, i, _BOM)


@compiled
def _wordless(text, at):
    """Whether a stretch without ASCII letters and digits that is long enough for soup stands in
    this block, or part of it."""
    run = 0
    for byte in text[max(0, at - _SOUP) : at + BLOCK + _SOUP]:
        of_word = (48 <= byte <= 57) | (65 <= byte <= 90) | (97 <= byte <= 122)
        run = 0 if of_word else run + 1
        if run == _SOUP:
            return True
    return False


@compiled
def _summary_look(places, out):
    """Whether more braces open than close, and whether it ends otherwise than a sentence does."""
    for row in places.rows:
        text = text_at(places, row)
        balance = 0
        for byte in text:
            balance += int(byte == 123) - int(byte == 125)
        out[row, 0] = balance > 0
        out[row, 1] = len(text) > 0 and not _finished(text)


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
        finds += [found("broken_characters", text, *span) for span in _broken_characters(text)]
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


def _broken_characters(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    while start := _MAY_BREAK.search(text, at):
        at = start.end()
        if match := _BROKEN_CHARACTER.match(text, start.start()):
            at = match.end()
            yield match.span()


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
