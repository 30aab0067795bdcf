"""manifest.duckdb: an index over all shards of a run, to be asked in SQL.

Parquet is the truth. The index is derived, built beside the old one and renamed in, so it can be
thrown away at any time and no running stage ever holds it open. Text and token ids stay in the
shards; the views that show them read them from there. The SQL is in `tables.sql`, `verdicts.sql`
and `views.sql`; fates are worked out in `fates.py`.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from curate.store.disk import discard, hidden, writing
from curate.store.run_folder import RUN_FILE, Run, newer_version
from filters.errors import UserError

if TYPE_CHECKING:
    import polars as pl

    from curate.manifest.fates import Verdicts

INDEX_FILE = "manifest.duckdb"
_FORMAT = 5  # raise when tables or views change, so that older indexes are rebuilt
_SETTINGS: dict[str, Any] = {
    "memory_limit": "6GB",
    "temp_directory": tempfile.gettempdir(),
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
TABLES = ("problems", "traces", "verdicts", "records", "tokenized", "evals")
_TYPES = {
    "String": "VARCHAR",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "Float64": "DOUBLE",
    "Boolean": "BOOLEAN",
}


def connect(run: Run, known: Verdicts | None = None) -> duckdb.DuckDBPyConnection:
    """A read-only connection to a fresh index. Where another program holds the file, or the
    folder cannot be written to, the same tables and views in memory, straight from the shards.
    `known`: the verdicts, where some are read already."""
    path = run.path / INDEX_FILE
    try:
        if _built_from(path) != _State.of(run):
            index(run, known, anew=False)
        return duckdb.connect(str(path), read_only=True, config=_SETTINGS)
    except (duckdb.IOException, UserError):
        con = duckdb.connect(config=_SETTINGS)
        build(con, run, _State.of(run), known)
        return con


def index(run: Run, known: Verdicts | None = None, anew: bool = True) -> Path:
    """Build manifest.duckdb from the shards; if not anew, upon the one that is there, whose tables
    are taken over where their shards are as they were."""
    path = run.path / INDEX_FILE
    staged = hidden(run.path, INDEX_FILE)
    state = _State.of(run)  # first, so that what is committed meanwhile makes the index stale
    before = None if anew else _built_from(path)
    upon = before is not None and before.tables == state.tables
    try:
        with writing(path), contextlib.closing(duckdb.connect(config=_SETTINGS)) as con:
            if upon:
                shutil.copyfile(path, staged)
            # the DuckDB 1.5 command line shall open it too
            con.execute(f"attach {_quoted(staged)} as built (storage_version 'v1.5.0')")
            con.execute("use built")
            build(con, run, state, known, upon)
            con.execute("use memory")
            con.execute("detach built")
            os.replace(staged, path)
    finally:
        discard(staged)
        discard(staged.with_name(staged.name + ".wal"))
    return path


def build(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    state: _State,
    known: Verdicts | None = None,
    upon: bool = False,
) -> None:
    """All tables and views, in the connection's current database; upon an older index whose tables
    are still right, only what rests on verdicts and settings."""
    con.execute("set parquet_metadata_cache = true")  # every view opens all shards
    _tables(con, run, upon)
    _runs(con, run)
    _fates(con, run, known)
    if not upon:
        con.execute(_sql("views.sql"))
    con.execute(
        "create or replace table index_facts as select ? as format, ? as tables, ? as verdicts",
        dataclasses.astuple(state),
    )


def kept_records(run: Run) -> pl.DataFrame:
    """The records kept under the active settings, by record_id (columns of `RECORD`). Raises
    UserError where `normalize` has not followed a change of settings."""
    from filters.schema import RECORD, conform

    with contextlib.closing(connect(run)) as con:
        (stale,) = con.execute(
            "select count(*) from fates left join records using (trace_id) "
            "where fate = 'kept' and normalize_hash is distinct from ?",
            [run.config.normalize.settings_hash],
        ).fetchall()[0]
        if stale:
            raise UserError(
                f"{stale:,} kept traces of {run.path} have no record under the active settings: "
                f"run `curate normalize {run.path}` first"
            )
        found = con.sql("select * from records order by record_id").pl()
    return conform(found, RECORD)


def check_conservation(run: Run, known: Verdicts | None = None) -> None:
    """Every active filter has one verdict on every trace, and rows in = kept + dropped + failed +
    undecided at every stage. Raises RuntimeError, naming the stage, where a row is lost."""
    connect(run, known).close()
    unjudged = rows(
        run,
        "select filter, verdicts, (select count(*) from traces) as traces from active "
        "where required and verdicts <> traces",
    )
    for row in unjudged:
        raise RuntimeError(
            f"{row['filter']} has {row['verdicts']} verdicts on {row['traces']} traces"
        )
    funnel = rows(run, "select * from v_funnel")
    for row in funnel:
        if row["rows_in"] != row["kept"] + row["dropped"] + row["failed"] + row["undecided"]:
            raise RuntimeError(f"rows lost at {row['stage']}: {row}")
    if len(funnel) > 1 and funnel[-2]["kept"] != funnel[-1]["kept"]:
        raise RuntimeError(f"the stages keep {funnel[-2]['kept']}, the fates {funnel[-1]['kept']}")


@contextlib.contextmanager
def query(run: Run, sql: str) -> Iterator[duckdb.DuckDBPyRelation]:
    """The answer to a user's SQL; a mistake in it is one line."""
    with contextlib.closing(connect(run)) as con:
        try:
            answer = con.sql(sql)
        except duckdb.Error as error:
            raise UserError(_explained(error)) from None
        if answer is None:
            raise UserError("that SQL gives no rows; ask with select")
        yield answer


