"""Small runs made by the real stages from rows written here."""

import dataclasses
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.shards import read
from filters import FILTERS
from filters.schema import TABLES

CHEAP = ("finish", "format", "length", "correctness")

Row = dict[str, Any]


def trace(number: int, answer: int | None = None, **columns: object) -> Row:
    """A sum with its gold, solved rightly unless `answer` says otherwise."""
    said = number + 1 if answer is None else answer
    thinking = f"I have {number} apples and get one more, so I count on from {number}."
    return {
        "problem": f"What is {number} + 1?",
        "gold": str(number + 1),
        "response": f"<think>\n{thinking}\n</think>\n\nSo it is \\boxed{{{said}}}.",
        **columns,
    }


def write(path: Path, rows: Iterable[object]) -> Path:
    """A JSONL file; lone surrogates become escapes, as JSON writes them."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def only(*names: str, **settings: object) -> Row:
    """The `filters` section that leaves on these alone."""
    off = {name: False for name in FILTERS if name not in (*names, *settings)}
    return off | settings


def imported(folder: Path, rows: Iterable[object], **config: object) -> Run:
    """A run that holds these traces, the cheap filters on."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    file = write(folder.with_name(f"{folder.name}.jsonl"), rows)
    run = Run.create(folder, Config(**{"filters": only(*CHEAP), "jobs": 1, **config}))
    import_traces(run, Source(path=str(file)))
    return run


def finished(folder: Path, rows: Iterable[object], **config: object) -> Run:
    run = imported(folder, rows, **config)
    filter_traces(run)
    normalize(run)
    return run


def stored(run: Run, table: str) -> pl.DataFrame:
    """All rows of a table's shards."""
    return read(run.shards(table), TABLES[table])


def contents(run: Run) -> dict[str, pl.DataFrame]:
    """All that a run holds, whatever the shards are called."""
    return {
        name: stored(run, name).sort(
            pl.all().exclude("scores", "detail", "reasons", "messages", "choices", "token_ids")
        )
        for name in ("problems", "traces", "verdicts", "records")
    }


def files(folder: Path) -> list[str]:
    """Every file below, hidden ones too."""
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def line(self) -> str:
        """The one line of a user's mistake."""
        assert self.code == 2, self
        assert self.out == "", self
        (line,) = self.err.splitlines()
        return line


Curate = Callable[..., Answer]
"""the command itself, as the fixture `curate` calls it"""
