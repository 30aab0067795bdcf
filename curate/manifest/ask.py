"""Questions to the manifest: a fresh index, asked in SQL."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from curate.manifest.index import INDEX_FILE, SETTINGS, build, label, opened, refresh
from curate.manifest.shard_sql import explained, literal, quoted
from curate.manifest.snapshot import Snapshot
from curate.store.run_folder import Run
from filters.errors import UserError

if TYPE_CHECKING:
    import polars as pl

    from curate.manifest.fates import Verdicts

Asked = Run | Mapping[str, Run]
"""a run, or several with the names by which a query knows them"""


def connect(run: Run, known: Verdicts | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a fresh index. Where another program holds the file, or the
    folder cannot be written to, the same tables and views in memory, straight from the shards.
    `known`: the verdicts, where some are read already."""
    now = Snapshot.of(run)
    path = run.path / INDEX_FILE
    try:
        fresh = _opened(path, now) or _opened(refresh(now, known), now)
        if fresh:
            return fresh
    except (duckdb.IOException, UserError):
        pass
    con = duckdb.connect(config=SETTINGS)
    build(con, now, known)
    return con


def _opened(path: Path, now: Snapshot) -> duckdb.DuckDBPyConnection | None:
    """The index, if it was built from the run as it is now."""
    con = opened(path)
    if con and label(con) != now.label:
        con.close()
        return None
    return con


def by_name(runs: Sequence[Run]) -> dict[str, Run]:
    """Raises UserError where two folders have one name."""
    named: dict[str, Run] = {}
    for run in runs:
        name = run.path.resolve().name
        if name in named:
            raise UserError(f"two runs are called {name!r}: rename a folder to ask both at once")
        named[name] = run
    return named


def connect_all(runs: Mapping[str, Run]) -> duckdb.DuckDBPyConnection:
    """Several runs asked at once: `verdicts` holds those of all, with the run's name in a first
    column `run`; `zero.verdicts` those of one."""
    con = duckdb.connect(config=SETTINGS)
    for name, run in runs.items():
        connect(run).close()  # brings the index up to date
        con.execute(f"attach {quoted(run.path / INDEX_FILE)} as {_named(name)} (read_only)")
    for table, columns in _tables(con, next(iter(runs))).items():
        if "run" not in columns:
            rows = (f"select {literal(n)} as run, * from {_named(n)}.{table}" for n in runs)
            con.execute(f"create view {table} as {' union all by name '.join(rows)}")
    return con


def _tables(con: duckdb.DuckDBPyConnection, run: str) -> dict[str, list[str]]:
    """Of one attached run what people ask, with its columns; not the shards it is made of."""
    return dict(
        con.execute(
            "select table_name, list(column_name) from information_schema.columns "
            "where table_catalog = ? and not ends_with(table_name, '_shards') group by table_name",
            [run],
        ).fetchall()
    )


def _named(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


@contextlib.contextmanager
def query(runs: Asked, sql: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """The answer to a user's SQL; a mistake in it is one line."""
    con = connect(runs) if isinstance(runs, Run) else connect_all(runs)
    with contextlib.closing(con):
        try:
            answer = con.sql(sql)
        except duckdb.Error as error:
            raise UserError(explained(error)) from None
        if answer is None:
            raise UserError("that SQL gives no rows; ask with select")
        yield answer


def fetched(answer: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
    """All rows; a mistake that shows only while the query runs is one line too."""
    try:
        return answer.fetchall()
    except duckdb.Error as error:
        raise UserError(explained(error)) from None


def write_parquet(answer: duckdb.DuckDBPyRelation, file: Path) -> None:
    """The answer as a file; raises UserError where it cannot be written or asked."""
    try:
        answer.write_parquet(str(file))
    except duckdb.Error as error:
        raise UserError(explained(error)) from None


def rows(runs: Asked, sql: str) -> list[dict[str, Any]]:
    """The answer as a list of dicts."""
    with query(runs, sql) as answer:
        return as_dicts(answer)


def as_dicts(answer: duckdb.DuckDBPyRelation) -> list[dict[str, Any]]:
    names = answer.columns
    return [dict(zip(names, row, strict=True)) for row in fetched(answer)]


def kept_records(run: Run, want: str | None = None, setting: str = "want") -> pl.DataFrame:
    """The records kept under the active settings, by record_id (columns of `RECORD`); those that
    meet `want`, an SQL condition that the user gave as `setting`. Raises UserError where
    `normalize` has not followed a change of settings."""
    from filters.schema import RECORD, conform

    with contextlib.closing(connect(run)) as con:
        check_records(run, con)
        try:
            found = con.sql(f"select * from records where ({want or True}) order by record_id").pl()
        except duckdb.Error as error:
            raise UserError(f"{setting}: {explained(error)}") from None
    return conform(found, RECORD)


def check_records(run: Run, con: duckdb.DuckDBPyConnection) -> None:
    """Raises UserError where `normalize` has not followed a change of settings."""
    (stale,) = con.execute(
        "select count(*) from fates anti join ("
        "select trace_id from record_keys where normalize_hash = ?) as made using (trace_id) "
        "where fate = 'kept'",
        [run.config.normalize.settings_hash],
    ).fetchall()[0]
    if stale:
        raise UserError(
            f"{stale:,} kept traces of {run.path} have no record under the active settings: "
            f"run `curate normalize {run.path}` first"
        )
