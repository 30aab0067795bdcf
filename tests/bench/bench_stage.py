"""The whole filter stage with every filter, as `curate filter` runs it: processor seconds and peak
memory, and how they grow with the number of traces.

    python tests/bench/corpus.py CORPUS --traces 80000
    python tests/bench/bench_stage.py CORPUS --traces 20000
    python tests/bench/bench_stage.py CORPUS --traces 80000

A run is made of the corpus (not measured) and judged by one process beside the workers that check
answers. Decontamination gets a benchmark whose questions the injector plants.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from curate.config import Config
from curate.judging.filter_stage import filter_traces
from curate.store.run_folder import Run
from curate.store.shards import Staging
from filters.schema import PROBLEM, TRACE

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "filters"))

from injector import benchmark_questions

PARTS = 6
"""files of 1,000 traces in a shard, which are about as many bytes as a shard has"""


def run_of(corpus: Path, traces: int, folder: Path) -> Run:
    benchmark = folder / "benchmark.jsonl"
    lines = (json.dumps(question, ensure_ascii=False) + "\n" for question in benchmark_questions())
    benchmark.write_text("".join(lines), encoding="utf-8")
    filters = {"decontamination": {"benchmarks": [str(benchmark)]}}
    run = Run.create(folder / "run", Config(name="stage", filters=filters, jobs=1))
    for table, schema in (("problems", PROBLEM), ("traces", TRACE)):
        files = sorted((corpus / table).glob("*.parquet"))[: traces // 1000]
        for first in range(0, len(files), PARTS):
            with Staging() as staging:
                rows = pl.read_parquet(files[first : first + PARTS])
                staging.add(run.folder(table), rows, schema)
    return run


def measured(run: Run) -> None:
    wall, counts = time.monotonic(), filter_traces(run)
    wall = time.monotonic() - wall
    own, workers = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    processor = sum(used.ru_utime + used.ru_stime for used in (own, workers))
    print(f"{processor:.1f} CPU s, {wall:.1f} s by the clock; {dict(counts)}")
    print(f"peak memory {own.ru_maxrss / 1024:,.0f} MB")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("corpus", type=Path)
    asked.add_argument("--traces", type=int, default=20_000)
    asked.add_argument("--run", type=Path, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.run:
        measured(Run.open(options.run))
        return
    with tempfile.TemporaryDirectory() as scratch:
        run = run_of(options.corpus, options.traces, Path(scratch))
        # a fresh process, so that making the run is no part of its memory
        own = [sys.executable, __file__, str(options.corpus), "--run", str(run.path)]
        os.spawnv(os.P_WAIT, sys.executable, own)


if __name__ == "__main__":
    main()
