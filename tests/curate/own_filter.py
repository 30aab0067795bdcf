"""A filter as a user would write one, beside the project."""

import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter, GroupFilter


@dataclass(frozen=True)
class Loud(Filter):
    """Drops what shouts."""

    name: ClassVar[str] = "loud"
    scores: ClassVar[tuple[str, ...]] = ("marks",)

    most: int = 0

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(pl.col("response").str.count_matches("!").alias("marks"))

    def rules(self) -> dict[str, pl.Expr]:
        return {"shouts": pl.col("marks") > self.most}


@dataclass(frozen=True)
class Endless(Loud):
    """Says that it has begun, and never ends."""

    name: ClassVar[str] = "endless"

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        print("begun", file=sys.stderr, flush=True)
        while True:
            time.sleep(0.05)


@dataclass(frozen=True)
class Fragile(Loud):
    """Cannot read a skull."""

    name: ClassVar[str] = "fragile"

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        for text in frame.get_column("response"):
            if "☠" in text:
                raise ValueError("a skull\nin the text")
        return super().score(frame)


@dataclass(frozen=True)
class FragileGroup(GroupFilter):
    """Keeps a text's length, but cannot read a skull, nor judge `at_most` traces or more."""

    name: ClassVar[str] = "fragile_group"
    scores: ClassVar[tuple[str, ...]] = ("length",)
    reads: ClassVar[tuple[str, ...]] = ("problem_id",)
    signature: ClassVar[dict[str, pl.DataType]] = {"length": pl.Int64()}

    at_most: int = 1_000_000

    def sign(self, frame: pl.DataFrame) -> pl.DataFrame:
        Fragile().score(frame)
        return frame.select(pl.col("response").str.len_chars().cast(pl.Int64).alias("length"))

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame.height >= self.at_most:
            raise ValueError("too many")
        return frame.select("length")

    def rules(self) -> dict[str, pl.Expr]:
        return {}
