"""The filter stage: one verdict per trace and filter, nothing read twice, order of no effect."""

from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest
from small_runs import CHEAP, Row, files, imported, only, stored, trace, write

import curate.judging.filter_stage as stage
from curate.config import Config, Source
from curate.judging.filter_stage import filter_traces
from curate.judging.group_filters import _digest
from curate.manifest import ask as manifest
from curate.sources.imported_traces import import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.schema import TRACE
from filters.trace_format import render

ROWS = [trace(n, answer=0 if n % 3 == 0 else None) for n in range(1, 10)]


def fates(run: Run) -> dict[str, int]:
    rows = manifest.rows(run, "select fate, count(*) as n from v_trace group by fate")
    return {row["fate"]: row["n"] for row in rows}


def reasons(run: Run) -> dict[str, tuple[str, str | None]]:
    rows = manifest.rows(run, "select source_id, decided_by, reason from v_trace")
    return {row["source_id"]: (row["decided_by"], row["reason"]) for row in rows}


def with_filters(run: Run, **settings: object) -> Run:
    return Run.create(run.path, run.config.model_copy(update={"filters": only(*CHEAP, **settings)}))


def test_every_trace_gets_one_verdict_of_each_filter(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS)
    counts = filter_traces(run)
    assert counts == {f"{name}.read": 9 for name in CHEAP}
    verdicts = stored(run, "verdicts")
    assert verdicts.group_by("filter").len().sort("filter").rows() == [
        ("correctness", 9),
        ("finish", 9),
        ("format", 9),
        ("length", 9),
    ]
    assert fates(run) == {"kept": 6, "dropped": 3}


def test_judging_twice_reads_nothing_and_writes_nothing(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS, filters=only(*CHEAP, "duplicate", "select"))
    filter_traces(run)
    before = files(run.path)
    assert filter_traces(Run.open(run.path)) == {}
    assert files(run.path) == before


def test_moved_threshold_is_derived_without_text(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS)
    filter_traces(run)
    strict = with_filters(run, length={"thinking_min": 1000})
    assert filter_traces(strict) == {"length.derived": 9}
    assert fates(strict) == {"dropped": 9}


def test_moved_threshold_reads_no_text_of_twins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = " ".join(f"step {n} adds {n * n} to it." for n in range(60))
    summaries = {"short": "So \\boxed{2}.", "long": "So \\boxed{2}. " + "Yes. " * 9}
    rows = [
        trace(1, source_id=name) | {"response": render(words, summary)}
        for name, summary in summaries.items()
    ]
    run = imported(tmp_path / "run", rows, filters=only(*CHEAP, "duplicate"))
    filter_traces(run)
    dropped = {name for name, (_, reason) in reasons(run).items() if reason == "near_duplicate"}
    moved = {"length": {"summary_min": 10} if dropped == {"long"} else {"summary_max": 10}}
    monkeypatch.setattr("curate.judging.texts.read_rows", None)
    other = with_filters(run, duplicate=True, **moved)
    assert filter_traces(other) == {"length.derived": 2, "duplicate.grouped": 2}
    (kept,) = (name for name, (by, _) in reasons(other).items() if by is None)
    assert {kept} == dropped


def test_trace_without_text_is_judged_once_and_stays_undecided(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1) | {"response": None}])
    filter_traces(run)
    assert filter_traces(run) == {}
    filter_traces(with_filters(run, length={"thinking_min": 1}))
    length = stored(run, "verdicts").filter(pl.col("filter") == "length")
    assert length["keep"].to_list() == [None, None]
    assert length["reason"].to_list() == ["no_text", "no_text"]


def test_there_and_back_costs_nothing(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS)
    filter_traces(run)
    first = reasons(run)
    filter_traces(with_filters(run, length={"thinking_min": 1000}))
    back = with_filters(run)
    assert filter_traces(back) == {}
    assert reasons(back) == first


def test_new_filter_judges_only_itself(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS, filters=only("finish", "format"))
    filter_traces(run)
    assert filter_traces(with_filters(run)) == {"length.read": 9, "correctness.read": 9}


