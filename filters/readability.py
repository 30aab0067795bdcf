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
from filters.findings import Found, detail, found, scattered
from filters.markup import FENCE, broken_markup, may_be_broken, unclosed_brace
from filters.packed import flat

_TAB, _LF, _CR, _BLANK = b"\t\n\r "
_CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f]"
"""\x0crac is a `\frac` that met a JSON parser"""
_ASCII_MARKS = r"!-/:-@\[-`{-~"
_MARKS = _ASCII_MARKS + r"\u00a1-\u00bf\u2020-\u2026\u20a0-\u20bf\u2200-\u25ff\u2600-\u27bf"
_SYMBOLS = rf"(?:[{_MARKS}]\s?){{24,}}"
# UTF-8 read as Latin-1 or as GBK, and the sign for a byte that was no UTF-8 at all
_LATIN_1 = "\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ"
_MOJIBAKE = (
    "\ufffd|Ã[^A-Za-zÀ-ÿ\\s]|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫"
    f"|(?:[ÐÑã-ï][{_LATIN_1}]{{1,2}}){{3,}}"
)
# looks that cost a tenth of a walk through the text: a few literals, of which all that is broken
# or soup has some
_SIGNS_OF_MOJIBAKE = (
    "\ufffd|Ã|â€|Â[\u00a0-\u00bf]|ðŸ|ï»¿|锟斤拷|烫烫烫|Ð°|Ð¾|Ð¸|Ñ‚"
    "|ä¸|ä»|çš|ç»|æ˜|æœ|å›|å¤|ï¼|ã€|ã‚|é—|è¿|è¯"
)
_SIGNS_OF_SOUP = "|".join(re.escape(a + b) for a in "%@&~" for b in "%@&~^#;?")
_BROKEN = f"{_CONTROL}|{_MOJIBAKE}"
_BROKEN_CHARACTER = re.compile(_BROKEN)
_SYMBOL_RUN = re.compile(_SYMBOLS)
_NO_WORD = re.compile(r"[^A-Za-z0-9]{24,}")
_DECORATION = set("-=|:+_*#~.{}[]()$&^\\ \t\n")
"""what rules, tables and LaTeX are made of"""

_CLOSED = r"[.!?。！？…)\]}$*\x22'”’`>|\d]\s*$"
"""the last character of a finished text"""
_UNFINISHED = re.compile(
    r"(?:[,;(\[{=+<、，；\\]|\s-"
    r"|\b(?:the|an?|of|to|and|or|is|are|was|were|be|by|with|for|from|in|at|that|which|because|so|if"
    r"|then|therefore|thus|hence|we|I|it|as|into|than|their|its|your|has|have|will|would|can|could"
    r"|should|equals|since|but|however|alternatively)"
    r"|[的是为和与及或]|因此|所以|答案|这个|最终)\s*$",
    re.IGNORECASE,
)
"""a last sign or word after which something must come"""

_NUMBER = r"-?\d[\d,]*(?:\.\d+)?(?:\s*/\s*\d+)?"
_BOXED_NUMBER = rf"\\boxed\{{\s*\\?\$?\s*({_NUMBER})\s*(?:\\?%|\\text\{{[^}}]*\}})?\s*\}}"
_STATED_NUMBER = (
    r"(?i)(?:answer|result|答案|结果|答え|antwort|ergebnis|réponse|résultat|respuesta|resultado|ответ)"
    r"(?:\s*(?:is|should be|must be|would be|are|是|为|は|ist|lautet|est|es|:|：|-|—))*"
    rf"\s*(?:\*\*|\\\(|\$)*\s*({_NUMBER})\s*(?:[.!。\n*$\\]|$)"
)
_BOXED, _STATED, _NUMBERS = map(re.compile, (_BOXED_NUMBER, _STATED_NUMBER, _NUMBER))
_LAST, _VERY_LAST = 1500, 300
"""characters at the end of the thinking: none may hold the summary's number; these state another"""


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
        body, thinking = pl.col("response"), pl.col("thinking")
        longest, control = _lines(frame.get_column("response"))
        thought = pl.when(thinking.is_null()).then(body).otherwise(thinking)
        facts = frame.select(
            pl.when(body.is_not_null()).then(longest).alias("paragraph"),
            _in_one_line(thought).alias("wall"),
            # patterns are counted faster than literals
            (thinking.str.count_matches(FENCE) / 2).ceil().fill_null(0).alias("code_blocks"),
        )
        odd = frame.select("response", "thinking", "summary", **_odd()).with_columns(
            pl.col("broken") | control
        )
        rows = odd.select(pl.any_horizontal("markup", "end", "broken", "marks")).to_series()
        finds = [_inspect(*row) for row in odd.filter(rows).iter_rows()]
        rows = rows.arg_true()
        counted = {
            name: scattered(
                frame.height, rows, [sum(f["what"] == name for f in of) for of in finds]
            )
            for name in ("broken_markup", "broken_characters", "symbols", "unfinished")
        }
        counted["contradiction"] = _contradictions(frame)
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


def _in_one_line(text: pl.Expr) -> pl.Expr:
    """The bytes of a text without line breaks, else none."""
    return (~text.str.strip_chars().str.contains("\n", literal=True)) * text.str.len_bytes()


