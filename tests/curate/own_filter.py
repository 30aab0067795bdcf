"""A filter as a user would write one, beside the project."""

import sys
import time
from dataclasses import dataclass
from typing import ClassVar

import polars as pl

from filters.base import Filter


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
