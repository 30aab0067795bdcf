"""Every table and view of the file gives what was asked for: as many rows, in this order, from
there on. Whatever is in the catalog is asked, by a client with settings of its own."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import polars as pl
import pytest
from small_runs import finished, trace, write

from curate.config import Source
from curate.judging.filter_stage import filter_traces
from curate.judging.review import review
from curate.manifest import ask as manifest
from curate.manifest.index import SETTINGS, index
from curate.records.normalize import normalize
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.schema import EVAL

Con = duckdb.DuckDBPyConnection
TRAINED = (*("tokenized", "metrics", "checkpoints", "checkpoint_records", "rollouts", "pushes"),)
ON_THEM = ("push_records", "v_rollout", "v_rollout_steps")
UNWRITTEN = {*TRAINED, *(f"{table}_shards" for table in TRAINED), *ON_THEM}


def first_run(folder: Path) -> Run:
    """Traces kept, dropped, undecided and failed, judged once."""
    rows = [trace(n, source_id=str(n), correct=True) for n in range(6)]
    rows += [trace(n, 0, correct=n == 0) for n in range(6)]
    rows += [trace(7, gold=None), trace(8, response=None), trace(9, response="cut <think> off")]
    run = finished(folder / "run", rows, filters={"difficulty": False})
    evals = pl.DataFrame({"eval_id": ["a", "b", "c"], "step": [1, 2, 2], "problem_set": "aime"})
    commit(run.folder("evals"), evals, EVAL)
    return run


def judged_again(folder: Path) -> Run:
    """The same with verdicts that outdo earlier ones, a person's word and an unanswered problem."""
    run = first_run(folder)
    corrected = [{"problem": f"What is {n} + 1?", "gold": "0"} for n in (2, 3)]
    more = write(folder / "more.jsonl", [*corrected, {"problem": "Why?", "gold": "so"}])
    load_problems(run, Source(path=str(more)))
    filter_traces(run)
    (row,) = manifest.rows(run, "select trace_id, false as keep from traces where source_id = '1'")
    review(run, str(write(folder / "words.jsonl", [row])))
    normalize(run)
    return run


@pytest.fixture(scope="module", params=[first_run, judged_again])
def con(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Con]:
    """A plain client. Where nothing is outdone duckdb knows that a join with it can be left out."""
    run = request.param(tmp_path_factory.mktemp("views"))
    with duckdb.connect(str(index(run)), read_only=True) as con:
        expected = {"outdone"} if request.param is first_run else set()
        assert {name for name in relations(con) if not rows(con, "*", name)} == UNWRITTEN | expected
        yield con


def relations(con: Con) -> list[str]:
    found = con.sql("select table_name from information_schema.tables where table_schema = 'main'")
    return sorted(name for (name,) in found.fetchall())


def rows(con: Con, select: str, relation: str, rest: str = "") -> list[tuple[object, ...]]:
    return con.execute(f"select {select} from {relation} {rest}").fetchall()


def faults(con: Con, name: str) -> Iterator[str]:
    """Queries that the relation answers otherwise than a table of its rows does."""
    con.execute(f"create or replace temp table copied as select * from {name}")
    for rest in ("order by all", "order by all limit 2", "order by all limit 3 offset 1"):
        if rows(con, "*", name, rest) != rows(con, "*", "temp.copied", rest):
            yield f"{name} {rest}"
    first, *_ = columns = [f'"{column}"' for column, *_ in con.sql("describe copied").fetchall()]
    for column in columns:
        questions = [(column, "limit 2")]
        for (value,) in rows(con, column, "temp.copied", f"where {column} is not null limit 1"):
            if isinstance(value, str) and "'" not in value:
                questions.append((first, f"where {column} = '{value}' limit 2"))
        for some, rest in questions:
            if len(rows(con, some, name, rest)) != len(rows(con, some, "temp.copied", rest)):
                yield f"select {some} from {name} {rest}"


def test_limit_order_and_offset_hold_for_every_table_and_view(con: Con) -> None:
    names = relations(con)
    assert {"verdicts", "records", "v_trace", "v_funnel", "v_problem_pass_rate"} <= {*names}
    assert [fault for name in names for fault in faults(con, name)] == []


def test_none_has_a_left_join(con: Con) -> None:
    views = con.sql("select sql from duckdb_views() where not internal").fetchall()
    assert views
    assert not any("left join" in sql.lower() for (sql,) in views)


SHAPE = """select v.trace_id, v.filter from verdicts_shards v
left join outdone o on o.trace_id = v.trace_id and o.filter = v.filter
where o.trace_id is null or o.shard = v.filename"""


def test_shape_that_loses_a_limit_is_told_by_these_questions(tmp_path: Path) -> None:
    """Should this fail, duckdb is mended."""
    place = str(index(first_run(tmp_path)))
    with duckdb.connect(place, read_only=True) as con:
        con.execute(f"create temp view shape as {SHAPE}")
        assert 'from shape where "filter" = ' in "; ".join(faults(con, "shape"))
    with duckdb.connect(place, read_only=True, config=SETTINGS) as con:
        con.execute(f"create temp view shape as {SHAPE}")
        assert list(faults(con, "shape")) == []


def test_what_a_file_says_of_its_answers_stands_beside_our_verdict(con: Con) -> None:
    said = con.sql("select said, correct, count(*) from v_said_correct group by all order by all")
    found = said.fetchall()
    assert sum(n for _, _, n in found) == 12
    assert (True, False, 1) in found or (True, False, 3) in found