def fetched(answer: duckdb.DuckDBPyRelation) -> list[tuple[Any, ...]]:
    """All rows; a mistake that shows only while the query runs is one line too."""
    try:
        return answer.fetchall()
    except duckdb.Error as error:
        raise UserError(_explained(error)) from None


def rows(run: Run, sql: str) -> list[dict[str, Any]]:
    """The answer as a list of dicts."""
    with query(run, sql) as answer:
        names = answer.columns
        return [dict(zip(names, row, strict=True)) for row in fetched(answer)]


def _tables(con: duckdb.DuckDBPyConnection, run: Run, upon: bool) -> None:
    """The tables from shards, and a view over the shards of each but verdicts."""
    try:
        for table in (name for name in TABLES if name != "verdicts"):
            con.execute(f"create or replace view {table}_shards as {_source(con, run, table)}")
        if not upon:
            con.execute(_sql("tables.sql"))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise _damaged(run, error) from None


def _fates(con: duckdb.DuckDBPyConnection, run: Run, known: Verdicts | None) -> None:
    """Whose verdicts count, the verdicts and what they make of each trace."""
    from curate.manifest.aligned import Traces
    from curate.manifest.fates import READS, Verdicts, fates, judges

    if known is None or not known.of_all_traces():
        known = Verdicts(run, Traces(con.sql(f"select {', '.join(READS)} from traces").pl()))
    said = {judge: known.of(judge) for judge in judges(run)}
    con.execute(
        "create or replace table active (filter varchar, settings_hash varchar, required boolean, "
        "position integer, verdicts bigint, would_drop bigint)"
    )
    rows = [
        (*dataclasses.astuple(judge), position, by.count, by.columns["keep"].eq(False).sum())
        for position, (judge, by) in enumerate(said.items())
    ]
    con.executemany("insert into active values (?, ?, ?, ?, ?, ?)", rows)
    found = fates(known.traces.frame, said).collect()
    con.register("found", found)
    con.execute("create or replace table fates as select * from found")
    con.unregister("found")
    contested = [f"v.filter = '{judge.name}'" for judge, by in said.items() if by.contested]
    try:
        con.execute(f"create or replace view verdicts_shards as {_source(con, run, 'verdicts')}")
        con.execute(_sql("verdicts.sql").replace("{contested}", " or ".join(contested) or "false"))
    except (duckdb.InvalidInputException, duckdb.IOException) as error:
        raise _damaged(run, error) from None


