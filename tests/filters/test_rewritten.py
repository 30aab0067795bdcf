import polars as pl

from filters.rewritten import Rewritten


def judged(*rows: tuple[str, str | None, str]) -> list[str | None]:
    """(trace_id, parent, fate)"""
    known = pl.DataFrame(rows, schema=["trace_id", "parent_trace_id", "fate"], orient="row")
    frame = known.with_columns(
        origin=pl.when(pl.col("parent_trace_id").is_null())
        .then(pl.lit("sampled"))
        .otherwise(pl.lit("rewritten")),
        attempt=pl.lit(0),
        response=pl.lit(None, pl.String),
        response_hash=pl.lit("h"),
    )
    return Rewritten().judge(frame)["reason"].to_list()


def test_a_parent_gives_way_to_a_kept_rewriting():
    assert judged(("p", None, "kept"), ("c", "p", "kept")) == ["has_rewriting", None]


def test_a_parent_stays_where_its_rewriting_is_dropped():
    assert judged(("p", None, "kept"), ("c", "p", "dropped")) == [None, None]


def test_of_two_rewritings_one_stands():
    rows = ("p", None, "dropped"), ("d", "p", "kept"), ("c", "p", "kept"), ("b", "p", "dropped")
    assert judged(*rows) == ["has_rewriting", "has_rewriting", None, None]


def test_what_was_never_rewritten_is_none_of_its_business():
    assert judged(("p", None, "kept"), ("q", None, "dropped")) == ["not_applicable"] * 2
