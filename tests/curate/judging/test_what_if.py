"""What other settings would change is what they do change, and asking changes nothing."""

import shutil
from pathlib import Path

import polars as pl
import pytest
from small_runs import Curate, contents, files, finished, only, trace

from curate.config import Config
from curate.judging.active import active_filters
from curate.judging.filter_stage import filter_traces
from curate.judging.what_if import Standing, what_if
from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from filters.errors import UserError

GROUPS = ("difficulty", "select", "rewritten")
FATES = "select trace_id, fate, decided_by, reason from fates order by trace_id"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Of three problems six traces each, some wrong, some long, some twice."""
    rows = []
    for problem in range(3):
        for sample in range(6):
            row = trace(problem, answer=None if sample % 3 else 77)
            row["response"] = row["response"].replace(
                "<think>\n", "<think>\n" + "So. " * 9 * sample
            )
            rows.append(row)
    filters = only("finish", "format", "length", "correctness", *GROUPS)
    return finished(tmp_path_factory.mktemp("if") / "run", rows, filters=filters)


def under(run: Run, **settings: object) -> Config:
    return run.config.model_copy(update={"filters": {**run.config.filters, **settings}})


@pytest.mark.parametrize(
    "settings",
    [
        {"length": {"thinking_min": 40}},
        {"length": {"thinking_max": 50}},
        {"difficulty": {"high": 0.5}},
        {"select": {"best": 1}},
        {"select": {"best": 2}, "length": {"thinking_min": 40}},
        {"correctness": False},
    ],
)
def test_what_would_change_is_what_changes(
    run: Run, tmp_path: Path, settings: dict[str, object]
) -> None:
    copy = Run.open(Path(shutil.copytree(run.path, tmp_path / "run")))
    before = pl.DataFrame(manifest.rows(copy, FATES), infer_schema_length=None)
    config = under(copy, **settings)
    told = what_if(copy, active_filters(config))
    copy.configure(config)
    filter_traces(copy)
    after = pl.DataFrame(manifest.rows(copy, FATES), infer_schema_length=None)
    assert told.height > 0
    assert told.select("trace_id", "fate", "decided_by", "reason").equals(
        before.join(told, on="trace_id", how="semi")
    )
    new = told.select(pl.col("trace_id"), pl.col("^new_.*$").name.map(lambda n: n[4:]))
    assert new.equals(after.join(told, on="trace_id", how="semi"))
    same = before.join(told, on="trace_id", how="anti")
    assert same.equals(after.join(told, on="trace_id", how="anti"))


def test_the_same_settings_change_nothing(run: Run) -> None:
    standing = Standing(run)
    assert standing.changes(standing.filters).is_empty()


def test_asking_writes_nothing(run: Run) -> None:
    before, there = contents(run), files(run.path)
    what_if(run, active_filters(under(run, length={"thinking_min": 40})))
    assert files(run.path) == there
    assert all(before[name].equals(frame) for name, frame in contents(run).items())


def test_settings_that_need_text_are_refused(run: Run) -> None:
    with pytest.raises(UserError, match="length: these settings change what is measured"):
        what_if(run, active_filters(under(run, length={"tokenizer": "none"})))


def test_settings_that_nothing_was_judged_by_are_refused(run: Run, tmp_path: Path) -> None:
    copy = Run.open(Path(shutil.copytree(run.path, tmp_path / "run")))
    copy.configure(under(copy, length={"thinking_min": 40}))
    with pytest.raises(UserError, match="have not been judged by: run `curate filter"):
        Standing(copy)


def test_the_command_counts_changes_and_writes_nothing(curate: Curate, tmp_path: Path) -> None:
    run = finished(tmp_path / "run", [trace(1), trace(2), trace(3, answer=9)])
    before = files(run.path)
    asked = ("filter", run.path, "--what-if", "--set", "length.thinking_min=1000")
    rows = curate(*asked, "--json").json
    assert [(row["now"], row["then"], row["traces"]) for row in rows] == [
        ("kept", "dropped length thinking_too_short", 2),
        ("dropped correctness incorrect", "dropped length thinking_too_short", 1),
    ]
    assert len(rows[0]["examples"]) == 2
    said = curate(*asked)
    assert "3 traces would come to another end" in said.err
    assert [line.split() for line in said.out.splitlines()][:2] == [
        ["2", "kept", "→", *rows[0]["then"].split()],
        [name[:12] for name in rows[0]["examples"]],
    ]
    assert files(run.path) == before
    assert curate("filter", run.path, "--what-if").code == 2
