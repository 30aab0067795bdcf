"""manifest.duckdb: an index over all shards of a run, to be asked in SQL (`ask.py`).

Parquet is the truth. The index is derived, built beside the old one and renamed in, so it can be
thrown away at any time, no running stage ever holds it open, and of two that are built at once the
later stays, with the label of what it was built from. Text and token ids stay in the shards; the
views that show them read them from there. The SQL is in `tables.sql` and `views.sql`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from curate.manifest.shard_sql import damaged, quoted, source
from curate.manifest.snapshot import FORMAT, Label, Snapshot
from curate.store.disk import discard, hidden, writing
from curate.store.run_folder import Run

if TYPE_CHECKING:
    from curate.manifest.fates import Verdicts

INDEX_FILE = "manifest.duckdb"
SETTINGS: dict[str, Any] = {
    "memory_limit": "6GB",
    "temp_directory": tempfile.gettempdir(),
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # duckdb 2.0.1 with it drops the limit of a query where it leaves a left join out
    "disabled_optimizers": "statistics_propagation",
}


def index(run: Run) -> Path:
    """Build manifest.duckdb anew from the shards."""
    return refresh(Snapshot.of(run), None, anew=True)


def refresh(now: Snapshot, known: Verdicts | None, anew: bool = False) -> Path:
    """Bring manifest.duckdb up to date; unless anew, tables whose shards are as they were are taken
    over. `known`: the verdicts, where some are read already."""
    path = now.run.path / INDEX_FILE
    staged = hidden(now.run.path, INDEX_FILE)
    try:
        with writing(path):
            upon = not anew and _taken_over(path, staged, now)
            with contextlib.closing(duckdb.connect(config=SETTINGS)) as con:
                # the DuckDB 1.5 command line shall open it too
                con.execute(f"attach {quoted(staged)} as built (storage_version 'v1.5.0')")
                con.execute("use built")
                build(con, now, known, upon)
                con.execute("use memory")
                con.execute("detach built")
            os.replace(staged, path)
    finally:
        discard(staged)
        discard(staged.with_name(staged.name + ".wal"))
    return path


def _taken_over(path: Path, staged: Path, now: Snapshot) -> bool:
    """Whether the old index is copied to be built upon: its tables are right still. Copied before
    it is looked at, as it may be another one the next moment."""
    if not path.exists():
        return False
    shutil.copyfile(path, staged)
    if con := opened(staged):
        with contextlib.closing(con):
            before = label(con)
        if before and before.tables == now.label.tables:
            return True
    discard(staged)
    return False


def build(
    con: duckdb.DuckDBPyConnection, now: Snapshot, known: Verdicts | None, upon: bool = False
) -> None:
    """All tables and views, in the connection's current database; upon an older index whose tables
    are still right, only what rests on verdicts and settings."""
    con.execute("set parquet_metadata_cache = true")  # every view opens all shards
    try:
        for table, shards in now.shards.items():
            con.execute(f"create or replace view {table}_shards as {source(con, table, shards)}")
        if not upon:
            con.execute(sql_file("tables.sql"))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise damaged(now.run.path, error) from None
    _runs(con, now.run)
    _fates(con, now.run, known)
    if not upon:
        con.execute(sql_file("views.sql"))
    marks = ", ".join(f"? as {name}" for name in Label._fields)
    con.execute(f"create or replace table index_facts as select {marks}", now.label)


def opened(path: Path) -> duckdb.DuckDBPyConnection | None:
    """The index at this place, to be read; null where there is none, or nothing of ours."""
    if not path.exists():
        return None
    try:
        return duckdb.connect(str(path), read_only=True, config=SETTINGS)
    except duckdb.Error as error:
        if "lock" in str(error):  # another program writes to it
            raise
        return None


def label(con: duckdb.DuckDBPyConnection) -> Label | None:
    """Of what the index was built; null where it is none of this format."""
    try:
        found = con.execute(f"select {', '.join(Label._fields)} from index_facts").fetchall()
    except duckdb.Error:
        return None
    return Label(*found[0]) if found and found[0][0] == FORMAT else None


def _runs(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    con.execute(
        "create or replace table runs (version integer, created_at timestamp, python varchar, "
        "packages json, config json)"
    )
    for number, version in enumerate(run.versions):
        facts = (json.dumps(version[key]) for key in ("packages", "config"))
        con.execute(
            "insert into runs values (?, ?, ?, ?, ?)",
            [number, version["created_at"], version["python"], *facts],
        )


def _fates(con: duckdb.DuckDBPyConnection, run: Run, known: Verdicts | None) -> None:
    """Whose verdicts count, which of theirs do not, and what they make of each trace."""
    from curate.manifest.by_trace import Traces
    from curate.manifest.fates import READS, Verdicts, counted, fates, judges, outdone, samples

    if known is None or not known.of_all_traces():
        known = Verdicts(run, Traces(con.sql(f"select {', '.join(READS)} from traces").pl()))
    said = {judge: known.of(judge) for judge in judges(run)}
    traces = known.traces.frame
    found = fates(traces, said).collect()
    for table, frame in (
        ("active", counted(said, found)),
        ("fates", found.hstack(samples(traces, said))),
        ("outdone", outdone(said)),
    ):
        con.register("found", frame)
        con.execute(f"create or replace table {table} as select * from found")
        con.unregister("found")


def sql_file(name: str) -> str:
    return resources.files("curate.manifest").joinpath(name).read_text(encoding="utf-8")
