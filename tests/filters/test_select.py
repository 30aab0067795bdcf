import polars as pl
import pytest

from filters.base import GROUP_FRAME
from filters.errors import UserError
from filters.select import Select


def traces(*rows: tuple) -> pl.DataFrame:
    """(trace_id, problem_id, fate, thinking_tokens)"""
    known = pl.DataFrame(
        rows, schema=["trace_id", "problem_id", "fate", "thinking_tokens"], orient="row"
    ).with_columns(attempt=pl.lit(0))
    absent = [pl.lit(None).alias(c) for c in GROUP_FRAME if c not in known.columns]
    return known.with_columns(absent).with_columns(sample_index=pl.int_range(pl.len()))


GROUP = traces(
    *[
        ("a", "p", "kept", 30),
        ("b", "p", "kept", 10),
        ("c", "p", "dropped", 5),
        ("d", "q", "kept", 9),
    ],
    *[("e", "p", "kept", 10), ("f", "p", "undecided", 1), ("g", "p", "failed", None)],
)


def reasons(select: Select, frame: pl.DataFrame = GROUP) -> dict[str, str | None]:
    verdicts = select.judge(frame)
    return dict(zip(verdicts["trace_id"], verdicts["reason"], strict=True))


def test_default_keeps_all_that_the_others_keep_and_judges_nothing_else():
    assert reasons(Select()) == {
        "a": None, "b": None, "d": None, "e": None,
        "c": "not_judged", "f": "not_judged", "g": "not_judged",
    }  # fmt: skip


def test_best_two_by_shortest_thinking_with_ties_to_the_lower_id():
    verdicts = Select(best=2).judge(GROUP)
    assert reasons(Select(best=2))["a"] == "not_among_best"
    assert dict(zip(verdicts["trace_id"], verdicts["score"], strict=True)) == {
        "a": 3, "b": 1, "c": None, "d": 1, "e": 2, "f": None, "g": None
    }  # fmt: skip


def test_order_is_the_users_and_another_n_needs_no_new_scores():
    longest = Select(best=1, order="longest")
    assert {t for t, r in reasons(longest).items() if r is None} == {"a", "d"}
    assert Select(best=1).score_hash == Select(best=2).score_hash != longest.score_hash


def test_row_order_changes_nothing():
    select = Select(best=1)
    assert reasons(select, GROUP.reverse()) == reasons(select)


def test_a_misspelt_order_is_the_users_error():
    with pytest.raises(UserError, match=r"select\.order is 'shortset'; did you mean 'shortest'"):
        Select(order="shortset")
