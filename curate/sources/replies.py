"""Problems and replies of a file or dataset as they are, for a trainer to mix in: general data is
not sampled, judged or kept by us."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from curate.config import Source
from curate.evaluation.trick import refuse_trick
from curate.sources.imported_traces import REQUIRED, TRACE_COLUMNS
from curate.sources.layouts.layout import Row
from curate.sources.problem_rows import problem_row
from curate.sources.problems import opened
from curate.sources.readers import converted
from curate.sources.samples import samples_of
from filters.schema import PROBLEM

SHOWN = ("problem_id", "problem", "messages", "choices", "tests")
_HOW = "say which it is with map: {{{}: {}}}"


def replies(path: str, columns_map: dict[str, str], split: str) -> pl.DataFrame:
    """A row per reply: what a problem shows, and `response`, null where the row has none. Columns
    as for `curate import`."""
    source = Source(path=path, map=columns_map, split=split)
    source, columns, first, numbered = opened(source, TRACE_COLUMNS)
    columns.check(first, REQUIRED, _HOW)

    def read_row(number: int, row: Row) -> list[Row]:
        asked = problem_row(columns, row, source)
        shown = {name: asked[name] for name in SHOWN}
        return [{**shown, "response": sample.text} for sample in samples_of(columns, row)]

    def found() -> Iterator[Row]:
        for rows in converted(numbered, read_row, source.where, Counter()):
            yield from rows

    schema = {name: PROBLEM[name] for name in SHOWN} | {"response": pl.String()}
    frame = pl.DataFrame(found(), schema=schema)
    refuse_trick(frame.get_column("problem_id"), Path(path).name)
    return frame
