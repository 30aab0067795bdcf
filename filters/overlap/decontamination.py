"""Is the problem, or the response, in a benchmark that the model will be measured on?

As R1 did it: a run of n words (10; in Chinese, n characters) that also stands in a benchmark
question or its reference solution. A question without such a run, short or all formula, matches a
problem that has exactly its words. What many problems share is taken out before (`boilerplate.py`):
stock phrases alone drop 69 of 641 AIME problems of 1983-2012 as leaks of 2024. For rewordings,
which no n-gram finds, the most similar question is reported with its score: the Jaccard
similarity of words and word pairs.
"""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

import polars as pl
from annotated_types import Ge

from filters.base import Filter, scoring
from filters.overlap.benchmark_index import Hit, Index
from filters.overlap.benchmarks import load
from filters.overlap.boilerplate import BOILERPLATE
from filters.schema import FOUND, SNIPPET
from filters.settings import PositiveShare, Text

NEAR_REPORTED = 0.15
"""similarity from which the nearest question is named"""
_Leak = tuple[Hit | None, Hit | None, Hit | None]
"""what a problem has in common with a benchmark: a run, all its words, its nearest question"""


@dataclasses.dataclass(frozen=True)
class Decontamination(Filter):
    name: ClassVar[str] = "decontamination"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("problem", "response", "short", "near")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "near": ("near", ">="),
    }

    benchmarks: tuple[Text, ...] = scoring(())
    """files of benchmark items, or names in `benchmarks.KNOWN`; none: nothing is checked"""
    on_response: bool = scoring(False)
    """look into the responses too, not only the problems"""
    n: Annotated[int, Ge(2)] = scoring(10)
    """words of a run that make a leak"""
    near: PositiveShare | None = None
    """drop a problem whose similarity to a question is at least this; null only reports it"""
    boilerplate: tuple[Text, ...] = scoring(BOILERPLATE)
    """phrases that match nothing; a single letter in them stands for any single letter"""

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        schema = {name: pl.Float64() for name in self.scores} | {"detail": pl.List(FOUND)}
        if not self.benchmarks:
            return pl.DataFrame(schema=schema).clear(frame.height)
        problems = frame.select(pl.col("problem").fill_null("")).get_column("problem")
        distinct = problems.unique(maintain_order=True)
        facts = self._of_problems(distinct.to_list())
        responses = frame.get_column("response") if self.on_response else [None] * frame.height
        hits = self.index.runs([r or "" for r in responses])
        rows = [_row(facts[p], hit) for p, hit in zip(problems, hits, strict=True)]
        return pl.DataFrame(rows, schema=schema, orient="row")

    def rules(self) -> dict[str, pl.Expr]:
        rules = {
            "problem_in_benchmark": pl.col("problem") > 0,
            "short_problem_in_benchmark": pl.col("short") > 0,
            "response_in_benchmark": pl.col("response") > 0,
        }
        if self.near is not None:
            rules["problem_near_benchmark"] = pl.col("near") >= self.near
        return rules

    def not_checked(self) -> pl.Expr:
        return pl.lit(not self.benchmarks)

    def input_hash(self) -> pl.Expr:
        text = [pl.col("response_hash").fill_null("")] if self.on_response else []
        return pl.concat_str([pl.col("problem_id"), *text], separator="/")

    @property
    def index(self) -> Index:
        """Built once a process, not carried from one to another with the filter."""
        stamps = tuple(map(_stamp, self.benchmarks))
        return _index(tuple(self.benchmarks), stamps, self.n, tuple(self.boilerplate))

    def _of_problems(self, texts: list[str]) -> dict[str, _Leak]:
        index = self.index
        looks = zip(index.runs(index.without_phrases(texts)), index.questions(texts), strict=True)
        return {t: (run, *asked) for t, (run, asked) in zip(texts, looks, strict=True)}

    def _fields(self, scoring_only: bool = False) -> dict[str, Any]:
        """The content of the benchmarks counts, not where their files lie."""
        fields = super()._fields(scoring_only)
        return fields | {"benchmarks": self.index.content_hash if self.benchmarks else None}


@lru_cache(maxsize=2)
def _index(
    benchmarks: tuple[str, ...],
    stamps: tuple[tuple[int, int] | None, ...],
    n: int,
    boilerplate: tuple[str, ...],
) -> Index:
    return Index(load(benchmarks), n, boilerplate)


def _stamp(benchmark: str) -> tuple[int, int] | None:
    """Changes when the file does."""
    path = Path(benchmark)
    return (path.stat().st_mtime_ns, path.stat().st_size) if path.exists() else None


def _row(leak: _Leak, response: Hit | None) -> tuple[float | list[dict[str, Any]], ...]:
    run, whole, near = leak
    hits = {"problem": run, "response": response, "short": whole, "near": near}
    told = {w: h for w, h in hits.items() if h and (w != "near" or h.score >= NEAR_REPORTED)}
    found = [f for where, hit in told.items() for f in _found(where, hit)]
    return *(hit.score if hit else 0.0 for hit in hits.values()), found


def _found(where: str, hit: Hit) -> list[dict[str, Any]]:
    """Offsets are those of a response; a span of the problem is told by its text."""
    place = {"start": hit.start, "end": hit.end} if where == "response" else {}
    return [
        {"what": f"{where}_span", "text": hit.text[:SNIPPET], **place},
        {"what": f"{where}_benchmark", "text": hit.item.benchmark},
        {"what": f"{where}_item", "text": f"{hit.item.item_id} ({hit.item.part})"},
    ]
