from dataclasses import dataclass
from typing import ClassVar

import polars as pl
from traces import frame

from filters.base import Filter, scoring
from filters.schema import VERDICT


@dataclass(frozen=True)
class Vowels(Filter):
    name: ClassVar[str] = "vowels"
    scores: ClassVar[tuple[str, ...]] = ("share", "count")

    high: float = 0.5
    letters: str = scoring("aeiou")

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text = pl.col("response")
        count = text.str.count_matches(f"[{self.letters}]")
        return frame.select((count / text.str.len_chars()).alias("share"), count.alias("count"))

    def rules(self) -> dict[str, pl.Expr]:
        return {"too_many": pl.col("share") > self.high, "many": pl.col("count") > 3}

    def undecided(self) -> dict[str, pl.Expr]:
        return {"none": pl.col("count") == 0}


def test_a_verdict_row_holds_scores_reasons_and_hashes():
    row = Vowels().judge(frame("aaeeb")).row(0, named=True)
    assert list(row) == list(VERDICT)
    assert row["keep"] is False
    assert (row["reason"], row["reasons"]) == ("too_many", ["too_many", "many"])
    assert row["score"] == 0.8
    assert row["scores"] == [{"key": "share", "value": 0.8}, {"key": "count", "value": 4.0}]


def test_an_empty_text_has_no_share_and_so_no_reason_to_drop():
    row = Vowels().judge(frame("")).row(0, named=True)  # 0/0 is NaN
    assert (row["keep"], row["reasons"], row["score"]) == (None, ["none"], None)


def test_a_trace_without_text_is_undecided():
    verdicts = Vowels().judge(frame("b", None, "aaaa"))
    assert verdicts.get_column("reason").to_list() == ["none", "no_text", "too_many"]


def test_a_threshold_moves_without_the_text():
    before = Vowels().judge(frame("aaeeb", "abbb"))
    after = Vowels(high=0.9).derive(before)
    assert after.get_column("reason").to_list() == ["many", None]
    assert after.equals(Vowels(high=0.9).judge(frame("aaeeb", "abbb")))


def test_only_scoring_fields_change_the_score_hash():
    assert Vowels(high=0.9).score_hash == Vowels().score_hash
    assert Vowels(letters="aeiouy").score_hash != Vowels().score_hash
    assert Vowels(high=0.9).settings_hash != Vowels().settings_hash


@dataclass(frozen=True)
class Fragile(Vowels):
    name: ClassVar[str] = "fragile"

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        if frame.get_column("response").str.contains("poison").any():
            raise ValueError("cannot read this")
        return super().score(frame)


def test_a_row_that_makes_score_raise_is_undecided_and_the_others_are_judged():
    texts = ["aaeeb", "poison", "abbb", None, "poison", "bcd"]
    verdicts = Fragile().judge(frame(*texts))
    assert verdicts.get_column("reason").to_list() == [
        *("too_many", "filter_error", None, "no_text", "filter_error", "none")
    ]
    row = verdicts.row(1, named=True)
    assert (row["keep"], row["scores"]) == (None, None)
    assert row["detail"][0]["text"] == "ValueError: cannot read this"


def test_a_filter_error_stays_one_under_other_thresholds():
    verdicts = Fragile().judge(frame("poison", "abbb"))
    after = Fragile(high=0.1).derive(verdicts)
    assert after.get_column("reason").to_list() == ["filter_error", "too_many"]


@dataclass(frozen=True)
class Named(Filter):
    name: ClassVar[str] = "named"
    scores: ClassVar[tuple[str, ...]] = ("length",)
    able: bool = True

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        text = pl.col("response")
        return frame.select(text.str.len_chars().alias("length"), text.alias("label"))

    def rules(self) -> dict[str, pl.Expr]:
        return {"bad": pl.col("label") == "bad"}

    def not_checked(self) -> pl.Expr:
        return pl.lit(not self.able)


def test_a_label_is_stored_and_rules_may_ask_for_it():
    verdicts = Named().judge(frame("good", "bad"))
    assert verdicts.select("label", "reason").rows() == [("good", None), ("bad", "bad")]


def test_what_lacks_its_means_is_kept_as_not_checked():
    verdicts = Named(able=False).judge(frame("bad"))
    assert verdicts.select("keep", "reason").rows() == [(True, "not_checked")]


def test_no_rows_give_no_verdicts():
    assert Vowels().judge(frame()).height == 0
