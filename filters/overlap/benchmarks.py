"""Benchmark sets: their questions and reference solutions, from files or by known names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from filters.errors import UserError, did_you_mean, first_line

KNOWN = {
    # name -> (data set on the Hub, configuration, split); loaded with the `hub` extra
    "aime2024": ("HuggingFaceH4/aime_2024", "default", "train"),
    "gsm8k": ("openai/gsm8k", "main", "test"),
    "humaneval": ("openai/openai_humaneval", "openai_humaneval", "test"),
    "math500": ("HuggingFaceH4/MATH-500", "default", "test"),
}
QUESTIONS = ("problem", "question", "prompt")
SOLUTIONS = ("solution", "canonical_solution", "answer")
IDS = ("problem_id", "id", "task_id", "unique_id")


@dataclass(frozen=True, slots=True)
class Item:
    benchmark: str
    item_id: str
    part: str
    """question or solution"""
    text: str


def load(benchmarks: Iterable[str]) -> list[Item]:
    """Every question and reference solution of the files or known names."""
    return [item for benchmark in benchmarks for item in _items(benchmark)]


def _items(benchmark: str) -> list[Item]:
    if not Path(benchmark).exists():
        frame, name = _from_hub(benchmark), benchmark
    else:
        frame, name = _read(Path(benchmark)), Path(benchmark).name.split(".")[0]
    question = next((c for c in QUESTIONS if c in frame.columns), None)
    if question is None:
        raise UserError(
            f"benchmark {benchmark} has no column {' or '.join(QUESTIONS)};"
            f" it has {', '.join(frame.columns)}"
        )
    key = next((c for c in IDS if c in frame.columns), None)
    ids = frame.get_column(key).cast(pl.String) if key else map(str, range(frame.height))
    parts = {question: "question"} | {c: "solution" for c in SOLUTIONS if c in frame.columns}
    items = [
        Item(name, item_id or "", part, text)
        for column, part in parts.items()
        for item_id, text in zip(ids, frame.get_column(column).cast(pl.String), strict=True)
        if text
    ]
    if not items:
        raise UserError(f"benchmark {benchmark} holds no questions")
    return items


def _read(path: Path) -> pl.DataFrame:
    try:
        if ".parquet" in path.suffixes:
            return pl.read_parquet(path)
        if ".csv" in path.suffixes:
            return pl.read_csv(path, infer_schema_length=None)
        return pl.read_ndjson(path, infer_schema_length=None)
    except (OSError, pl.exceptions.PolarsError) as error:
        told = first_line(error)
        raise UserError(f"benchmark file {path} cannot be read as {path.suffix}: {told}") from None


def _from_hub(name: str) -> pl.DataFrame:
    if name not in KNOWN:
        raise UserError(
            f"benchmark {name!r} is neither a file nor a known name{did_you_mean(name, KNOWN)}"
        )
    try:
        import datasets
    except ImportError:
        raise UserError(
            f"benchmark {name!r} comes from the Hub: pip install coldstart-curate[hub]"
        ) from None
    repo, configuration, split = KNOWN[name]
    try:
        rows = datasets.load_dataset(repo, configuration, split=split)
    except (OSError, ValueError) as error:  # no network, or the data set has moved
        raise UserError(
            f"benchmark {name!r} ({repo}) cannot be loaded: {first_line(error)}; give a file"
        ) from None
    return pl.DataFrame(rows.to_dict())
