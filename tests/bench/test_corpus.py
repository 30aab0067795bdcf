"""The benchmark corpus is what it says: same arguments, same files; every defect labelled."""

from random import Random

import corpus
import polars as pl

from filters.schema import PROBLEM, TRACE


def test_same_arguments_write_the_same_files(tmp_path):
    for name in ("one", "two"):
        corpus.build(tmp_path / name, 60, seed=5)
    for table in ("problems", "traces", "labels"):
        path = f"{table}/part-00000.parquet"
        assert (tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes()


def test_corpus_has_the_declared_columns_and_one_label_a_trace(tmp_path):
    size = corpus.build(tmp_path, 150)
    traces = pl.read_parquet(tmp_path / "traces" / "*.parquet")
    problems = pl.read_parquet(tmp_path / "problems" / "*.parquet")
    labels = pl.read_parquet(tmp_path / "labels" / "*.parquet")
    assert dict(traces.schema) == TRACE
    assert dict(problems.schema) == PROBLEM
    assert labels["trace_id"].to_list() == traces["trace_id"].to_list()
    assert traces["trace_id"].n_unique() == 150
    assert set(traces["problem_id"]) == set(problems["problem_id"])
    assert 0 < labels["defect"].count() < 30
    assert size > 150 * 5_000


def test_a_gold_after_many_rows_without_one_is_kept():
    row = next(corpus.rows(Random(1), ()))
    chosen = [{**row, "problem": str(i), "gold": "7" if i == 200 else None} for i in range(201)]
    assert corpus.frames(chosen, 0)["problems"]["gold"].count() == 1


def test_real_text_goes_in_where_there_is_any(tmp_path, shared):
    corpus.build(tmp_path, 60, shared=shared)
    labels = pl.read_parquet(tmp_path / "labels" / "*.parquet")
    assert set(labels["origin"]) == {"generated", "spliced"}
