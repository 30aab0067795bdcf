"""Has this text been seen before? Exact duplicates, after whitespace normalization.

Of equal texts one is kept: a trace that the other filters keep before one they drop, then the
lowest trace_id. So the order of rows decides nothing. The kept twin is named in the detail.
"""

from __future__ import annotations

import dataclasses
import hashlib
from typing import ClassVar

import polars as pl

from filters.base import NO_TEXT, GroupFilter
from filters.schema import FOUND


@dataclasses.dataclass(frozen=True)
class Duplicate(GroupFilter):
    name: ClassVar[str] = "duplicate"
    version: ClassVar[int] = 1
    scores: ClassVar[tuple[str, ...]] = ("exact",)
    signature: ClassVar[dict[str, pl.DataType]] = {"text_hash": pl.Binary()}

    def sign(self, frame: pl.DataFrame) -> pl.DataFrame:
        hashes = [
            None if text is None else text_hash(text) for text in frame.get_column("response")
        ]
        return pl.DataFrame({"text_hash": hashes}, schema=self.signature)

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        keeper = pl.col("trace_id").sort_by(preference()).first().over("text_hash")
        twin = pl.when(pl.col("text_hash").is_not_null() & (keeper != pl.col("trace_id")))
        return frame.select(twin.then(keeper).alias("twin"), "text_hash").select(
            pl.when(pl.col("text_hash").is_not_null())
            .then(pl.col("twin").is_not_null().cast(pl.Float64))
            .alias("exact"),
            _named("twin").alias("detail"),
        )

    def rules(self) -> dict[str, pl.Expr]:
        return {"exact_duplicate": pl.col("exact") > 0}

    def undecided(self) -> dict[str, pl.Expr]:
        return {NO_TEXT: pl.col("exact").is_null()}


def text_hash(text: str) -> bytes:
    """The same for texts that differ in white space only."""
    flat = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(flat, digest_size=16).digest()


def preference() -> list[pl.Expr]:
    """What to keep first among twins."""
    return [pl.col("fate").ne_missing("kept"), pl.col("trace_id")]


def _named(twin: str) -> pl.Expr:
    none = pl.lit(None, dtype=pl.Int64)
    found = pl.struct(
        pl.lit("twin").alias("what"),
        none.alias("start"),
        none.alias("end"),
        pl.col(twin).alias("text"),
    ).cast(FOUND)
    return pl.when(pl.col(twin).is_not_null()).then(pl.concat_list(found))
