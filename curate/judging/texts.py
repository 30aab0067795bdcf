"""The texts of a few traces, wherever in the shards they lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from curate.manifest.by_trace import KEY
from curate.store.run_folder import Run
from curate.store.shards import live_shards, read_rows, row_groups
from filters.base import Reader
from filters.schema import TRACE


def text_reader(run: Run, facts: pl.DataFrame) -> Reader:
    """Reads only the row groups that hold them, one at a time; `facts` has trace_id, attempt and,
    by number, the shard and row group of every trace."""
    shards = live_shards(run.folder("traces"))
    columns = {name: TRACE[name] for name in (*KEY, "response")}

    def read_texts(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        wanted = pl.DataFrame({"trace_id": trace_ids}, schema={"trace_id": pl.String})
        places = facts.join(wanted, on="trace_id", how="semi").sort("shard", "group")
        for (shard, group), some in places.group_by("shard", "group", maintain_order=True):
            path = shards[int(str(shard))]
            text = read_rows(path, columns, *row_groups(path)[int(str(group))])
            yield text.join(some.select(KEY), on=KEY, how="semi", maintain_order="left")

    return read_texts
