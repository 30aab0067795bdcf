"""The evaluations of one run or several, as frames and as pictures."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from curate.manifest.ask import connect
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.errors import UserError
from filters.schema import EVAL, conform


def evals_of(runs: Sequence[Run]) -> pl.DataFrame:
    """The last word of each run on each checkpoint; what two of them have is there once."""
    found = pl.concat(map(_evals, runs))
    if found.is_empty():
        names = ", ".join(str(run.path) for run in runs)
        raise UserError(f"no checkpoint of {names} has been evaluated: name one, and --problems")
    sets = found.group_by("problem_set").agg(pl.col("problem_set_hash").n_unique())
    for name in sets.filter(pl.col("problem_set_hash") > 1).get_column("problem_set").sort():
        say(f"eval: WARNING: under the name {name} there are evaluations on different problems")
    same = ("problem_set", "stage", "step", "seed", "checkpoint_revision")
    return found.unique(same, keep="last", maintain_order=True)


def plot(runs: Sequence[Run], folder: Path) -> list[Path]:
    """All curves into the folder, PNG and SVG; the files."""
    from curate.evaluation.charts import eval_charts, write

    return write(eval_charts(evals_of(runs)), folder)


def _evals(run: Run) -> pl.DataFrame:
    with contextlib.closing(connect(run)) as con:
        return conform(con.sql("select * from v_evals").pl(), EVAL)
