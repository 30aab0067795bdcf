"""What each stage takes as the traces grow: CPU seconds, peak memory of all its processes, disk.

    python tests/bench/bench_scale.py --traces 10000 100000 [--chars 2000] [--folder DIR]

Traces are made up, eight a problem, of about as many characters each; nine in ten are kept. Each
stage is a command in its own process. `--folder` keeps the runs and goes on with what is there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

SAMPLES = 8
POLL_S = 0.05
PAGE = os.sysconf("SC_PAGE_SIZE")

THINGS = "sum carry digit column remainder total factor share part side length price count".split()
DOINGS = "check compare add split write double halve subtract round estimate verify name".split()
WHYS = (
    "because the {} is larger than the {} we had",
    "since nobody told us whether the {} includes the {}",
    "so that the {} does not depend on the {}",
    "as long as the {} stays below the {}",
    "although the {} looks a little odd beside the {}",
    "and then the {} follows from the {} at once",
)
STARTS = (
    "First we {} the {} with {}",
    "Let me {} the {} of {}",
    "Another way is to {} each {} by {}",
    "It would be wrong to {} a {} near {}",
    "Now I can {} this {} against {}",
    "If we {} the second {} it gives {}",
)


def sentence(rng: random.Random) -> str:
    start = rng.choice(STARTS).format(rng.choice(DOINGS), rng.choice(THINGS), rng.randint(2, 9999))
    return f"{start} {rng.choice(WHYS).format(*rng.sample(THINGS, 2))}."


def lines(count: int, chars: int) -> Iterator[str]:
    """One in twenty is wrong, one in fifty a near twin of the one before, one in forty has words of
    another language."""
    rng = random.Random(0)
    steps: list[str] = []
    for number in range(count):
        a, b = divmod(number // SAMPLES, 1000)
        total = a + b + (rng.random() < 0.05)
        if not steps or rng.random() > 0.02:
            steps = [sentence(rng) for _ in range(rng.randint(chars // 150, chars // 80))]
        foreign = "等等 我们再看一下。 " * rng.randint(1, 4) if rng.random() < 0.025 else ""
        text = "\n\n".join(" ".join(steps[at : at + 4]) for at in range(0, len(steps), 4))
        thinking = f"I want {a} + {b}.\n\n{text}\n\n{foreign}That makes {total}."
        row = {
            "problem": f"What is {a} + {b}?",
            "gold": str(a + b),
            "model": "made-up",
            "response": f"<think>\n{thinking}\n</think>\n\nIt is \\boxed{{{total}}}.",
        }
        yield json.dumps(row) + "\n"


def stages(folder: Path) -> dict[str, list[str]]:
    run, moved = str(folder / "run"), "language.high=0.06"
    return {
        "import": ["import", run, str(folder / "traces.jsonl")],
        "filter": ["filter", run],
        "filter, nothing to do": ["filter", run],
        "filter, threshold moved": ["filter", run, "--set", moved],
        "normalize": ["normalize", run],
        "export": ["export", run, str(folder / "dataset")],
        "index": ["index", run],
        "status": ["status", run],
        "explain": ["explain", run, "TRACE"],
    }


class Watched:
    """A command with what it takes: CPU seconds, MB of memory of it and all below it at the worst
    moment, seconds by the clock."""

    def __init__(self, command: list[str]) -> None:
        start = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.peak_mb, ended = 0.0, threading.Event()
        watching = threading.Thread(target=self._watch, args=(process.pid, ended))
        watching.start()
        said = process.stderr.read() if process.stderr else b""
        _, status, used = os.wait4(process.pid, 0)
        ended.set()
        watching.join()
        self.cpu, self.wall = used.ru_utime + used.ru_stime, time.monotonic() - start
        if status:
            raise SystemExit(f"{' '.join(command)}: {said.decode()[-2000:]}")

    def _watch(self, pid: int, ended: threading.Event) -> None:
        while not ended.wait(POLL_S):
            self.peak_mb = max(self.peak_mb, sum(map(resident, below(pid))) * PAGE / 2**20)


def below(pid: int) -> Iterator[int]:
    yield pid
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from below(int(child))
    except OSError:
        return


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0


def size_mb(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def a_trace(folder: Path) -> str:
    import polars as pl

    shard = min((folder / "run" / "traces").glob("*.parquet"))
    return str(pl.scan_parquet(shard).select("trace_id").head(1).collect().item())


def measured(folder: Path, traces: int, chars: int, only: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "traces.jsonl"
    if not source.exists():
        with source.open("w", encoding="utf-8") as out:
            out.writelines(lines(traces, chars))
    print(f"{traces:,} traces, {source.stat().st_size / 2**20:,.0f} MB", flush=True)
    for name, command in stages(folder).items():
        if only and name.partition(",")[0] not in only:
            continue
        command = [a_trace(folder) if word == "TRACE" else word for word in command]
        if name == "import":
            shutil.rmtree(folder / "run", ignore_errors=True)
        took = Watched([sys.executable, "-m", "curate.cli", *command])
        disk = size_mb(folder / "dataset" if name == "export" else folder / "run")
        print(
            f"| {name} | {took.cpu:.1f} | {took.wall:.1f} | {took.peak_mb:,.0f} | {disk:,.0f} |",
            flush=True,
        )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--traces", type=int, nargs="+", default=[10_000, 100_000])
    asked.add_argument("--chars", type=int, default=2_000)
    asked.add_argument("--folder", type=Path, help="keep the runs here, and use them again")
    asked.add_argument("--only", nargs="*", default=[], help="stages to run, if not all")
    given = asked.parse_args()
    for traces in given.traces:
        with tempfile.TemporaryDirectory() as scratch:
            folder = (given.folder or Path(scratch)) / f"{traces}-{given.chars}"
            measured(folder, traces, given.chars, given.only)


if __name__ == "__main__":
    main()
