"""Does a rewriting say what its parent says? The same final answer, no number and no formula that
neither the parent nor the problem has, the reasoning still there, and nothing about the rewriting.

Only for traces of origin `rewritten`. Correctness and all other filters judge these as well; here
each is held against the text it was made from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, ClassVar

import polars as pl
from annotated_types import Gt

from filters.base import Filter
from filters.length import estimate
from filters.schema import FOUND
from filters.settings import Count, Share
from filters.trace_format import parse
from filters.verdict_rows import MOST, Found, found
from filters.verifiers.grammar.number_words import word_number

_COMMA = r"(?:,|\{,\}|\\,)"
_NUMBER = re.compile(rf"(?:\d+(?:{_COMMA}\d{{3}})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+")
_THOUSANDS = re.compile(rf"(?<=\d){_COMMA}(?=\d{{3}}(?!\d))")
_NO_DIGIT = re.compile(r"[^\d.]+")
_PERCENT = re.compile(r"\s*(?:\\?%|per ?cent\b)")
_LIST_MARKER = re.compile(
    r"(?m)^[ \t>*#-]*(?:step|case|part|步骤|情况)?\s*\d{1,2}\s*[.):：、](?!\d)", re.I
)
_WORD = (
    "zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen"
    "|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
    "|hundred|thousand|million|billion|dozen"
)
_SPELLED = re.compile(
    rf"\b(?:{_WORD})(?:(?:[ -]|,? and )(?:{_WORD})){{0,9}}\b|[零〇一二两三四五六七八九十百千万亿]+",
    re.I,
)
_MEANT = {
    **{"half": "2", "halves": "2", "twice": "2", "double": "2", "both": "2", "pair": "2"},
    **{"couple": "2", "second": "2", "squared": "2", "square": "2", "triple": "3", "thrice": "3"},
    **{"third": "3", "thirds": "3", "cubed": "3", "cube": "3", "quarter": "4", "quarters": "4"},
    **{"fourth": "4", "fifth": "5", "sixth": "6", "seventh": "7", "eighth": "8", "ninth": "9"},
    **{"tenth": "10", "半": "2"},
}
"""words that hold a number which another writer sets in figures"""
_MEANT_WORD = re.compile(rf"\b(?:{'|'.join(w for w in _MEANT if w.isascii())})\b|半", re.I)
_COMMAND = re.compile(
    r"\\(?:[dt]?frac|text\w*|left|right|math\w+|boxed|displaystyle|quad)|\\[,;! ]"
)
_TERM = r"(?:(?<!\d)(?>\d+(?:\.\d+)?)|(?<![A-Za-z\\])[A-Za-z](?![A-Za-z]))"
"""a number is one as a whole: if it could begin and end anywhere, forty digits were split in
millions of ways"""
_GLUE = r"(?:\s|\\[a-z]+(?![A-Za-z])|[-+*/^_(){}\[\]·×÷−%$]){0,12}?"
_FORMULA = re.compile(rf"{_TERM}(?:{_GLUE}{_TERM}){{0,9}}{_GLUE}=(?:{_GLUE}{_TERM}){{1,10}}")
"""terms with signs between them and one equals sign; each repetition is bounded, so that the time
is linear in the text"""
_TERMS = re.compile(_TERM)
_ABOUT_ITSELF = re.compile(
    r"\b(?:here is|here's|below is|this is) (?:the|a|my|your) "
    r"(?:rewrit\w+|revised|translated|polished|edited|cleaned|improved|rephrased)"
    r"|\b(?:rewritten|translated) (?:text|version|reasoning|trace|thinking|solution)\b"
    r"|\boriginal (?:reasoning|trace|thinking)\b"
    r"|\bthe thought process\b|\bas (?:you )?(?:requested|instructed)\b"
    r"|\bI (?:have|'ve) (?:rewritten|translated|rephrased)"
    r"|(?:以下|下面)是?.{0,6}(?:改写|翻译|重写|润色)|(?:改写|翻译|重写|润色)(?:后的|如下|版本)"
    r"|思考过程",
    re.I,
)
_WE = re.compile(r"\b(?:we|we're|we'll|let's|let us|our)\b|我们|咱们", re.I)
_I = re.compile(r"\b(?:I|I'm|I'll|I've|my|let me)\b|我(?!们)")


@dataclass(frozen=True)
class Faithful(Filter):
    name: ClassVar[str] = "faithful"
    version: ClassVar[int] = 3
    scores: ClassVar[tuple[str, ...]] = (
        *("new_numbers", "new_formulas", "thinking_ratio", "about_itself", "we", "other_answer"),
    )
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "new_numbers_max": ("new_numbers", ">"),
        "new_formulas_max": ("new_formulas", ">"),
        "ratio_min": ("thinking_ratio", "<"),
        "ratio_max": ("thinking_ratio", ">"),
    }

    new_numbers_max: Count = 0
    """distinct numbers in it that neither parent nor problem has"""
    new_formulas_max: Share = 0.5
    """of its formulas: more than half invented is another solution; one may well join two lines"""
    ratio_min: Annotated[float, Gt(0)] = 0.5
    """thinking ÷ its parent's, in estimated tokens: below, half the reasoning is gone"""
    ratio_max: Annotated[float, Gt(0)] = 2.0
    first_person: bool = False
    """drop a thinking that says "we" more often than "I", as R1's style asks for"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.with_row_index("row").filter(pl.col("parent").is_not_null())
        facts = [_facts(*row) for row in rows.select("response", "parent", "problem").iter_rows()]
        others = _other_answers(rows.select("response", "parent").rows())
        # a parent without tags is all thinking
        thought = [parse(text).thinking or text for text in rows.get_column("parent")]
        before = estimate(pl.Series(thought, dtype=pl.String))
        length = estimate(rows.get_column("thinking").fill_null(""))
        scored = pl.DataFrame(facts, schema=_SCHEMA).with_columns(
            rows.get_column("row"),
            (length / before).alias("thinking_ratio"),
            pl.Series("other_answer", others, dtype=pl.Float64),
        )
        every = pl.DataFrame({"row": pl.int_range(frame.height, dtype=pl.UInt32, eager=True)})
        return every.join(scored, on="row", how="left", maintain_order="left").drop("row")

    def rules(self) -> dict[str, pl.Expr]:
        ratio = pl.col("thinking_ratio")
        return {
            "other_answer": pl.col("other_answer") > 0,
            "new_numbers": pl.col("new_numbers") > self.new_numbers_max,
            "new_formulas": pl.col("new_formulas") > self.new_formulas_max,
            "reasoning_dropped": ratio < self.ratio_min,
            "reasoning_added": ratio > self.ratio_max,
            "about_itself": pl.col("about_itself") > 0,
            **({"not_first_person": pl.col("we") > 0} if self.first_person else {}),
        }

    def not_applicable(self) -> pl.Expr:
        return pl.col("new_numbers").is_null()

    def input_hash(self) -> pl.Expr:
        texts = (pl.col(c).fill_null("") for c in ("response_hash", "parent_hash"))
        return pl.concat_str(*texts, separator="/")


_SCHEMA = {
    **dict.fromkeys(("new_numbers", "new_formulas", "about_itself", "we"), pl.Float64()),
    "detail": pl.List(FOUND),
}


def _facts(text: str, parent: str, problem: str | None) -> dict[str, Any]:
    """What one text shows beside its parent's and the problem's: a row of `_SCHEMA`."""
    known_text = f"{parent}\n{problem or ''}"
    numbers = _new_numbers(text, _known_numbers(known_text))
    formulas = list(_FORMULA.finditer(_plain(text)))
    neighbours = set(_neighbours(_plain(known_text)))
    invented = [f for f in formulas if not _follows(f[0], neighbours)]
    said = list(_ABOUT_ITSELF.finditer(text))
    we, me = (sum(1 for _ in word.finditer(text)) for word in (_WE, _I))
    findings: list[Found] = [
        *(found("new_number", text, *place) for place in numbers.values()),
        *({"what": "new_formula", "start": None, "end": None, "text": f[0]} for f in invented),
        *(found("about_itself", text, *hit.span()) for hit in said),
    ]
    return {
        "new_numbers": len(numbers),
        "new_formulas": len(invented) / len(formulas) if formulas else 0.0,
        "about_itself": len(said),
        "we": max(0, we - me),
        "detail": findings[:MOST],
    }


def _new_numbers(text: str, known: set[Fraction]) -> dict[Fraction, tuple[int, int]]:
    """Value and place of those that are not known. What only counts the steps of a list is none."""
    text = _wide(text)
    counted = _LIST_MARKER.sub(lambda marker: " " * len(marker[0]), text)
    new = {}
    for value, (start, end) in _numbers(counted):
        percent = _PERCENT.match(text, end)
        if value not in known and not (percent and value / 100 in known):
            new[value] = start, end
    return new


def _known_numbers(text: str) -> set[Fraction]:
    """Those in figures, in words, as a share of hundred, and 1, which every fraction brings."""
    text = _wide(text)
    known = {Fraction(1)}
    for value, (_, end) in _numbers(text):
        known |= {value, value / 100} if _PERCENT.match(text, end) else {value}
    for hit in _SPELLED.finditer(text):
        said = hit[0].lower()
        parts = re.split(r"[ ,-]+", said) if said.isascii() else said
        values = (word_number(part) for part in (said, f"one {said}", *parts))
        known.update(value for value in values if value is not None)
    return known | {Fraction(_MEANT[hit[0].lower()]) for hit in _MEANT_WORD.finditer(text)}


def _wide(text: str) -> str:
    """With full-width digits and signs as ASCII, where every place stays that of the text."""
    plain = unicodedata.normalize("NFKC", text)
    return plain if len(plain) == len(text) else text


def _numbers(text: str) -> Iterator[tuple[Fraction, tuple[int, int]]]:
    """Every number as its value, with its place: 1,000 and TeX's 1{,}000 are 1000, 0.50 is 0.5."""
    for hit in _NUMBER.finditer(text):
        if hit.end() - hit.start() <= 40:  # longer ones are data, and dear to turn into a value
            yield Fraction(_NO_DIGIT.sub("", hit[0])), hit.span()


