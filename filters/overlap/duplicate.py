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
from filters.overlap.minhash import PLACES, sketches
from filters.overlap.near_duplicates import nearest_kept
from filters.overlap.shingles import Hashes, Places, batches, ngrams, shingle_sets, words
from filters.schema import FOUND
from filters.settings import Count, Positive, PositiveShare

TEXT_HASH, N_WORDS, SKETCH = "text_hash", "n_words", "sketch"
_BLANK = bytes.maketrans(b"\t\n\v\f\r", b"     ")


@dataclasses.dataclass(frozen=True)
class Duplicate(GroupFilter):
    name: ClassVar[str] = "duplicate"
    version: ClassVar[int] = 1
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
        """Adds `near`, the highest similarity to a kept trace, and `near_twin`, which that is."""
        absent = [
            pl.lit(None, pl.Float64).alias("near"),
            pl.lit(None, pl.String).alias("near_twin"),
        ]
        if self.near is None:
            return frame.drop(SKETCH).with_columns(absent), known.clear()
        rows = frame.with_columns(self._twin().alias("twin")).with_row_index("row")
        alone = pl.col(SKETCH).is_not_null() & pl.col("twin").is_null()
        needed = ("row", "trace_id", "problem_id", "fate", TEXT_HASH, N_WORDS, SKETCH)
        compared = rows.filter(alone).select(needed).sort(*_preference())
        near, near_twin, facts = self._nearest(compared, read, known)
        found = compared.select("row", near, near_twin)
        rows = rows.join(found, on="row", how="left", maintain_order="left")
        return rows.drop("row", "twin", SKETCH), facts

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        rows = frame.with_columns(self._twin().alias("twin"))
        fell = pl.col("near") >= (self.near or 2)
        # of equal texts only the kept one has been compared: what it fell to, all of them fell to
        near_twin = pl.when(fell).then("near_twin").max().over(TEXT_HASH, self._scope())
        has_text = pl.col(TEXT_HASH).is_not_null()
        twin = pl.when(has_text).then(pl.coalesce(near_twin, "twin"))
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
        for batch in batches(texts):
            found = words(batch)
            hashes, bounds, _ = ngrams(found, self.shingle, short=True)
            counts = np.diff(found.bounds).tolist()
            for count, row in zip(counts, sketches(hashes, bounds), strict=True):
                yield count, row.tobytes() if count else None

    def _twin(self) -> pl.Expr:
        """The kept one of the traces with the same text; null for itself."""
        first = pl.col("trace_id").sort_by(_preference()).first().over(TEXT_HASH, self._scope())
        return pl.when(pl.col(TEXT_HASH).is_not_null() & (first != pl.col("trace_id"))).then(first)

    def _scope(self) -> pl.Expr:
        """Texts are compared where this is equal: 0 for all long ones, else a problem's own."""
        problem = pl.col("problem_id").rank("dense").cast(pl.UInt64)
        if self.across_from is None:
            return problem
        return pl.when(pl.col(N_WORDS) >= self.across_from).then(0).otherwise(problem)

    def _scopes(self, rows: pl.DataFrame) -> Iterator[tuple[Places, Hashes]]:
        """The same for sketches: long texts with each other, and within each problem that has
        short ones."""
        problem = rows.select(pl.col("problem_id").rank("dense")).to_series().to_numpy()
        n_words = rows.get_column(N_WORDS).to_numpy()
        short = n_words < (np.inf if self.across_from is None else self.across_from)
        for chosen, key in ((~short, problem * 0), (np.isin(problem, problem[short]), problem)):
            texts = np.flatnonzero(chosen)
            yield texts, key[texts].astype(np.uint64)

    def _nearest(
        self, rows: pl.DataFrame, read: Reader, known: pl.DataFrame
    ) -> tuple[pl.Series, pl.Series, pl.DataFrame]:
        """`near` and `near_twin` of traces in order of preference, and what was worked out."""
        assert self.near is not None
        ids, hashes = rows.get_column("trace_id"), rows.get_column(TEXT_HASH)
        table = np.frombuffer(b"".join(rows.get_column(SKETCH)), dtype=np.uint16)

        def shingles(texts: Places) -> Iterator[tuple[int, Hashes]]:
            number = dict(zip(ids.gather(texts), texts.tolist(), strict=True))
            for piece in read(list(number)):
                found = shingle_sets(piece.get_column("response").to_list(), self.shingle)
                yield from zip(map(number.get, piece.get_column("trace_id")), found, strict=True)

        nearest = nearest_kept(
            table.reshape(-1, PLACES),
            self._scopes(rows),
            self.near,
            shingles,
            lambda i, j: _similarities(hashes, known, i, j),
        )
        twins = [ids[i] if i >= 0 else None for i in nearest.twin.tolist()]
        i, j, similarity = nearest.new
        columns = (hashes.gather(i), hashes.gather(j), pl.Series(similarity))
        facts = pl.DataFrame(dict(zip(self.facts, columns, strict=True)))
        near = pl.Series("near", nearest.similarity)
        return near, pl.Series("near_twin", twins, dtype=pl.String), facts


def _similarities(hashes: pl.Series, known: pl.DataFrame, i: Places, j: Places) -> np.ndarray:
    """Of pairs of texts, given by their numbers; NaN where it is not known."""
    if known.is_empty():
        return np.full(len(i), np.nan)
    number = hashes.rank("dense")
    texts = pl.DataFrame({"text_hash": hashes, "one": number}).unique("text_hash")
    others = texts.rename({"text_hash": "other_text_hash", "one": "other"})
    facts = known.join(texts, on="text_hash").join(others, on="other_text_hash")
    facts = facts.select(*_low_and_high(), "similarity").unique(("low", "high"))
    pairs = pl.DataFrame({"one": number.gather(i), "other": number.gather(j)})
    found = pairs.select(_low_and_high()).join(
        facts, on=("low", "high"), how="left", maintain_order="left"
    )
    return found.get_column("similarity").to_numpy().copy()


def _low_and_high() -> tuple[pl.Expr, pl.Expr]:
    """The same for two numbers in either order."""
    low, high = pl.min_horizontal("one", "other"), pl.max_horizontal("one", "other")
    return low.alias("low"), high.alias("high")


def text_hash(text: str) -> bytes:
    """The same for texts that differ in (ASCII) white space only."""
    flat = text.encode("utf-8", "surrogatepass").translate(_BLANK)
    while b"  " in flat:
        flat = flat.replace(b"  ", b" ")
    return hashlib.blake2b(flat.strip(), digest_size=16).digest()


def _preference() -> list[pl.Expr]:
    """What to keep first among twins."""
    return [pl.col("fate").ne_missing("kept"), pl.col("trace_id")]


def _found_twin(twin: pl.Expr) -> pl.Expr:
    nowhere = pl.lit(None, dtype=pl.Int64)
    found = pl.struct(what=pl.lit("twin"), start=nowhere, end=nowhere, text=twin).cast(FOUND)
    return pl.when(twin.is_not_null()).then(pl.concat_list(found))