def test_new_traces_alone_are_read(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS)
    filter_traces(run)
    import_traces(run, Source(path=str(write(tmp_path / "b.jsonl", [trace(20), *ROWS]))))
    assert filter_traces(run) == {f"{name}.read": 1 for name in CHEAP}


def test_filter_of_ones_own(tmp_path: Path) -> None:
    loud = render("Oh! 2 + 1! That is what comes after 2, and I know it.", "\\boxed{3}")
    rows = [trace(1), trace(2) | {"response": loud}]
    run = imported(tmp_path / "run", rows, filters=only(*CHEAP) | {"own_filter:Loud": True})
    assert filter_traces(run)["loud.read"] == 2
    assert [r["reason"] for r in manifest.rows(run, "select reason from v_trace")].count(
        "shouts"
    ) == 1
    mild = only(*CHEAP) | {"own_filter:Loud": {"most": 2}}
    run = Run.create(run.path, Config(filters=mild, jobs=1))
    assert filter_traces(run) == {"loud.derived": 2}
    assert fates(run) == {"kept": 2}


@pytest.mark.parametrize(
    ("row", "decided_by", "reason"),
    [
        ({"response": None}, "traces", "no_text"),
        ({"response": ""}, "format", "no_tags"),
        ({"response": "<think>\nI go on and"}, "finish", "truncated"),
        ({"response": "So it is \\boxed{2}."}, "format", "no_tags"),
        ({"finish_reason": "length"}, "finish", "truncated"),
        ({"finish_reason": "error"}, "traces", "failed"),
        ({"gold": None}, "correctness", "no_gold"),
        ({"gold": "3"}, "correctness", "incorrect"),
        ({"kind": "open"}, None, None),
    ],
)
def test_odd_rows_have_their_reason(
    tmp_path: Path, row: Row, decided_by: str | None, reason: str | None
) -> None:
    run = imported(tmp_path / "run", [trace(1, source_id="odd") | row])
    filter_traces(run)
    assert reasons(run)["odd"] == (decided_by, reason)


def test_corrected_gold_rejudges_correctness_only(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1, gold="7"), trace(2)])
    filter_traces(run)
    before = stored(run, "traces")["trace_id"].to_list()
    assert fates(run) == {"dropped": 1, "kept": 1}
    gold = write(tmp_path / "gold.jsonl", [{"problem": "What is 1 + 1?", "gold": "2"}])
    load_problems(run, Source(path=str(gold)))
    assert filter_traces(run) == {"correctness.read": 1}
    assert fates(run) == {"kept": 2}
    assert stored(run, "traces")["trace_id"].to_list() == before


def verdict_files(run: Run) -> dict[str, bytes]:
    return {str(p.relative_to(run.path)): p.read_bytes() for p in run.shards("verdicts")}


def test_two_runs_give_equal_shards_byte_by_byte(tmp_path: Path) -> None:
    rows, on = [*ROWS, trace(1), trace(2)], only(*CHEAP, "duplicate", "difficulty", "select")
    made = [imported(tmp_path / name, rows, filters=on) for name in "ab"]
    for run in made:
        filter_traces(run)
    assert verdict_files(made[0]) == verdict_files(made[1])
    assert len(verdict_files(made[0])) == 7


def test_order_of_rows_changes_no_verdict(tmp_path: Path) -> None:
    rows = [*ROWS, trace(1), trace(1, answer=5), trace(2)]
    on = only(*CHEAP, "duplicate", select={"best": 1})
    found = []
    for name, some in (("a", rows), ("b", rows[::-1])):
        run = imported(tmp_path / name, some, filters=on)
        filter_traces(run)
        verdicts = stored(run, "verdicts").drop("detail", "input_hash")
        found.append(verdicts.sort("trace_id", "filter"))
    assert found[0].equals(found[1])


def test_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "PARALLEL_FROM", 1)
    made = []
    for jobs in (1, 2):
        run = imported(tmp_path / str(jobs), ROWS[:5], jobs=jobs)
        for more in (ROWS[5:7], ROWS[7:]):
            import_traces(run, Source(path=str(write(tmp_path / "more.jsonl", more))))
        filter_traces(run)
        made.append(verdict_files(run))
    assert made[0] == made[1]