def _plain(text: str) -> str:
    """Without the commands that only set a formula, so that TeX and plain signs compare."""
    joined = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text))
    return _COMMAND.sub(" ", joined)


def _neighbours(text: str) -> Iterator[tuple[str, str]]:
    """Terms of formulas that follow each other, whatever signs or words stand between."""
    return pairwise(_TERMS.findall(text))


def _follows(formula: str, known: set[tuple[str, str]]) -> bool:
    """Whether at least half of its neighbouring terms are neighbours in what is known too: a
    formula may be written out or shortened, but it does not come from nowhere."""
    pairs = list(_neighbours(formula))
    return 2 * sum(pair in known for pair in pairs) >= len(pairs)


def _other_answers(pairs: list[tuple[str, str]]) -> list[bool]:
    """For each (text, parent): whether both state an answer, and not the same one."""
    from filters.verifiers import Case, verify
    from filters.verifiers.outcome import INCORRECT

    golds = [_stated(parent) for _, parent in pairs]
    cases = [Case(text, gold=gold) for (text, _), gold in zip(pairs, golds, strict=True)]
    return [outcome.outcome == INCORRECT for outcome in verify(cases)]


def _stated(text: str) -> str | None:
    """The answer of the summary, or of the thinking where the summary has none."""
    from filters.verifiers.extraction.answers import stated_answer

    parts = parse(text)
    for part in (parts.summary, parts.thinking):
        if part and (answer := stated_answer(part)):
            return answer.answer
    return None
