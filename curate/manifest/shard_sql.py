"""SQL that reads the shards of a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from curate.store.run_folder import newer_version
from filters.errors import UserError

_TYPES = {
    "String": "VARCHAR",
    "Int32": "INTEGER",
    "Int64": "BIGINT",
    "Float64": "DOUBLE",
    "Boolean": "BOOLEAN",
}


def source(con: duckdb.DuckDBPyConnection, table: str, shards: Sequence[Path]) -> str:
    """SQL for all rows of a table's shards, columns that none of them has null, columns of other
    versions left out; with no shard yet, an empty table."""
    from filters import schema  # loads polars, which a fresh index does without

    columns = {name: _duckdb_type(dtype) for name, dtype in schema.TABLES[table].items()}
    columns |= {"filename": "VARCHAR", "file_row_number": "BIGINT"}
    nulls = ", ".join(f"null::{dtype} as {name}" for name, dtype in columns.items())
    empty = f"select {nulls} limit 0"
    if not shards:
        return empty
    files = "[" + ", ".join(quoted(path, pattern=True) for path in shards) + "]"
    _check_versions(con, files, schema.SCHEMA_VERSION)
    options = "union_by_name = true, filename = true, file_row_number = true"
    rows = f"select * from read_parquet({files}, {options}) union all by name ({empty})"
    return f"select {', '.join(columns)} from ({rows})"


def _check_versions(con: duckdb.DuckDBPyConnection, files: str, known: int) -> None:
    newer = con.execute(
        f"select file_name, decode(value) as version from parquet_kv_metadata({files}) "
        "where decode(key) = 'schema_version' and decode(value)::int > ?",
        [known],
    ).fetchone()
    if newer:
        raise UserError(newer_version(*newer))


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


def quoted(path: Path, pattern: bool = False) -> str:
    """The path in SQL; where SQL takes a pattern, one that matches this path alone."""
    text = str(path.resolve())
    return literal(re.sub(r"[\[*?]", r"[\g<0>]", text) if pattern else text)


def literal(text: str) -> str:
    """The text as SQL has it."""
    return "'" + text.replace("'", "''") + "'"


def explained(error: duckdb.Error) -> str:
    """DuckDB's message without the drawing of where in the query it was."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    hints = [line for line in lines[1:] if "andidate" in line or "Did you mean" in line]
    return "; ".join([lines[0], *hints])


def damaged(run: Path, error: duckdb.Error) -> duckdb.Error | UserError:
    """A shard that cannot be read is the user's to mend; any other failure is a bug."""
    if "arquet" not in str(error):
        return error
    return UserError(f"a shard of {run} is damaged: {explained(error)}")