def _damaged(run: Run, error: duckdb.Error) -> duckdb.Error | UserError:
    """A shard that cannot be read is the user's to mend; any other failure is a bug."""
    if "arquet" not in str(error):
        return error
    return UserError(f"a shard of {run.path} is damaged: {_explained(error)}")


def _source(con: duckdb.DuckDBPyConnection, run: Run, table: str) -> str:
    """SQL for all rows of a table's shards; with no shard yet, an empty table of its columns."""
    from filters import schema  # loads polars, which a fresh index does without

    shards = run.shards(table)
    if shards:
        files = "[" + ", ".join(_quoted(path, pattern=True) for path in shards) + "]"
        _check_versions(con, files, schema.SCHEMA_VERSION)
        options = "union_by_name = true, filename = true, file_row_number = true"
        return f"select * from read_parquet({files}, {options})"
    columns = schema.TABLES[table]
    empty = ", ".join(f"null::{_duckdb_type(t)} as {name}" for name, t in columns.items())
    return f"select {empty}, null::varchar as filename, 0 as file_row_number limit 0"


def _check_versions(con: duckdb.DuckDBPyConnection, files: str, known: int) -> None:
    newer = con.execute(
        f"select file_name, decode(value) as version from parquet_kv_metadata({files}) "
        "where decode(key) = 'schema_version' and decode(value)::int > ?",
        [known],
    ).fetchone()
    if newer:
        raise UserError(newer_version(*newer))


def _runs(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    import json

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


def _duckdb_type(dtype: Any) -> str:
    """The DuckDB name of a polars type, nested ones included."""
    name = type(dtype).__name__
    if name == "List":
        return f"{_duckdb_type(_instance(dtype.inner))}[]"
    if name == "Struct":
        inside = ", ".join(f'"{f.name}" {_duckdb_type(_instance(f.dtype))}' for f in dtype.fields)
        return f"struct({inside})"
    return "TIMESTAMP" if name == "Datetime" else _TYPES[name]


def _instance(dtype: Any) -> Any:
    return dtype() if isinstance(dtype, type) else dtype


@dataclasses.dataclass(frozen=True)
class _State:
    """What an index is built from: its format, and fingerprints of the run's place and shards."""

    format: int
    tables: str
    verdicts: str  # and settings

    @classmethod
    def of(cls, run: Run) -> _State:
        place = str(run.path.resolve())
        tables = [path for table in TABLES if table != "verdicts" for path in run.shards(table)]
        verdicts = [run.path / RUN_FILE, *run.shards("verdicts")]
        return cls(_FORMAT, _fingerprint(place, tables), _fingerprint(place, verdicts))


def _fingerprint(place: str, files: Iterable[Path]) -> str:
    digest = hashlib.blake2b(place.encode(), digest_size=16)
    for path in files:
        facts = path.stat()
        digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def _built_from(path: Path) -> _State | None:
    """Null where there is no index of this format."""
    if not path.exists():
        return None
    try:
        con = duckdb.connect(str(path), read_only=True, config=_SETTINGS)
        with contextlib.closing(con):
            found = con.execute("select format, tables, verdicts from index_facts").fetchone()
    except duckdb.Error as error:
        if "lock" in str(error):  # another program writes to it
            raise
        return None  # damaged, or none of ours
    return _State(*found) if found and found[0] == _FORMAT else None


def _sql(name: str) -> str:
    return resources.files("curate.manifest").joinpath(name).read_text(encoding="utf-8")


def _quoted(path: Path, pattern: bool = False) -> str:
    """The path in SQL; where SQL takes a pattern, one that matches this path alone."""
    text = str(path.resolve())
    text = re.sub(r"[\[*?]", r"[\g<0>]", text) if pattern else text
    return "'" + text.replace("'", "''") + "'"


def _explained(error: duckdb.Error) -> str:
    """DuckDB's message without the drawing of where in the query it was."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    hints = [line for line in lines[1:] if "andidate" in line or "Did you mean" in line]
    return "; ".join([lines[0], *hints])
