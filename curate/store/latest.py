"""Which row counts where the shards of a table hold several of one id.

Decided here, for rows in the order of their shards; `curate/manifest/tables.sql` says the same in
SQL, and a test holds the two equal.
"""

from __future__ import annotations

import polars as pl


def latest_attempts(traces: pl.DataFrame) -> pl.DataFrame:
    """Of each trace the highest attempt, of equals the last, in the order of the rows."""
    ids = traces.get_column("trace_id")
    if ids.n_unique() == ids.len():  # as in most runs: a fifth of the time
        return traces
    keys = traces.select("trace_id", "attempt").with_row_index("place")
    last = keys.sort("attempt", maintain_order=True).unique("trace_id", keep="last")
    return traces[last.get_column("place").sort()]


def latest_problems(problems: pl.DataFrame) -> pl.DataFrame:
    """Of each problem the last row, in the order in which they came first."""
    ids = problems.select("problem_id").unique(keep="first", maintain_order=True)
    last = problems.unique("problem_id", keep="last")
    return ids.join(last, on="problem_id", maintain_order="left").select(problems.columns)
