"""Stored rows in the order of the traces: the last shard counts, earlier attempts do not."""

from pathlib import Path

import polars as pl

from curate.manifest.by_trace import Traces
from curate.store.shards import commit

SCHEMA = {
    "trace_id": pl.String(),
    "attempt": pl.Int32(),
    "settings_hash": pl.String(),
    "said": pl.Int64(),
}
TRACES = pl.DataFrame(
    {"trace_id": ["c", "a", "b"], "attempt": [0, 1, 0]}, schema_overrides={"attempt": pl.Int32}
)
ACTIVE = pl.col("settings_hash") == "now"


def shards(folder: Path, *rows: list[tuple[str, int, str, int]]) -> list[Path]:
    frames = [pl.DataFrame(some, schema=SCHEMA, orient="row") for some in rows]
    return [path for frame in frames if (path := commit(folder, frame, SCHEMA))]


def test_rows_come_in_the_order_of_the_traces(tmp_path: Path) -> None:
    paths = shards(tmp_path / "it's [a] *", [("a", 1, "now", 1), ("b", 0, "now", 2)])
    found = Traces(TRACES).told_by(paths, SCHEMA, ["said"], ACTIVE)
    assert found.columns["said"].to_list() == [None, 1, 2]
    assert found.there.to_list() == [False, True, True]
    assert found.outdone.is_empty()


def test_last_shard_counts_and_other_settings_and_attempts_do_not(tmp_path: Path) -> None:
    first = [("b", 0, "now", 2), ("c", 0, "once", 3)]
    paths = shards(tmp_path, first, [("b", 0, "now", 4), ("x", 0, "now", 5)])
    found = Traces(TRACES).told_by(paths, SCHEMA, ["said"], ACTIVE)
    assert found.columns["said"].to_list() == [None, None, 4]
    assert found.outdone.rows() == [("b", 0, str(paths[0]))]


def test_earlier_attempt_is_outdone_and_a_row_of_no_trace_is_not(tmp_path: Path) -> None:
    paths = shards(tmp_path, [("a", 0, "now", 1), ("a", 1, "now", 2), ("x", 0, "now", 3)])
    found = Traces(TRACES).told_by(paths, SCHEMA, ["said"], ACTIVE)
    assert found.outdone.rows() == [("a", 0, str(paths[0]))]


def test_trace_that_a_shard_has_twice_stays_there_twice(tmp_path: Path) -> None:
    paths = shards(tmp_path, [("b", 0, "now", 1), ("b", 0, "now", 2)])
    found = Traces(TRACES).told_by(paths, SCHEMA, ["said"], ACTIVE)
    assert found.outdone.is_empty()


def test_shards_that_look_alike_are_told_apart(tmp_path: Path) -> None:
    traces = Traces(TRACES)
    for name, ids, expected in (("1", "ab", [None, 1, 0]), ("2", "ac", [0, 1, None])):
        rows = [(i, int(i == "a"), "now", int(i == "a")) for i in ids]
        found = traces.told_by(shards(tmp_path / name, rows), SCHEMA, ["said"], ACTIVE)
        assert found.columns["said"].to_list() == expected


def test_no_shards_say_nothing() -> None:
    found = Traces(TRACES).told_by([], SCHEMA, ["said"], ACTIVE)
    assert found.columns["said"].to_list() == [None] * 3
    assert found.outdone.is_empty()


def test_without_traces_every_row_is_of_no_trace(tmp_path: Path) -> None:
    paths = shards(tmp_path, [("a", 0, "now", 1)], [("a", 0, "now", 2)])
    found = Traces(TRACES.clear()).told_by(paths, SCHEMA, ["said"], ACTIVE)
    assert (found.columns.height, found.outdone.height) == (0, 0)
