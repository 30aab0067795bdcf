import polars as pl

from filters.base import GROUP_FRAME
from filters.duplicate import Duplicate


def group(texts: dict[str, str | None], dropped: tuple[str, ...] = (), **settings) -> pl.DataFrame:
    """One problem per first letter of the trace_id; signatures as the judge would store them."""
    frame = pl.DataFrame(
        {
            "trace_id": list(texts),
            "problem_id": [t[0] for t in texts],
            "fate": ["dropped" if t in dropped else "kept" for t in texts],
            "attempt": 0,
        }
    )
    signed = Duplicate(**settings).sign(pl.DataFrame({"response": list(texts.values())}))
    absent = [pl.lit(None).alias(c) for c in GROUP_FRAME if c not in frame.columns]
    return pl.concat([frame.with_columns(absent), signed], how="horizontal")


def twins(frame: pl.DataFrame, **settings) -> dict[str, tuple]:
    """trace_id -> (reason, twin)"""
    verdicts = Duplicate(**settings).judge(frame)
    return {
        row["trace_id"]: (row["reason"], next((f["text"] for f in row["detail"] or []), None))
        for row in verdicts.iter_rows(named=True)
    }


def test_exact_ignores_white_space_and_names_the_kept_twin():
    frame = group({"p2": "so  x = 4\n", "p1": "so x = 4", "p3": "so x = 5"})
    assert twins(frame) == {
        "p2": ("exact_duplicate", "p1"), "p1": (None, None), "p3": (None, None)
    }  # fmt: skip


def test_a_trace_the_others_keep_is_preferred_to_one_they_drop():
    frame = group({"p1": "a b", "p2": "a b"}, dropped=("p1",))
    assert twins(frame) == {"p1": ("exact_duplicate", "p2"), "p2": (None, None)}


def test_no_text_is_undecided_and_never_a_twin():
    assert set(twins(group({"p1": None, "p2": None})).values()) == {("no_text", None)}


def test_row_order_changes_nothing():
    frame = group({f"p{i}": f"text {i % 3}" for i in range(9)})
    assert twins(frame.reverse()) == twins(frame)
