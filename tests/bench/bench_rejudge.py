"""Moving a threshold on many traces: processor seconds of `curate filter --set`, step by step.

    python tests/bench/bench_rejudge.py [--traces 1000000] [--folder DIR]

Short made-up traces are imported and judged once (minutes, not measured); then one threshold moves,
which derives that filter's verdicts from stored scores, judges the group filters again where their
input changed, rebuilds the index and checks conservation. One trace in twenty has words of another
language, so that the first two moves change fates, and one in fifty is a near twin; the third move
changes no fate, and the last goes back to verdicts that are there.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from pathlib import Path

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run

SAMPLES = 8
MOVES = (0.09, 0.06, 0.061, 0.09)
WORDS = "add carry digit column count check again write result total first then next so".split()


def write_traces(path: Path, count: int) -> None:
    rng = random.Random(0)
    steps = [""]
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            a, b = divmod(number // SAMPLES, 1000)
            if rng.random() > 0.02:
                steps = rng.choices(WORDS, k=60)
            foreign = "等等 " * rng.randint(1, 4) if rng.random() < 0.05 else ""
            thinking = f"I want {a} + {b}. {' '.join(steps)}. {foreign}That makes {a + b}."
            row = {
                "problem": f"What is {a} + {b}?",
                "gold": str(a + b),
                "model": "made-up",
                "response": f"<think>\n{thinking}\n</think>\n\nIt is \\boxed{{{a + b}}}.",
            }
            out.write(json.dumps(row) + "\n")


def processor_seconds() -> float:
    own, children = (
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--traces", type=int, default=1_000_000)
    options.add_argument("--folder", type=Path, help="keep the run here, and use it again")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.folder or Path(scratch)
        run = prepared(folder, given.traces)
        for high in MOVES:
            run.configure(run.config.model_copy(update={"filters": {"language": {"high": high}}}))
            wall, processor = time.monotonic(), processor_seconds()
            counts = filter_traces(run)
            wall, processor = time.monotonic() - wall, processor_seconds() - processor
            print(f"language.high={high}: {processor:.1f} CPU s, {wall:.1f} s; {dict(counts)}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"peak memory of the driver {peak:,.0f} MiB")


def prepared(folder: Path, traces: int) -> Run:
    place = folder / f"run-{traces}"
    if place.exists():
        return Run.open(place)
    source = folder / "traces.jsonl"
    write_traces(source, traces)
    run = Run.create(place, Config(name="rejudge"))
    import_traces(run, Source(path=str(source)))
    filter_traces(run)
    return run


if __name__ == "__main__":
    main()
