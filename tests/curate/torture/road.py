"""The road that is put under fire: its inputs, its stages, and what must be the same afterwards.

Stages work in pieces so small that a few hundred traces have many commits.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import polars as pl
import writers
import yaml
from small_runs import only, stored, write

from curate.store.run_folder import Run
from curate.store.urls import folder_of
from filters.trace_format import render

SMALL_PIECES = {
    "curate.sampling.rows": {"COMMIT_EVERY_S": 0.0},
    "curate.sources.imported_traces": {"SHARD_BYTES": 20_000},
    "curate.store.shards": {"TEXT_ROWS": 40},
    "curate.judging.filter_stage": {"PIECE": 40, "PARALLEL_FROM": 1, "COMMIT_ROWS": 100},
    "curate.records.normalize": {"PARALLEL_FROM": 1},
    "curate.records.export": {"FILE_BYTES": 30_000},
}
DATA = ("import", "generate", "filter", "refine", "filter again", "normalize", "export", "index")
TRAINERS = ("sft", "grpo")
STAGES = (*DATA, *TRAINERS)
TABLES = (
    *("problems", "traces", "verdicts", "records", "tokenized", "rollouts"),
    *("metrics", "checkpoints", "checkpoint_records"),
)
_MOMENTS = ["created_at"]


@dataclass(frozen=True)
class Road:
    """`run` is a folder or a URL, `here` a folder for what is no part of it."""

    run: str
    here: Path
    config: Path
    traces: Path

    def command(self, stage: str) -> list[str]:
        """The command line of a stage."""
        verb = stage.partition(" ")[0]
        more = {
            "import": [str(self.traces), "--config", str(self.config)],
            "export": [str(self.here / "dataset")],
        }
        return [verb, self.run, *more.get(verb, ())]

    def results(self) -> dict[str, str]:
        """A hash of each thing that must not depend on what the run went through."""
        folder = folder_of(self.run)
        run = Run.open(folder)
        found = {}
        for table in TABLES:
            rows = stored(run, table)
            if table == "metrics":
                rows = rows.filter(pl.col("metric") != "step_time").drop("checkpoint")
            rows = rows.drop(_MOMENTS, strict=False)
            found[table] = f"{rows.height}-{_hash(*sorted(map(repr, rows.iter_rows())))}"
        written = dict.fromkeys((self.here / "dataset").rglob("*.parquet"), self.here)
        for name in TRAINERS:
            written |= dict.fromkeys((folder / name).rglob("*.safetensors"), folder)
        files = {path.relative_to(top): _hash(path.read_bytes()) for path, top in written.items()}
        return found | {str(name): digest for name, digest in files.items()}


def _hash(*parts: str | bytes) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part if isinstance(part, bytes) else part.encode())
    return digest.hexdigest()


def prepared(folder: Path, name: str, run: str | None = None, **config: Any) -> Road:
    """The road from the inputs in `folder`, made where they are not there yet."""
    here = folder / name
    here.mkdir(parents=True)
    traces, problems = folder / "traces.jsonl", folder / "problems.jsonl"
    if not traces.exists():
        write(traces, [row for n in range(40) for row in _imported(n)])
        asked = ({"problem": writers.problem(n, 7), "gold": str(n + 7)} for n in range(40, 60))
        write(problems, asked)
    settings = {
        "problems": [{"path": str(problems)}],
        "jobs": 2,
        "generate": {"samples": 4, "batch_size": 4, **_scripted("samples")},
        "refine": {"batch_size": 4, **_scripted("rewritten")},
        "filters": only(
            *("finish", "format", "language", "readability", "repetition", "correctness"),
            *("duplicate", "difficulty", "select", "faithful", "rewritten"),
            length={"thinking_min": 5},
        ),
        **config,
    }
    file = here / "config.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return Road(run or str(here / "run"), here, file, traces)


def _scripted(function: str) -> dict[str, Any]:
    return {"engine": "scripted", "options": {"answers": f"torture.road:{function}"}}


def _imported(number: int) -> list[dict[str, Any]]:
    """Of one problem: a right, a wrong and a mixed solution, and the right one twice."""
    texts = [_text(number, 3, number + 3), _text(number, 3, number), _mixed(number, 3)]
    asked = {"problem": writers.problem(number, 3), "gold": str(number + 3)}
    return [asked | {"response": text, "model": "m"} for text in (*texts, texts[0])]


def _text(a: int, b: int, said: int) -> str:
    thinking = writers.filled(writers.THINKING, a, b)
    return render(f"{thinking} {a} it is." * 2, f"It is $\\boxed{{{said}}}$, as was to be shown.")


def _mixed(a: int, b: int) -> str:
    return render(writers.filled(writers.MIXED, a, b), f"It is \\boxed{{{a + b}}}.")


def samples(prompt: str) -> list[str]:
    """For `generate`: two right, one wrong, one mixed."""
    time.sleep(0.005)
    a, b = map(int, re.findall(r"\d+", prompt)[-2:])
    return [_text(a, b, a + b), _text(a, b, a), _mixed(a, b), _text(a, b, a + b) + " Yes."]


def rewritten(prompt: str) -> list[str]:
    """For `refine`."""
    time.sleep(0.005)
    return writers.good(prompt)


def work(arguments: Sequence[str], says: Connection) -> None:
    """The command, in this process as the leader of a group; what it says goes into a pipe."""
    os.setsid()
    for number, name in enumerate(("stdout", "stderr"), 1):
        os.dup2(says.fileno(), number)
        setattr(sys, name, open(number, "w", buffering=1, closefd=False))  # noqa: SIM115
    for module, constants in SMALL_PIECES.items():
        for name, value in constants.items():
            setattr(importlib.import_module(module), name, value)
    from curate.cli import main

    sys.argv = ["curate", *arguments]
    main()


def length(completions: list[str], **_: object) -> list[float | None]:
    """For `grpo`: a reward that a random model gets in many sizes."""
    return [float(len(text)) for text in completions]
