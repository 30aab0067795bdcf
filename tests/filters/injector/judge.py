"""The filters that a defect is planted for, as `recall_table` asks for them."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

from filters.base import GROUP_FRAME, Filter
from filters.finish.finish import Finish
from filters.format.format import Format
from filters.language.language import Language
from filters.length import Length
from filters.overlap.decontamination import Decontamination
from filters.overlap.duplicate import Duplicate
from filters.readability.readability import Readability
from filters.repetition.repetition import Repetition
from filters.trace_format import parse_columns

from .benchmark import benchmark_questions
from .recall import Judge, Verdict
from .rows import Row


def all_filters(folder: Path) -> Judge:
    """Judges by all of them; the benchmark's questions are written into `folder`."""
    path = folder / "planted.jsonl"
    path.write_text("\n".join(map(json.dumps, benchmark_questions())), encoding="utf-8")
    of_text = (Finish(), Format(), Length(), Language(), Repetition(), Readability())
    filters = (*of_text, Decontamination(benchmarks=(str(path),)))
    return lambda rows: _verdicts(rows, filters) if rows else []


def _verdicts(rows: list[Row], filters: tuple[Filter, ...]) -> list[dict[str, Verdict]]:
    frame = parse_columns(pl.DataFrame(rows, infer_schema_length=None)).with_columns(
        attempt=pl.lit(0), response_hash=pl.col("trace_id"), error=pl.lit(None, pl.String)
    )
    said = {each.name: each.judge(frame) for each in filters}
    said["duplicate"] = _twins(frame)
    found = {name: verdicts.select("keep", "reasons").rows() for name, verdicts in said.items()}
    return [{name: of[i] for name, of in found.items()} for i in range(frame.height)]


def _twins(frame: pl.DataFrame) -> pl.DataFrame:
    duplicate = Duplicate()
    known = frame.with_columns(fate=pl.lit("kept"))
    absent = [pl.lit(None).alias(c) for c in GROUP_FRAME if c not in known.columns]
    signed = pl.concat([known.with_columns(absent), duplicate.sign(known)], how="horizontal")
    read = lambda ids: iter([frame.filter(pl.col("trace_id").is_in(list(ids)))])
    return duplicate.judge(duplicate.confirm(signed, read, pl.DataFrame(schema=duplicate.facts))[0])
