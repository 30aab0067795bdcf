"""`curate export` beside a plain polars write of the same columns, in one run, CPU seconds.

    python tests/bench/bench_export.py RUN [--rounds 2]

RUN has records (`bench_scale.py --folder` leaves such runs). The plain write has the published rows
in memory and does nothing but `write_parquet`, file by file, so it reads, joins, sorts and hashes
nothing and writes no card; it is the bound that no export can be faster than.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

import polars as pl
from bench_scale import Watched


def plain_write(dataset: Path, out: Path) -> float:
    """CPU seconds of all threads."""
    took = 0.0
    for path in sorted((dataset / "data").rglob("*.parquet")):
        rows = pl.read_parquet(path)
        start = time.process_time()
        rows.write_parquet(out / path.name, compression="zstd")
        took += time.process_time() - start
    return took


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("run", type=Path)
    asked.add_argument("--rounds", type=int, default=2)
    given = asked.parse_args()
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory(dir=given.run.parent) as scratch:
            dataset, out = Path(scratch) / "dataset", Path(scratch) / "plain"
            out.mkdir()
            command = [sys.executable, "-m", "curate.cli", "export", str(given.run), str(dataset)]
            ours = Watched(command)
            plain = plain_write(dataset, out)
            records = pl.scan_parquet(dataset / "data" / "sft" / "*.parquet").select(pl.len())
            print(
                f"{records.collect().item():,} records: export {ours.cpu:.1f} CPU s, "
                f"{ours.peak_mb:,.0f} MB, {ours.wall:.1f} s by the clock; plain write {plain:.1f} "
                f"CPU s; speed {plain / ours.cpu:.2f} of it",
                flush=True,
            )
            shutil.rmtree(out)


if __name__ == "__main__":
    main()