def attempts(rows: Iterable[tuple[int, str, str]], run: Run) -> None:
    """Samples of one trace, as `generate --retry` leaves them."""
    from curate.store.shards import commit
    from filters.schema import content_id

    (old,) = stored(run, "traces").head(1).to_dicts()
    new = [
        old
        | {
            "attempt": n,
            "response": text,
            "response_hash": content_id(text),
            "finish_reason": finish,
        }
        for n, text, finish in rows
    ]
    commit(run.folder("traces"), pl.DataFrame(new, schema=TRACE), TRACE)


def test_latest_attempt_counts(tmp_path: Path) -> None:
    run = imported(
        tmp_path / "run", [trace(1) | {"response": "<think>\n1 + ", "finish_reason": "length"}]
    )
    filter_traces(run)
    assert fates(run) == {"dropped": 1}
    attempts([(1, str(trace(1)["response"]), "stop")], run)
    assert fates(run) == {"undecided": 1}
    assert filter_traces(run) == {f"{name}.read": 1 for name in CHEAP}
    assert fates(run) == {"kept": 1}
    counted = manifest.rows(
        run,
        "select (select count(*) from traces) as now, (select count(*) from traces_all) as ever",
    )
    assert counted == [{"now": 1, "ever": 2}]


def test_group_filters_see_what_the_others_keep(tmp_path: Path) -> None:
    short, wrong = trace(1), trace(1)
    short["response"] = render("One and one is two, as I count on my fingers here.", "\\boxed{2}")
    wrong["response"] = render("It is a guess, and nothing has been computed here.", "\\boxed{9}")
    rows = [
        trace(1, source_id="long"),
        short | {"source_id": "short"},
        wrong | {"source_id": "bad"},
    ]
    run = imported(tmp_path / "run", rows, filters=only(*CHEAP, select={"best": 1}))
    filter_traces(run)
    assert reasons(run) == {
        "long": ("select", "not_among_best"),
        "short": (None, None),
        "bad": ("correctness", "incorrect"),
    }


def test_fewer_than_all_verdicts_is_undecided_not_kept(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS)
    assert fates(run) == {"undecided": 9}
    filter_traces(run)
    import_traces(run, Source(path=str(write(tmp_path / "b.jsonl", [trace(20)]))))
    assert fates(run) == {"kept": 6, "dropped": 3, "undecided": 1}
    (row,) = manifest.rows(run, "select * from v_funnel where stage = 'not_judged'")
    assert (row["rows_in"], row["undecided"]) == (7, 1)


def test_real_traces_are_conserved(tmp_path: Path, shared: Path) -> None:
    run = Run.create(tmp_path / "run", Config(filters=only(*CHEAP, "difficulty", "select")))
    import_traces(run, Source(path=str(shared / "traces.jsonl.gz")))
    filter_traces(run)
    total = manifest.rows(run, "select * from v_funnel where stage = 'total'")[0]
    assert total["rows_in"] == 1847
    assert total["kept"] + total["dropped"] + total["failed"] + total["undecided"] == 1847
    (gold,) = manifest.rows(
        run,
        "select count(*) as n from verdicts v join v_trace t using (trace_id) "
        "where v.filter = 'correctness' and v.reason = 'no_gold' and v.keep is null "
        "and t.gold is null",
    )
    assert gold["n"] == 948


def test_digest_of_what_group_filters_read_depends_on_content_alone() -> None:
    text, number = pl.Series(["ab", "c", None, ""]), pl.Series([1, None, 0], dtype=pl.Int32)
    assert _digest(text) == "d033991f5302bac4c1fa8203c31b2fbf"
    assert _digest(number) == "8764225ee2b7537ae2f7530bd16e3e68"
    assert _digest(pl.concat([text[:2], text[2:]], rechunk=False)) == _digest(text)
    for other in (["a", "bc", None, ""], ["ab", "c", "", ""], ["ab", "c", None]):
        assert _digest(pl.Series(other)) != _digest(text)
