"""Problems: from a user's file to rows whose id is what the model is shown.

A gold answer is checked against itself as it is loaded. What fails (no gold, a gold that does not
parse, two golds for one text) is counted and stays a row: its traces will be undecided, not wrong.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import polars as pl

from curate.config import Source
from curate.sources.columns import Columns
from curate.sources.doubts import Doubts
from curate.sources.layouts import layout_of
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of
from curate.sources.problem_rows import PROBLEM_COLUMNS, problem_row
from curate.sources.problem_store import ProblemStore
from curate.sources.readers import converted, further_heads, peeked, row_count, rows
from curate.store import latest
from curate.store.run_folder import Run, writes
from curate.store.shards import Staging, read
from curate.terminal.progress import Progress, say
from filters.schema import PROBLEM

_BATCH = 5000


@writes("import")
def load_problems(run: Run, source: Source, again: bool = False) -> Counter[str]:
    """Add a file's problems to the run; how many got which gold check, how many are `new` and how
    many `corrected`, plus `known` and `repeated` for rows that added nothing."""
    return _loaded(run, ProblemStore(run, source, again))


@writes("import")
def problems_of(run: Run, source: Source) -> pl.DataFrame:
    """The problems of a file as it is now, added to the run or corrected there where need be: to
    evaluate on, so they may be those of `trick`."""
    store = ProblemStore(run, source, again=True, trainable=False)
    _loaded(run, store)
    return latest_problems(run).filter(pl.col("problem_id").is_in(list(store.said)))


def _loaded(run: Run, store: ProblemStore) -> Counter[str]:
    source = store.source
    source, columns, first, numbered = opened(source, PROBLEM_COLUMNS)
    check_columns(source, columns, first, (("problem", "messages"),))
    counts: Counter[str] = Counter()
    doubts = Doubts(source, columns, first)

    def read_row(number: int, row: Row) -> Row:
        rest = columns.rest(row)
        return problem_row(columns, row, source) | {"meta": json_of(rest) if rest else None}

    def read_batches() -> Iterator[list[Row]]:
        batch: list[Row] = []
        for row in converted(bar.over(numbered), read_row, source.where, counts):
            doubts.look(row)
            batch += store.asking(row)
            if len(batch) >= _BATCH:
                yield batch
                batch = []
        yield batch

    with Staging() as staging, Progress("problems", row_count(source), "rows") as bar:
        for batch in read_batches():
            doubts.check()
            store.add(staging, batch, counts)
    return counts


def opened(
    source: Source, known: dict[str, tuple[str, ...]]
) -> tuple[Source, Columns, list[Row], Iterator[tuple[int, Row]]]:
    """The file, read in its layout, which is said: the source with that layout's kind, the columns,
    the first rows, and all rows."""
    first, numbered = peeked(rows(source))
    layout = layout_of(source.layout, first)
    if layout.known_by and source.layout is None:
        marks = ", ".join(layout.known_by)
        say(f"{source.where}: read as {layout.name} (it has {marks}); --layout plain does not")
    if layout.note:
        say(f"{source.where}: {layout.note}")
    source = source.model_copy(update={"kind": source.kind or layout.kind})
    return source, Columns(source, known, layout), first, numbered


def check_columns(
    source: Source,
    columns: Columns,
    first: list[Row],
    required: tuple[tuple[str, ...], ...],
    **how: str,
) -> None:
    """Whether they are there, in each of several files: one of another shape would come in without
    its texts."""
    columns.check(first, required, **how)
    for path, rows_of_it in further_heads(source):
        columns.check(rows_of_it, required, **how, where=path)


def latest_problems(run: Run) -> pl.DataFrame:
    """One row per problem_id, in first-seen order; where a problem was loaded again with another
    gold the last one counts."""
    return latest.latest_problems(read(run.shards("problems"), PROBLEM))
