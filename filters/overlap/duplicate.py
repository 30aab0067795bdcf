"""Has this text been seen before? Exactly, white space aside; or nearly, by the n-grams it shares.

Of twins one is kept: a trace that the other filters keep before one they drop, then the lowest
trace_id. So the order of rows decides nothing. The kept twin is named in the detail.

Near: a sketch of every text finds candidates (`minhash.py`), and their texts alone are read again
to compute their Jaccard similarity exactly. Going through the traces in the order above, a trace
is dropped if its similarity to one already kept reaches `near`; the score is its highest
similarity to a kept one, 0 where there is no candidate. Short texts (a refusal, a bare answer)
may rightly be the same for two problems and are twins within a problem only.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator, Sequence
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import NO_TEXT, GroupFilter, Reader, scoring
from filters.overlap.minhash import PLACES, similar_pairs, sketches
from filters.overlap.near_duplicates import nearest_kept
from filters.overlap.shingles import Hashes, shingle_sets, shingles
from filters.schema import FOUND
from filters.settings import Count, Positive, PositiveShare

TEXT_HASH, N_WORDS, SKETCH = "text_hash", "n_words", "sketch"
_BLANK = b" \t\n\v\f\r"


@dataclasses.dataclass(frozen=True)
class Duplicate(GroupFilter):
    name: ClassVar[str] = "duplicate"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("exact", "near")
    thresholds: ClassVar[dict[str, tuple[str, str]]] = {
        "near": ("near", ">="),
    }
    reads: ClassVar[tuple[str, ...]] = ("problem_id", "response_hash", "fate")
    signature: ClassVar[dict[str, pl.DataType]] = {
        TEXT_HASH: pl.Binary(),
        N_WORDS: pl.UInt32(),
        SKETCH: pl.Binary(),  # 128 numbers of 16 bits; null where there are no words
    }

    facts: ClassVar[dict[str, pl.DataType]] = {
        "text_hash": pl.Binary(),
        "other_text_hash": pl.Binary(),
        "similarity": pl.Float64(),
    }

    near: PositiveShare | None = 0.8
    """similarity from which two texts are twins; null judges exact ones only"""
    shingle: Positive = scoring(5)
    """words of an n-gram (in Chinese, characters)"""
    across_from: Count | None = 50
    """words from which texts of different problems are compared; null = within a problem only"""

    def sign(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = frame.get_column("response")
        sketched = self._sketched(texts.drop_nulls().to_list())
        rows = [(None,) * 3 if t is None else (text_hash(t), *next(sketched)) for t in texts]
        return pl.DataFrame(rows, schema=self.signature, orient="row")

    def confirm(
        self, frame: pl.DataFrame, read: Reader, known: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Adds `twin`, the kept one of the traces with the same text, null for itself; `near`, the
        highest similarity to a kept trace; and `near_twin`, which that is."""
        rows = frame.join(self._twins(frame), on="trace_id", how="left", maintain_order="left")
        alone = pl.col(SKETCH).is_not_null() & pl.col("twin").is_null() & (self.near is not None)
        compared = _by_preference(rows.filter(alone)).with_row_index("row")
        near, facts = self._nearest(compared, read, known)
        rows = rows.join(near, on="trace_id", how="left", maintain_order="left")
        of_alone = pl.when(alone).then(pl.col("near").fill_null(0.0)).alias("near")
        return rows.with_columns(of_alone).drop(SKETCH), facts

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        fell = pl.col("near") >= (self.near or 2)
        # of equal texts only the kept one has been compared: what it fell to, all of them fell to
        fallen = frame.filter(fell).select(twin="trace_id", twin_of_twin="near_twin")
        rows = frame.join(fallen, on="twin", how="left", maintain_order="left")
        has_text = pl.col(TEXT_HASH).is_not_null()
        near_twin = pl.when(fell).then("near_twin")
        twin = pl.when(has_text).then(pl.coalesce(near_twin, "twin_of_twin", "twin"))
        return rows.select(
            pl.when(has_text).then(pl.col("twin").is_not_null().cast(pl.Float64)).alias("exact"),
            "near",
            _found_twin(twin).alias("detail"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        near = {} if self.near is None else {"near_duplicate": pl.col("near") >= self.near}
        return {"exact_duplicate": pl.col("exact") > 0} | near

    def undecided(self) -> dict[str, pl.Expr]:
        return {NO_TEXT: pl.col("exact").is_null()}

    def _sketched(self, texts: Sequence[str]) -> Iterator[tuple[int, bytes | None]]:
        for counts, hashes, bounds in shingles(texts, self.shingle):
            for count, row in zip(counts.tolist(), sketches(hashes, bounds), strict=True):
                yield count, row.tobytes() if count else None

    def _twins(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`twin` by trace_id, of the traces that have one."""
        again = frame.filter(pl.col(TEXT_HASH).is_not_null() & pl.col(TEXT_HASH).is_duplicated())
        first = pl.col("trace_id").first().over(TEXT_HASH, self._scope())
        twins = _by_preference(again).select("trace_id", first.alias("twin"))
        return twins.filter(pl.col("twin") != pl.col("trace_id"))

    def _scope(self) -> pl.Expr:
        """Texts are compared where this is equal: 0 for all long ones, else a problem's own."""
        problem = pl.col("problem_id").rank("dense").cast(pl.UInt64)
        if self.across_from is None:
            return problem
        return pl.when(pl.col(N_WORDS) >= self.across_from).then(0).otherwise(problem)

    def _nearest(
        self, rows: pl.DataFrame, read: Reader, known: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Of traces in order of preference `near` and `near_twin` by trace_id, where they are near
        one, and new facts."""

        def sets(texts: list[int]) -> Iterator[tuple[int, Hashes]]:
            row_of = dict(zip(rows["trace_id"].gather(texts), texts, strict=True))
            for piece in read(list(row_of)):
                found = shingle_sets(piece["response"], self.shingle)
                yield from zip(map(row_of.__getitem__, piece["trace_id"]), found, strict=True)

        pairs = pl.concat(self._candidates(rows)).unique()
        one, other = (rows[TEXT_HASH].gather(pairs[c]) for c in ("first", "second"))
        ordered = one < other  # a fact is kept once, whichever of the two is preferred
        pairs = pairs.with_columns(
            one.zip_with(ordered, other).alias("text_hash"),
            other.zip_with(ordered, one).alias("other_text_hash"),
        )
        texts = ("text_hash", "other_text_hash")
        pairs = pairs.join(known.unique(texts), on=texts, how="left")
        nearest, new = nearest_kept(pairs, self.near or 2, sets)
        near = nearest.select(
            rows["trace_id"].gather(nearest["second"]),
            pl.col("similarity").alias("near"),
            rows["trace_id"].gather(nearest["first"]).alias("near_twin"),
        )
        return near.filter(pl.col("near") > 0), new.select(*self.facts)

    def _candidates(self, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Pairs that may be alike: long texts with each other, and all within each problem that
        has short ones."""
        places = pl.Array(pl.UInt16, PLACES)
        table = rows[SKETCH].bin.reinterpret(dtype=places, endianness="little").to_numpy()
        least = np.inf if self.across_from is None else self.across_from
        long = rows[N_WORDS] >= least
        with_short = rows["problem_id"].is_in(rows["problem_id"].filter(~long).implode())
        problem = rows["problem_id"].hash().to_numpy()
        for chosen, scope in ((long, np.zeros_like(problem)), (with_short, problem)):
            texts = chosen.arg_true().to_numpy()
            some = table if chosen.all() else table[texts]
            pairs = similar_pairs(some, self.near or 1, scope[texts])
            numbers = pl.Series(texts, dtype=pl.UInt32)
            yield pairs.select(numbers.gather(pairs[c]).alias(c) for c in ("first", "second"))


def text_hash(text: str) -> bytes:
    """The same for texts that differ in (ASCII) white space only."""
    dense = text.encode("utf-8", "surrogatepass").translate(None, _BLANK)
    return hashlib.blake2b(dense, digest_size=16).digest()


def _by_preference(frame: pl.DataFrame) -> pl.DataFrame:
    """What to keep first among twins comes first. One sort after another: by two columns at once
    takes six times as long."""
    return frame.sort("trace_id").sort(pl.col("fate").ne_missing("kept"), maintain_order=True)


def _found_twin(twin: pl.Expr) -> pl.Expr:
    nowhere = pl.lit(None, dtype=pl.Int64)
    found = pl.struct(what=pl.lit("twin"), start=nowhere, end=nowhere, text=twin).cast(FOUND)
    return pl.when(twin.is_not_null()).then(pl.concat_list(found))
