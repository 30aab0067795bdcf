"""The index: derived, refreshed when stale, and no obstacle when it cannot be used."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl
import pytest
from small_runs import CHEAP, finished, imported, only, trace, write

from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.manifest.index import INDEX_FILE, index
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.errors import UserError
from filters.schema import EVAL

HOLD = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); input()"


def count(run: Run, table: str = "traces") -> int:
    return int(manifest.rows(run, f"select count(*) as n from {table}")[0]["n"])


def view_names(run: Run) -> list[str]:
    found = manifest.rows(
        run,
        "select table_name as name from information_schema.tables where table_schema = 'main'",
    )
    return [row["name"] for row in found]


def test_every_table_and_view_answers_on_an_empty_run(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config())
    names = view_names(run)
    assert {
        "problems",
        "traces",
        "traces_all",
        "verdicts",
        "records",
        "tokenized",
        "metrics",
        "evals",
        "pushes",
        "runs",
    } <= set(names)
    assert {
        "v_funnel",
        "v_drop_reasons",
        "v_reasons",
        "v_undecided_reasons",
        "v_problem_pass_rate",
        "v_trace",
        "v_sft",
        "v_grpo",
    } <= set(names)
    counts = {name: count(run, name) for name in names if name.startswith("v_")}
    assert {name: rows for name, rows in counts.items() if rows} == {"v_funnel": 2, "v_stages": 1}


@pytest.mark.parametrize("fresh", [True, False])
def test_every_view_answers_on_a_fresh_and_a_finished_run(
    fresh: bool, done: Run, tmp_path: Path
) -> None:
    run = imported(tmp_path / "fresh", [trace(1)]) if fresh else done
    for name in view_names(run):
        manifest.rows(run, f"select * from {name}")
    assert count(run, "v_trace_text") == (1 if fresh else 6)


def test_no_text_and_no_token_ids_in_the_index(done: Run) -> None:
    (row,) = manifest.rows(done, "select * from traces limit 1")
    assert not {"response", "token_ids"} & set(row)
    (text,) = manifest.rows(done, "select response from v_trace_text where source_id = 't1'")
    assert "I have 1 apples" in text["response"]


def test_fates_and_funnel_of_the_finished_run(done: Run) -> None:
    funnel = {row.pop("stage"): row for row in manifest.rows(done, "select * from v_funnel")}
    assert funnel["total"] == {
        "rows_in": 6,
        "kept": 3,
        "not_checked": 0,
        "dropped": 1,
        "failed": 1,
        "undecided": 1,
        "would_drop": 1,
    }
    assert funnel["traces"]["failed"] == 1
    assert (funnel["correctness"]["dropped"], funnel["correctness"]["undecided"]) == (1, 1)
    reasons = manifest.rows(done, "select * from v_drop_reasons where filter = 'correctness'")
    assert reasons == [{"filter": "correctness", "reason": "incorrect", "traces": 1, "decided": 1}]
    (doubt,) = manifest.rows(done, "select * from v_undecided_reasons")
    assert doubt == {"filter": "correctness", "reason": "no_gold", "traces": 1, "decided": 1}


def test_what_lacked_its_means_is_not_checked_and_never_kept(tmp_path: Path) -> None:
    rows = [trace(n) for n in range(4)] + [trace(5, 0)]
    run = finished(tmp_path / "run", rows, filters=only("correctness", decontamination=True))
    columns = "stage, rows_in, kept, not_checked, dropped"
    assert [tuple(r.values()) for r in manifest.rows(run, f"select {columns} from v_funnel")] == [
        ("traces", 5, 5, 0, 0),
        ("decontamination", 5, 0, 5, 0),
        ("correctness", 5, 4, 0, 1),
        ("total", 5, 4, 0, 1),
    ]


def test_worst_are_ranked_by_an_amount_and_never_by_a_code(tmp_path: Path) -> None:
    thought = "I count on from " + ", then from ".join(map(str, range(10, 90))) + "."
    texts = [thought, thought, thought.replace("17,", "71,"), thought.replace("7,", "8,")]
    texts = [f"<think>\n{text}\n</think>\n\nSo it is \\boxed{{2}}." for text in texts]
    rows = [trace(1, response=text) for text in texts]
    filters = only("format", "correctness", duplicate={"near": 0.3})
    run = finished(tmp_path / "run", [*rows, trace(1, 3), trace(2, response="?")], filters=filters)
    worst = manifest.rows(run, "select filter, rank, reason from v_worst")
    assert [tuple(row.values()) for row in worst] == [
        ("duplicate", 1, "exact_duplicate"),
        ("duplicate", 2, "near_duplicate"),
        ("duplicate", 3, "near_duplicate"),
    ]
    near = "select v.scores['near'] as near from v_worst join verdicts v using (trace_id, filter)"
    first, *rest = [row["near"] for row in manifest.rows(run, f"{near} order by rank")]
    assert first is None
    assert rest == sorted(rest, reverse=True)


def test_every_trace_without_record_has_a_verdict_that_says_so(done: Run) -> None:
    lost = manifest.rows(
        done,
        "select t.source_id from traces t left join records using (trace_id)"
        " where record_id is null and not exists (select 1 from verdicts v "
        "where v.trace_id = t.trace_id and v.keep is not true)",
    )
    assert lost == []


def test_stale_index_is_refreshed(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1)])
    assert count(run) == 1
    import_traces(run, Source(path=str(write(tmp_path / "b.jsonl", [trace(2)]))))
    assert count(run) == 2


def everything(run: Run) -> dict[str, list[str]]:
    names = [name for name in view_names(run) if name not in ("index_facts", "runs")]
    found = {name: manifest.rows(run, f"select * from {name}") for name in names}
    return {name: sorted(map(str, rows)) for name, rows in found.items()}


def test_index_built_upon_an_older_one_is_like_one_built_anew(tmp_path: Path) -> None:
    rows = [trace(1), trace(2, answer=0)]
    run = imported(tmp_path / "run", rows, filters=only(*CHEAP))
    assert everything(run)["v_worst"] == []
    for filters in (only(*CHEAP), only(*CHEAP, length={"thinking_min": 1000})):
        filter_traces(run.configure(run.config.model_copy(update={"filters": filters})))
        upon = everything(run)
        index(run)
        assert upon == everything(run)
    assert len(upon["fates"]) == 2
    assert len(upon["v_worst"]) == 2


def test_fresh_index_is_not_built_again(done: Run) -> None:
    count(done)
    before = (done.path / INDEX_FILE).stat().st_ino
    count(done)
    assert (done.path / INDEX_FILE).stat().st_ino == before


def test_answers_while_another_process_holds_the_file(done: Run, tmp_path: Path) -> None:
    count(done)
    held = [sys.executable, "-c", HOLD, str(done.path / INDEX_FILE)]
    with subprocess.Popen(held, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout
        assert other.stdin
        assert other.stdout.readline() == "held\n"
        assert count(done) == 6
        import_traces(done, Source(path=str(write(tmp_path / "b.jsonl", [trace(20)]))))
        assert count(done) == 7
        other.stdin.write("\n")
    assert other.returncode == 0


def test_moved_run_answers_from_its_new_place(done: Run) -> None:
    count(done)
    moved = shutil.move(done.path, done.path.with_name("it's [moved] *"))
    run = Run.open(Path(moved))
    assert count(run, "v_trace_text") == 6
    (row,) = manifest.rows(run, "select distinct shard from traces_all")
    assert "[moved]" in row["shard"]


@pytest.mark.parametrize("damage", [b"", b"no database", None])
def test_damaged_or_missing_index_is_built_anew(done: Run, damage: bytes | None) -> None:
    file = done.path / INDEX_FILE
    file.unlink(missing_ok=True)
    if damage is not None:
        file.write_bytes(damage)
    assert count(done) == 6
    with duckdb.connect(str(file), read_only=True) as con:
        assert con.execute("select count(*) from traces").fetchall() == [(6,)]


def test_plain_duckdb_opens_the_file_and_reads_text(done: Run) -> None:
    index(done)
    with duckdb.connect(str(done.path / INDEX_FILE), read_only=True) as con:
        (text,) = con.execute("select response from v_trace_text where source_id = 't2'").fetchone()  # type: ignore[misc]
        assert "\\boxed{3}" in text
        tags = con.execute("select tags from duckdb_databases() where database_name = 'manifest'")
        assert "v1.5" in str(tags.fetchone())


def test_older_settings_stay_queryable(done: Run) -> None:
    from small_runs import CHEAP, only

    from curate.judging.filter_stage import filter_traces

    strict = only(*CHEAP, length={"thinking_min": 1000})
    filter_traces(Run.create(done.path, done.config.model_copy(update={"filters": strict})))
    rows = manifest.rows(
        Run.open(done.path),
        "select settings_hash, count(*) filter (where keep) "
        "as kept from verdicts_all where filter = 'length' group by 1 order by 2",
    )
    assert [row["kept"] for row in rows] == [0, 5]


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("select * from trace", "Table with name trace does not exist"),
        ("select nothing from traces", 'column "nothing" not found'),
        ("selec 1", "syntax error"),
        ("", "that SQL gives no rows"),
        ("select 1/0; drop table fates", "read-only"),
        ("select * from read_csv('/no/such/file')", "No files found"),
        ("select cast(source_id as int) from traces", "Could not convert"),
    ],
)
def test_mistake_in_sql_is_one_line(done: Run, query: str, line: str) -> None:
    with pytest.raises(UserError) as error:
        manifest.rows(done, query)
    assert line in str(error.value)
    assert "\n" not in str(error.value)


def test_newer_shard_is_refused_by_sql_too(done: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from curate.store import shards
    from filters.schema import RECORD

    old = shards.read(done.shards("records"), RECORD)
    monkeypatch.setattr(shards, "SCHEMA_VERSION", 99)
    shards.commit(done.folder("records"), old, RECORD)
    with pytest.raises(UserError, match="has version 99, newer than this coldstart-curate knows"):
        count(done)


def test_damaged_shard_is_named(done: Run) -> None:
    (path,) = done.shards("records")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match=f"damaged: .*{path.name}"):
        count(done)


def test_of_one_evaluation_the_last_row_counts(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config())
    for value in (0.25, 0.5):
        row = {"eval_id": "e", "problem_set": "aime", "pass_at_1": value}
        commit(run.folder("evals"), pl.DataFrame([row]), EVAL)
    assert manifest.rows(run, "select pass_at_1 from evals") == [{"pass_at_1": 0.5}]


def test_training_curves_of_older_versions_are_no_evaluations(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config())
    old = {"eval_id": "t", "stage": "sft", "step": 1, "metric": "loss", "value": 2.0, "model": "m"}
    frame = pl.DataFrame([old])
    commit(run.folder("evals"), frame, dict(frame.schema))
    assert manifest.rows(run, "select * from evals") == []
    row = {"eval_id": "e", "stage": "r1", "problem_set": "aime"}
    commit(run.folder("evals"), pl.DataFrame([row]), EVAL)
    assert manifest.rows(run, "select stage, step from evals") == [{"stage": "r1", "step": None}]
