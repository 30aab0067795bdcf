"""Python and SQL agree on which attempt and which problem count."""

import random
from pathlib import Path

import polars as pl

from curate.config import Config
from curate.manifest import ask as manifest
from curate.store.latest import latest_attempts, latest_problems
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.schema import PROBLEM, TRACE


def test_highest_attempt_of_a_trace_and_last_row_of_a_problem() -> None:
    traces = pl.DataFrame({"trace_id": [*"abab"], "attempt": [1, 0, 0, 0], "row": range(4)})
    assert latest_attempts(traces)["row"].to_list() == [0, 3]
    problems = pl.DataFrame({"problem_id": [*"abca"], "row": range(4)})
    assert latest_problems(problems).rows() == [("a", 3), ("b", 1), ("c", 2)]


def test_sql_says_the_same(tmp_path: Path) -> None:
    rng = random.Random(0)
    run = Run.create(tmp_path / "run", Config())
    for shard in range(8):
        ids = [str(rng.randrange(12)) for _ in range(20)]
        told = [f"{shard}.{row}" for row in range(20)]
        attempts = [rng.randrange(3) for _ in range(20)]
        traces = {"trace_id": ids, "problem_id": ids, "attempt": attempts, "source_id": told}
        problems = {"problem_id": ids, "problem": told}
        commit(run.folder("traces"), pl.DataFrame(traces), TRACE)
        commit(run.folder("problems"), pl.DataFrame(problems), PROBLEM)
    found = manifest.rows(run, "select trace_id, attempt, source_id from traces order by 1")
    mine = latest_attempts(read(run.shards("traces"), TRACE))
    columns = mine.select("trace_id", "attempt", "source_id").sort("trace_id")
    assert [tuple(row.values()) for row in found] == columns.rows()
    asked = manifest.rows(run, "select problem_id, problem from problems")
    last = latest_problems(read(run.shards("problems"), PROBLEM))
    assert [tuple(row.values()) for row in asked] == last.select("problem_id", "problem").rows()
