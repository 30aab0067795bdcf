"""A run folder with a few records in it, made by the real stages."""

import json
from pathlib import Path

from curate.config import Config, Source
from curate.imports import import_traces
from curate.judge import judge
from curate.normalize import normalize
from curate.run import Run
from filters import FILTERS

SUMS = [(1, 2), (3, 4), (5, 3), (20, 22), (7, 0), (6, 9)]


def make_run(folder: Path, **sections: object) -> Run:
    """Six traces of small sums, all kept. Only the filter that a record needs is on."""
    traces = folder.parent / f"{folder.name}.jsonl"
    traces.write_text("\n".join(json.dumps(row) for row in map(sum_row, SUMS)))
    off = {name: False for name in FILTERS if name != "format"}
    run = Run.create(folder, Config(filters=off, jobs=1, **sections))
    import_traces(run, Source(path=str(traces)))
    judge(run)
    normalize(run)
    return run


def sum_row(numbers: tuple[int, int]) -> dict[str, str]:
    a, b = numbers
    return {
        "problem": f"What is {a} + {b}?",
        "gold": str(a + b),
        "language": "en",
        "response": f"<think>\nI add {b} to {a} – at once.\n</think>\n\nSo \\boxed{{{a + b}}}.",
    }
