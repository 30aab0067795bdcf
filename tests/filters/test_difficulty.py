"""Pass rates by hand."""

import polars as pl
import pytest

from filters.base import GROUP_FRAME
from filters.difficulty import Difficulty

TYPES = {
    "correct": pl.Boolean,
    "attempt": pl.Int32,
    "sample_index": pl.Int32,
    "num_tokens": pl.Int32,
}


def group(*rows: tuple, problem: str = "p") -> pl.DataFrame:
    """Samples of one problem: (correct, outcome, finish_reason)."""
    return pl.DataFrame(
        [
            {
                "trace_id": f"{problem}{i}",
                "attempt": 0,
                "problem_id": problem,
                "response_hash": None if finish == "no text" else f"h{i}",
                "correct": correct,
                "outcome": outcome,
                "finish_reason": None if finish == "no text" else finish,
                "origin": "sampled",
            }
            for i, (correct, outcome, finish) in enumerate(rows)
        ],
        schema_overrides=TYPES,
    ).select(
        pl.lit(None).alias(c)
        if c
        not in (
            "trace_id",
            "attempt",
            "problem_id",
            "response_hash",
            "correct",
            "outcome",
            "finish_reason",
            "origin",
        )
        else pl.col(c)
        for c in GROUP_FRAME
    )


RIGHT, WRONG = (True, "correct", "stop"), (False, "incorrect", "stop")


def facts(frame: pl.DataFrame) -> dict[str, float]:
    return {s["key"]: s["value"] for s in Difficulty().judge(frame).row(0, named=True)["scores"]}


def test_rate_counts_decided_and_truncated_and_leaves_out_failed_and_undecided():
    cut, failed, mute = (None, "timeout", "length"), (None, None, "error"), (None, None, "no text")
    unsure = (None, "sandbox_error", "stop")
    rows = [RIGHT, RIGHT, WRONG, (False, "no_answer", "length"), cut, failed, mute, unsure]
    assert facts(group(*rows)) == {
        "pass_rate": 2 / 5, "samples": 5, "correct": 2, "undecided": 1, "failed": 2
    }  # fmt: skip


def test_truncated_samples_of_a_problem_without_gold_say_nothing():
    verdicts = Difficulty().judge(group(*[(None, "no_gold", "length")] * 6))
    assert set(verdicts["reason"]) == {"not_applicable"}
    assert verdicts["score"].null_count() == 6


@pytest.mark.parametrize(
    ("n_right", "reason"), [(0, "too_hard"), (1, None), (2, None), (3, "too_easy"), (4, "too_easy")]
)
def test_band_drops_outside_and_keeps_its_edges(n_right, reason):
    verdicts = Difficulty(low=0.25, high=0.5).judge(
        group(*[RIGHT] * n_right, *[WRONG] * (4 - n_right))
    )
    assert set(verdicts["reason"]) == {reason}


def test_defaults_drop_nothing_and_three_samples_are_too_few():
    assert set(Difficulty().judge(group(*[WRONG] * 4))["keep"]) == {True}
    assert set(Difficulty(low=0.5).judge(group(*[WRONG] * 3))["reason"]) == {"not_applicable"}


def test_problems_do_not_mix_and_row_order_changes_nothing():
    frame = pl.concat([group(*[RIGHT] * 4, problem="a"), group(*[WRONG] * 4, problem="b")])
    judged = Difficulty(low=0.5).judge(frame)
    assert judged.filter(pl.col("keep"))["trace_id"].to_list() == ["a0", "a1", "a2", "a3"]
    shuffled = Difficulty(low=0.5).judge(frame.sample(fraction=1, shuffle=True, seed=3))
    assert shuffled.sort("trace_id").equals(judged.sort("trace_id"))


def test_a_rewriting_is_no_sample_of_the_model():
    samples = group(*[RIGHT] * 2, *[WRONG] * 2)
    rewriting = group(*[RIGHT]).with_columns(trace_id=pl.lit("r"), origin=pl.lit("rewritten"))
    both = pl.concat([samples, rewriting])
    assert facts(both) == facts(samples)
    assert Difficulty(high=0.4).judge(both)["reason"].to_list() == ["too_easy"] * 5
