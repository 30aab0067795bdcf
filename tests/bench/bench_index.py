"""The index of a run of millions: CPU seconds and memory to build it, and to ask each shipped view.

    python tests/bench/bench_index.py [--traces 10000000] [--folder DIR]

A run of 10,000 traces, eight a problem, is imported, judged by `correctness` and normalized, then
copied under other ids as often as needed, so that there is one verdict a trace. The text is short:
an index does not read it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask
from curate.manifest.index import index, sql_file
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run, live_shards
from curate.store.shards import commit, read
from filters import FILTERS
from filters.schema import TABLES

ONE = 10_000
SAMPLES = 8
IDS = ("trace_id", "problem_id", "record_id")
VERDICTS = ("verdicts", "correctness")


def lines() -> Iterator[str]:
    for number in range(ONE):
        a, b = divmod(number // SAMPLES, 100)
        said = a + b + (number % 5 == 0)
        row = {
            "problem": f"What is {a} + {b}?",
            "gold": str(a + b),
            "response": f"<think>\n{a} and {b}, no. {number}\n</think>\n\n\\boxed{{{said}}}",
        }
        yield json.dumps(row) + "\n"


def prepared(folder: Path, traces: int) -> Run:
    place = folder / f"run-{traces}"
    if place.exists():
        return Run.open(place)
    source = folder / "traces.jsonl"
    source.write_text("".join(lines()), encoding="utf-8")
    only = {name: False for name in FILTERS if name != "correctness"}
    small = Run.create(folder / "small", Config(name="index", filters=only))
    import_traces(small, Source(path=str(source)))
    filter_traces(small)
    normalize(small)
    run = Run.create(place, small.config)
    run.note(active=small.active())
    for parts in (*((name,) for name in ("problems", "traces", "records")), VERDICTS):
        schema = TABLES[parts[0]]
        rows = read(live_shards(small.folder(*parts)), schema)
        ids = [name for name in IDS if name in schema]
        for n in range(traces // ONE):
            again = (pl.col(ids).str.head(26) + f"{n:06x}") if n else pl.col(ids)
            commit(run.folder(*parts), rows.with_columns(again), schema)
    return run


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """CPU seconds of all threads, seconds by the clock."""
    wall, cpu = time.monotonic(), time.process_time()
    work()
    return time.process_time() - cpu, time.monotonic() - wall


def questions(run: Run) -> Iterator[tuple[str, str]]:
    """Of each view its first rows, and the questions of `.examples`."""
    with contextlib.closing(ask.connect(run)) as con:
        names = con.sql(
            "select view_name from duckdb_views() where not internal "
            "and view_name not like '%_shards' order by 1"
        ).fetchall()
    for (name,) in names:
        yield name, f"select * from {name} limit 20"
    for question in sql_file("examples.sql").split("\n\n"):
        title, _, sql = question.partition("\n")
        yield title.removeprefix("-- "), sql.rstrip("; \n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--traces", type=int, default=10_000_000)
    options.add_argument("--folder", type=Path, help="keep the run here, and use it again")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        run = prepared(folder, given.traces)
        cpu, wall = timed(lambda: index(run))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows = 2 * given.traces / 1e6
        print(
            f"index of {given.traces:,} traces and as many verdicts: {cpu:.1f} CPU s, "
            f"{wall:.1f} s by the clock ({cpu / rows:.2f} CPU s a million rows), {peak:,.0f} MB",
            flush=True,
        )
        for title, sql in questions(run):
            with contextlib.closing(ask.connect(run)) as con:
                cpu, wall = timed(lambda con=con, sql=sql: con.execute(sql).fetchall())
            print(f"{cpu:6.2f} CPU s {wall:6.2f} s  {title}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
