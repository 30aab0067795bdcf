"""A run folder with a few records in it, made by the real stages."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from filters import FILTERS

SUMS = [(1, 2), (3, 4), (5, 3), (20, 22), (7, 0), (6, 9)]

MakeRun = Callable[..., Run]


@pytest.fixture(scope="session")
def make_run(tmp_path_factory: pytest.TempPathFactory) -> MakeRun:
    """`make_run(folder, sft=…)`: a run with six traces of small sums, all kept, and their
    records; made once and copied."""
    folder = tmp_path_factory.mktemp("records")
    traces = folder / "traces.jsonl"
    traces.write_text("\n".join(json.dumps(row) for row in map(sum_row, SUMS)))
    # only the filter that a record needs
    off = {name: False for name in FILTERS if name != "format"}
    run = Run.create(folder / "run", Config(filters=off, jobs=1))
    import_traces(run, Source(path=str(traces)))
    filter_traces(run)
    normalize(run)

    def copy(to: Path, **sections: object) -> Run:
        shutil.copytree(run.path, to)
        return Run.open(to).configure(run.config.model_copy(update=sections))

    return copy


def sum_row(numbers: tuple[int, int]) -> dict[str, str]:
    a, b = numbers
    return {
        "problem": f"What is {a} + {b}?",
        "gold": str(a + b),
        "language": "en",
        "response": f"<think>\nI add {b} to {a} – at once.\n</think>\n\nSo \\boxed{{{a + b}}}.",
    }
