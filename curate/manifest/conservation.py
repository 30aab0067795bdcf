"""No row is lost, doubled or invented: what each stage was given, against what came of it.

Both sides are counted on their own, each from its own shards: the traces from theirs, what a filter
says of them from the verdicts as everybody sees them, the records from theirs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from curate.manifest.ask import connect
from curate.manifest.index import sql_file
from curate.sources.problem_rows import has_its_id
from curate.store.inventory import DAMAGED
from curate.store.run_folder import Run
from curate.terminal.progress import say

if TYPE_CHECKING:
    from curate.manifest.fates import Verdicts

_OF_NO_TRACE = "of no trace"
_THERE = "(select distinct trace_id from traces_shards)"


def check_conservation(run: Run, known: Verdicts | None = None, records: bool = False) -> None:
    """Every trace has one fate and one verdict of each active filter, every problem that a trace
    answers is there, nothing is there twice or of nothing; with `records`, every kept trace has one
    record. Raises RuntimeError, naming each place and a row, where that is not so.

    Rows whose damaged traces `check --mend` took away wait until those are made again, which a
    later stage may do: that is only said."""
    wrong = wrong_counts(run, known, records)
    if (run.path / DAMAGED / "traces").is_dir():
        for fault in (one for one in wrong if one.fault == _OF_NO_TRACE):
            say(f"{fault}: run what made those traces again")
        wrong = [one for one in wrong if one.fault != _OF_NO_TRACE]
    if wrong:
        raise RuntimeError(f"rows of {run.path} do not add up: {'; '.join(map(str, wrong))}")


class Wrong(NamedTuple):
    """Rows that do not add up at a place: what is wrong, with how many, and one of them."""

    place: str
    fault: str
    rows: int
    example: str

    def __str__(self) -> str:
        return f"{self.place}: {self.rows:,} {self.fault}, such as {self.example}"


def wrong_counts(run: Run, known: Verdicts | None = None, records: bool = False) -> list[Wrong]:
    """All that `check_conservation` looks at."""
    with contextlib.closing(connect(run, known)) as con:
        queries = [sql_file("conservation.sql"), *_verdict_faults(con)]
        if records:
            queries.append(
                "select 'records', 'not there for a kept trace', trace_id "
                "from fates anti join records using (trace_id) where fate = 'kept'"
            )
        return [*_invented_problems(con), *(found for q in queries for found in _faults(con, q))]


def _invented_problems(con: duckdb.DuckDBPyConnection) -> Iterator[Wrong]:
    """A problem without traces is vouched for by its content alone."""
    asked = "(select problem_id from traces_shards)"
    rows = con.sql(f"select p.* from problems_shards p anti join {asked} using (problem_id)").pl()
    there = {row["problem_id"]: False for row in rows.iter_rows(named=True)}
    for row in rows.iter_rows(named=True):
        there[row["problem_id"]] |= has_its_id(row)
    if strangers := [name for name, known in there.items() if not known]:
        yield Wrong("problems", "under another's id", len(strangers), min(strangers))


def _faults(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[Wrong]:
    found = con.sql(
        "select place, fault, count(*), min(id) "
        f"from ({query}) as faults(place, fault, id) group by all order by all"
    )
    return map(Wrong._make, found.fetchall())


def _verdict_faults(con: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Queries for the faults of filters that have not just one verdict on just these traces, and of
    those who need not speak of all."""
    sums = "count(*), sum(hash(trace_id))"  # with all ids the same, these are
    traces = con.sql(f"select {sums} from {_THERE}").fetchall()[0]
    by_filter = con.sql(f"select filter, {sums} from verdicts group by filter").fetchall()
    said = {name: tuple(found) for name, *found in by_filter}
    for name, required in con.sql("select filter, required from active").fetchall():
        if said.get(name) == traces or (not required and name not in said):
            continue
        rows = f"(select trace_id from verdicts where filter = '{name}')"
        if required:
            lost = f"{_THERE} anti join {rows} using (trace_id)"
            yield f"select '{name}', 'not there for a trace', trace_id from {lost}"
        invented = f"{rows} anti join {_THERE} using (trace_id)"
        yield f"select '{name}', '{_OF_NO_TRACE}', trace_id from {invented}"
        doubled = f"{rows} group by trace_id having count(*) > 1"
        yield f"select '{name}', 'there twice', trace_id from {doubled}"