def _odd() -> dict[str, pl.Expr]:
    """Cheap looks for what needs a closer one."""
    body, summary = pl.col("response"), pl.col("summary")
    braces = summary.str.count_matches(r"\{") > summary.str.count_matches(r"\}")
    open_end = ~summary.str.tail(8).str.contains(_CLOSED) & pl.col("thinking").is_not_null()
    return {
        "markup": may_be_broken(body),
        "end": (braces | open_end).fill_null(False),
        "broken": body.str.contains(_SIGNS_OF_MOJIBAKE).fill_null(False),
        "marks": body.str.contains(_SIGNS_OF_SOUP).fill_null(False),
    }


def _lines(texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Of each text the bytes of its longest line, and whether it has control characters: all
    that takes is a look at the bytes below the blank."""
    longest, control = [], []
    for _, data, begins in flat(texts):
        low = np.flatnonzero(data < _BLANK)
        byte = data[low]
        feeds = low[byte == _LF]
        rest = low[(byte != _TAB) & (byte != _LF) & (byte != _CR)]
        control.append(np.diff(np.searchsorted(rest, begins)) > 0)
        longest.append(_longest(feeds, begins))
    return (
        pl.Series("paragraph", np.concatenate(longest) if longest else [], dtype=pl.Float64),
        pl.Series("control", np.concatenate(control) if control else [], dtype=pl.Boolean),
    )


def _longest(feeds: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """The longest stretch without a line feed in each text: its end is a stop, too, as if it had
    a line feed behind it."""
    upto = np.searchsorted(feeds, begins)
    stops = np.insert(feeds, upto[1:], begins[1:])
    first = upto[:-1] + np.arange(len(upto) - 1)
    length = np.diff(stops, prepend=-1) - 1
    length[first] = stops[first] - begins[:-1]
    return np.maximum.reduceat(length, first)


def _inspect(
    text: str,
    thinking: str | None,
    summary: str | None,
    markup: bool,
    end: bool,
    broken: bool,
    marks: bool,
) -> list[Found]:
    finds: list[Found] = []
    if broken:
        spans = (match.span() for match in _BROKEN_CHARACTER.finditer(text))
        finds += [found("broken_characters", text, *span) for span in spans]
    if marks:
        finds += _symbol_soup(text)
    for part in (thinking, summary) if markup else ():
        start = text.rfind(part) if part else -1
        spans = ((start + a, start + b) for a, b in broken_markup(part or ""))
        finds += [found("broken_markup", text, *span) for span in spans]
    if end and summary and thinking is not None:
        finds += _summary_end(text, summary)
    return finds


def _symbol_soup(text: str) -> list[Found]:
    finds = []
    for stretch in _NO_WORD.finditer(text):
        for match in _SYMBOL_RUN.finditer(text, *stretch.span()):
            if len(set(match.group()) - _DECORATION) >= 4:
                finds.append(found("symbols", text, *match.span()))
    return finds


def _summary_end(text: str, summary: str) -> list[Found]:
    if brace := unclosed_brace(summary):
        start = text.rfind(summary)
        last_line = summary.rfind("\n") < brace[0]
        what = "unfinished" if last_line else "broken_markup"
        return [found(what, text, start + brace[0], start + brace[1] + 60)]
    if _UNFINISHED.search(summary[-40:]):
        end = text.rfind(summary) + len(summary)
        return [found("unfinished", text, max(0, end - 60), end)]
    return []


def _count(finds: list[Found], what: str) -> int:
    return sum(f["what"] == what for f in finds)


def _contradictions(frame: pl.DataFrame) -> pl.Series:
    """1 where `contradicts`; most pairs agree, which shows without reading them."""
    summary, end = pl.col("summary"), pl.col("thinking").str.tail(_LAST)
    boxed = summary.str.extract(_BOXED_NUMBER)
    alone = summary.str.count_matches(r"\\boxed") == 1
    said = end.str.contains(boxed, literal=True)
    rows = frame.select((alone & ~said).fill_null(False)).to_series().arg_true()
    pairs = frame.select(end, summary)[rows]
    found = [float(contradicts(*pair)) for pair in pairs.iter_rows()]
    return scattered(frame.height, rows, found)


def contradicts(thinking: str, summary: str) -> bool:
    """Whether the summary boxes one plain number, and the thinking ends with another and has
    nothing of the summary's."""
    boxed = _BOXED.findall(summary)
    if summary.count("\\boxed") != 1 or len(boxed) != 1:
        return False
    end = thinking[-_LAST:]
    if boxed[0] in end:  # nearly always
        return False
    last = end[-_VERY_LAST:]
    thought = _BOXED.findall(end) or [m.group(1) for m in _STATED.finditer(last)]
    if not thought or not _differ(thought[-1], boxed[0]):
        return False
    return not any(not _differ(number, boxed[0]) for number in _NUMBERS.findall(end))


def _differ(a: str, b: str) -> bool:
    """Whether they are different numbers; rounding is no difference."""
    try:
        x, y = _value(a), _value(b)
    except (ValueError, ZeroDivisionError):
        return False
    return abs(x - y) > max(abs(x), abs(y)) / 100


def _value(number: str) -> float:
    over, _, under = number.replace(",", "").replace(" ", "").partition("/")
    return float(over) / float(under or 1)
