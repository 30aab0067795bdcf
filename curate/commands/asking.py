"""Questions to the manifest of one run or several: in SQL, or about what two runs or a filter's two
sides have apart."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from curate.commands.options import AsJson, RunFolder, answer, open_run
from curate.store.urls import folder_of, with_urls
from filters.errors import UserError

if TYPE_CHECKING:
    import duckdb

    from curate.manifest.ask import Asked

ON_A_TERMINAL = 100
"""rows shown to a person who names no --limit: more scroll away unread"""


def sql(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN... [QUERY]",
            help='A run folder, or several, and e.g. "select * from v_funnel".',
        ),
    ],
    json: AsJson = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV on stdout.")] = False,
    parquet: Annotated[
        Path | None, typer.Option(help="Write the answer to this Parquet file.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=0, help="Rows of a table; 0: all. On a terminal 100 without it."),
    ] = None,
) -> None:
    """Ask the manifest of a run, or of several, in SQL.

    Tables: problems, traces, verdicts, records, …; views begin with v_. Of several runs, each row
    says of which `run` it is. Without QUERY a shell opens, or the queries on stdin are run."""
    from curate.manifest import ask as manifest
    from curate.terminal.sql_shell import shell

    folders, query = _parted(runs)
    runs_there = [open_run(folder_of(folder)) for folder in folders]
    opened = manifest.by_name(runs_there) if len(runs_there) > 1 else runs_there[0]
    if sum((json, csv, parquet is not None)) > 1:
        raise UserError("one of --json, --csv and --parquet at a time")

    def ask(query: str) -> None:
        with manifest.query(opened, query) as answer:
            if parquet is not None:
                manifest.write_parquet(answer, parquet)
            else:
                _print(answer, json, csv, limit)

    if query is not None:
        ask(query)
    elif parquet is not None:
        raise UserError("--parquet wants a query")
    else:
        shell(ask, _columns(opened))


def _parted(given: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """Run folders, and the query, which comes last and is no single word."""
    *before, last = given
    is_run = len(last.split()) == 1 or (last and Path(last).is_dir())
    return (before, last) if before and not is_run else (given, None)


def _columns(runs: Asked) -> dict[str, list[str]]:
    from curate.manifest import ask as manifest

    with manifest.query(
        runs,
        "select table_name, list(column_name order by column_index) from duckdb_columns() "
        "where not internal and not ends_with(table_name, '_shards') group by table_name",
    ) as answer:
        return dict(manifest.fetched(answer))


def _print(answer: duckdb.DuckDBPyRelation, json: bool, csv: bool, limit: int | None) -> None:
    from curate.manifest import ask as manifest
    from curate.terminal.progress import say
    from curate.terminal.tables import distinct, show, write_csv, write_json

    names = distinct(answer.columns)
    if limit is None and sys.stdout.isatty() and not (json or csv):
        limit = ON_A_TERMINAL
    rows = manifest.fetched(answer.limit(limit + 1) if limit else answer)
    more = limit and len(rows) > limit
    rows = rows[:limit] if limit else rows
    if json:
        write_json([dict(zip(names, row, strict=True)) for row in rows])
    elif csv:
        write_csv(names, rows)
    else:
        show(names, rows)
    if more:
        say(f"the first {limit:,} rows; --limit 0 shows all")


def worst(
    run: RunFolder,
    filter: Annotated[str, typer.Argument(metavar="FILTER", help="Its name, e.g. repetition.")],
    each: Annotated[int, typer.Option(min=1, help="Traces of each group.")] = 3,
    json: AsJson = False,
) -> None:
    """What a filter dropped as worst, just dropped and just kept."""
    from curate.looking.worst import worst as found
    from curate.terminal.marked import show_in_context

    answer(found(open_run(run), filter, each), json, show_in_context)


def diff(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="A run folder.", parser=folder_of)],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="Another.", parser=folder_of)],
    json: AsJson = False,
) -> None:
    """Two runs: settings, funnel, what only one keeps."""
    from curate.manifest.diff import diff as difference
    from curate.terminal.changes import show_diff

    differences = difference(open_run(run_a), open_run(run_b))
    if not json:
        print(with_urls(f"{run_a} → {run_b}"))
    answer(differences, json, show_diff)
