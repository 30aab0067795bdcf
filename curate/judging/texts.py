"""What is known of each trace without its text, and the texts of a few, wherever in the shards they
lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from curate.manifest.by_trace import KEY
from curate.sources.problems import latest_problems
from curate.store.latest import latest_attempts
from curate.store.run_folder import Run
from curate.store.shards import read, read_rows, row_groups
from filters.base import Reader
from filters.errors import UserError
from filters.schema import TRACE

_TRACE_FACTS = [
    *("trace_id", "attempt", "problem_id", "sample_index", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "parent_trace_id", "model"),
]
_PROBLEM_FACTS = ["problem_id", "kind", "gold_hash", "language", "source"]


def trace_facts(run: Run) -> pl.DataFrame:
    """What is known of the latest attempt of each trace without reading text, and where it lies:
    columns of trace and problem, whether there is a program to run (`runs`), the numbers of its
    `shard`, row `group` and `row` in the shard."""
    frames = []
    for number, path in enumerate(run.shards("traces")):
        starts = pl.Series([offset for offset, _ in row_groups(path)])
        rows = read([path], TRACE, _TRACE_FACTS).with_row_index("row")
        group = starts.search_sorted(rows["row"], side="right") - 1
        frames.append(rows.with_columns(pl.lit(number).alias("shard"), group.alias("group")))
    if not frames:
        raise UserError(
            f"{run.path} holds no traces yet; "
            "`curate import RUN FILE` or `curate generate RUN` brings some"
        )
    traces = latest_attempts(pl.concat(frames))
    runs = (pl.col("kind") == "code") & pl.col("tests").is_not_null()
    problems = latest_problems(run).select(*_PROBLEM_FACTS, runs=runs)
    parents = traces.select(parent_trace_id="trace_id", parent_hash="response_hash")
    return traces.join(problems, on="problem_id", how="left", maintain_order="left").join(
        parents, on="parent_trace_id", how="left", maintain_order="left"
    )


def text_reader(run: Run, facts: pl.DataFrame) -> Reader:
    """Reads only the row groups that hold them, one at a time; `facts` has trace_id, attempt and,
    by number, the shard and row group of every trace."""
    shards = run.shards("traces")
    columns = {name: TRACE[name] for name in (*KEY, "response")}

    def read_texts(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        wanted = pl.DataFrame({"trace_id": trace_ids}, schema={"trace_id": pl.String})
        places = facts.join(wanted, on="trace_id", how="semi").sort("shard", "group")
        for (shard, group), some in places.group_by("shard", "group", maintain_order=True):
            path = shards[int(str(shard))]
            text = read_rows(path, columns, *row_groups(path)[int(str(group))])
            yield text.join(some.select(KEY), on=KEY, how="semi", maintain_order="left")

    return read_texts
