"""All that is known of one trace, found by id, its beginning, or the file's own id."""

import pytest
from small_runs import trace, write

from curate.config import Source
from curate.manifest import ask as manifest
from curate.manifest.explain import explain
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.terminal.explained import show_explanation
from filters.errors import UserError


def test_by_id_prefix_and_source_id(done: Run) -> None:
    facts = explain(done, "wrong")
    trace_id = facts["trace"]["trace_id"]
    assert explain(done, trace_id) == explain(done, trace_id[:12]) == facts
    assert (facts["trace"]["fate"], facts["trace"]["reason"]) == ("dropped", "incorrect")
    assert [v["filter"] for v in facts["verdicts"]] == ["finish", "format", "length", "correctness"]
    assert [v["label"] for v in facts["verdicts"]] == [None, "think-open-close", None, "incorrect"]
    assert facts["record"] == []
    assert "\\boxed{9}" in facts["trace"]["response"]


def test_what_was_found_stands_below_the_table(
    done: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    show_explanation(explain(done, "wrong"), text=False)
    assert "\ncorrectness found answer: 9; rule: boxed" in capsys.readouterr().out


def test_kept_trace_has_its_record(done: Run) -> None:
    (record,) = explain(done, "t1")["record"]
    assert record["answer"] == "2"


def test_failed_trace_is_explained(done: Run) -> None:
    facts = explain(done, "failed")
    assert (facts["trace"]["fate"], facts["trace"]["error"]) == ("failed", "no_text")


@pytest.mark.parametrize("name", ["nobody", "'; drop table traces; --", "%", "\ud800"])
def test_unknown_trace_is_one_line(done: Run, name: str) -> None:
    with pytest.raises(UserError, match="has no trace"):
        explain(done, name)


def test_ambiguous_name_lists_the_traces(done: Run) -> None:
    more = [trace(n, source_id="twice") for n in (30, 31)]
    import_traces(done, Source(path=str(write(done.path.parent / "more.jsonl", more))))
    with pytest.raises(UserError, match=r"'twice' stands for several traces: [0-9a-f]{32}, "):
        explain(done, "twice")
    assert len(manifest.rows(done, "select 1 as x from traces")) == 8
