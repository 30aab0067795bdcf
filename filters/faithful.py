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

_NUMBER = re.compile(r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
_LIST_MARKER = re.compile(
    r"(?m)^[ \t>*#-]*(?:step|case|part|步骤|情况)?\s*\d{1,2}\s*[.):：、]", re.I
)
_SPELLED = re.compile(
    r"\b(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|twice|double"
    r"|triple|dozen|hundred|thousand|million)\b|[零一二两三四五六七八九十百千万半]",
    re.I,
)
_VALUES = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve".split(),
        range(13),
        strict=True,
    )
) | {"half": 2, "twice": 2, "double": 2, "triple": 3, "dozen": 12, "半": 2, "两": 2}
_VALUES |= {"hundred": 100, "thousand": 1000, "million": 10**6, "百": 100, "千": 1000, "万": 10**4}
_VALUES |= {digit: value for value, digit in enumerate("零一二三四五六七八九十")}
_COMMAND = re.compile(
    r"\\(?:[dt]?frac|text\w*|left|right|math\w+|boxed|displaystyle|quad)|\\[,;! ]"
)
_TERM = r"(?:\d+(?:\.\d+)?|(?<![A-Za-z\\])[A-Za-z](?![A-Za-z]))"
_GLUE = r"(?:\s|\\[a-z]+(?![A-Za-z])|[-+*/^_(){}\[\]·×÷−%$]){0,12}?"
_FORMULA = re.compile(rf"{_TERM}(?:{_GLUE}{_TERM}){{0,9}}{_GLUE}=(?:{_GLUE}{_TERM}){{1,10}}")
"""terms with signs between them and one equals sign; each repetition is bounded, so that the time
is linear in the text"""
_TERMS = re.compile(_TERM)
_ABOUT_ITSELF = re.compile(
    r"\b(?:here is|here's|below is|this is) (?:the|a|my|your) "
    r"(?:rewrit\w+|revised|translated|polished|edited|cleaned|improved|rephrased)"
    r"|\b(?:rewritten|translated|original) (?:text|version|reasoning|trace|thinking|solution)\b"
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
    scores: ClassVar[tuple[str, ...]] = (
        *("new_numbers", "new_formulas", "thinking_ratio", "about_itself", "we", "other_answer"),
    )

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
        thinking = pl.Series(
            [parse(text).thinking or "" for text in rows.get_column("parent")], dtype=pl.String
        )
        length, before = estimate(rows.get_column("thinking").fill_null("")), estimate(thinking)
        scored = pl.DataFrame(facts, schema=_SCHEMA, orient="row").with_columns(
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


def _facts(text: str, parent: str, problem: str | None) -> tuple[Any, ...]:
    """What one text shows beside its parent's and the problem's, in the order of `_SCHEMA`."""
    known_text = f"{parent}\n{problem or ''}"
    known = set(_numbers(known_text)) | set(_spelled(known_text))
    numbers = {value: place for value, place in _placed_numbers(text) if value not in known}
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
    return (
        len(numbers),
        len(invented) / len(formulas) if formulas else 0.0,
        len(said),
        max(0, we - me),
        findings[:MOST],
    )


def _numbers(text: str) -> Iterator[Fraction]:
    return (value for value, _ in _placed_numbers(text))


def _placed_numbers(text: str) -> Iterator[tuple[Fraction, tuple[int, int]]]:
    """Every number but those that only count steps, as its value: 1,000 is 1000 and 0.50 is 0.5."""
    width = unicodedata.normalize("NFKC", text)
    same = width if len(width) == len(text) else text  # places must stay those of the text
    counted = _LIST_MARKER.sub(lambda marker: " " * len(marker[0]), same)
    for hit in _NUMBER.finditer(counted):
        if hit.end() - hit.start() <= 40:  # longer ones are data, and dear to turn into a value
            yield Fraction(hit[0].replace(",", "")), hit.span()


def _spelled(text: str) -> Iterator[Fraction]:
    """Numbers in words: who writes "three" may be rewritten as 3."""
    return (Fraction(_VALUES[hit[0].lower()]) for hit in _SPELLED.finditer(text))


def _plain(text: str) -> str:
    """Without the commands that only set a formula, so that TeX and plain signs compare."""
    return _COMMAND.sub(" ", unicodedata.normalize("NFKC", text))


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
