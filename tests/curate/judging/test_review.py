"""A person's word outranks every filter, both ways, and can be taken back."""

from pathlib import Path

import pytest
from small_runs import Row, write

from curate.judging.filter_stage import filter_traces
from curate.judging.review import Word, review
from curate.judging.review import say as say_one
from curate.manifest import ask as manifest
from curate.records.normalize import normalize
from curate.store.run_folder import Run
from filters.errors import UserError


def say(run: Run, *words: tuple[str, object]) -> dict[str, int]:
    ids = {row["source_id"]: row["trace_id"] for row in manifest.rows(run, "select * from traces")}
    rows = [{"trace_id": ids[name], "keep": keep, "note": f"of {name}"} for name, keep in words]
    return dict(review(run, str(write(run.path.parent / "words.jsonl", rows))))


def fate(run: Run, name: str) -> Row:
    asked = f"select fate, decided_by, reason from v_trace where source_id = '{name}'"
    return manifest.rows(run, asked)[0]


def test_word_overrides_both_ways(done: Run) -> None:
    assert say(done, ("wrong", True), ("t1", "no"), ("undecided", "keep")) == {"keep": 2, "drop": 1}
    assert fate(done, "wrong")["fate"] == "kept"
    assert fate(done, "undecided")["fate"] == "kept"
    assert fate(done, "t1") == {"fate": "dropped", "decided_by": "human", "reason": "human"}
    assert normalize(done)["made"] == 2
    assert manifest.rows(done, "select count(*) as n from records") == [{"n": 4}]


def test_word_shows_in_the_funnel(done: Run) -> None:
    say(done, ("t1", False))
    (row,) = manifest.rows(done, "select * from v_funnel where stage = 'human'")
    assert (row["rows_in"], row["kept"], row["dropped"]) == (3, 2, 1)


def test_word_can_be_withdrawn(done: Run) -> None:
    say(done, ("t1", False))
    assert say(done, ("t1", None)) == {"withdrawn": 1}
    assert fate(done, "t1") == {"fate": "kept", "decided_by": None, "reason": None}


def test_last_word_counts(done: Run) -> None:
    assert say(done, ("t1", True), ("t1", False)) == {"drop": 1}
    assert fate(done, "t1")["fate"] == "dropped"
    say(done, ("t1", True))
    assert fate(done, "t1")["fate"] == "kept"


def test_word_survives_judging_again(done: Run) -> None:
    say(done, ("wrong", True))
    filter_traces(done)
    assert fate(done, "wrong")["fate"] == "kept"


def test_failed_sample_cannot_be_kept(done: Run) -> None:
    say(done, ("failed", True))
    assert fate(done, "failed") == {"fate": "failed", "decided_by": "traces", "reason": "no_text"}


@pytest.mark.parametrize(
    ("row", "line"),
    [
        ({"trace_id": "nobody", "keep": True}, "row 1: the run has no trace 'nobody'"),
        ({"keep": True}, "no column 'trace_id'"),
        ({"trace_id": "x"}, "no column 'keep'"),
    ],
)
def test_mistake_is_one_line_and_changes_nothing(done: Run, row: Row, line: str) -> None:
    file = write(done.path.parent / "words.jsonl", [row])
    with pytest.raises(UserError, match=line):
        review(done, str(file))
    assert not done.folder("verdicts", "human").exists()


def test_unclear_word_is_refused(done: Run) -> None:
    with pytest.raises(
        UserError, match="row 1: keep is 'maybe'; true, false, defer or empty is wanted"
    ):
        say(done, ("t1", "maybe"))


def test_csv_of_a_spreadsheet(done: Run, tmp_path: Path) -> None:
    (trace,) = manifest.rows(done, "select trace_id from traces where source_id = 't1'")
    (tmp_path / "w.csv").write_text(f"trace_id,keep,note\n{trace['trace_id']},FALSE,\n")
    assert review(done, str(tmp_path / "w.csv")) == {"drop": 1}


def test_deferred_trace_is_undecided_whatever_filters_say(done: Run) -> None:
    assert say(done, ("t1", "defer"), ("wrong", "defer")) == {"defer": 2}
    deferred = {"fate": "undecided", "decided_by": "human", "reason": "deferred"}
    assert fate(done, "t1") == fate(done, "wrong") == deferred
    (row,) = manifest.rows(done, "select * from v_funnel where stage = 'human'")
    assert (row["rows_in"], row["undecided"]) == (4, 2)
    filter_traces(done)
    assert normalize(done)["made"] == 0


def test_single_words_share_a_shard_and_the_last_counts(done: Run) -> None:
    names = ("t1", "t2", "wrong", "t1")
    for name, says in zip(names, ("drop", "defer", "keep", "keep"), strict=True):
        asked = f"select trace_id, attempt from traces where source_id = '{name}'"
        (row,) = manifest.rows(done, asked)
        say_one(done, Word(**row, says=says, note=f"I {says} it"))
    assert len(done.shards("verdicts", "human")) == 1
    assert [fate(done, name)["fate"] for name in names[:3]] == ["kept", "undecided", "kept"]
    said = "select keep, detail[1].text as note from verdicts where filter = 'human' order by note"
    assert [row["note"] for row in manifest.rows(done, said)] == [
        *("I defer it", "I keep it", "I keep it"),
    ]
    filter_traces(done)
