"""Two runs beside each other, and what a stage says at its end."""

from pathlib import Path

import pytest
from small_runs import Curate, finished, imported, only, trace

from curate.manifest.diff import diff
from curate.manifest.in_words import outcome
from curate.store.run_folder import Run

ROWS = [
    trace(1, source_id="right"),
    trace(2, answer=9, source_id="wrong"),
    trace(3, response=f"<think>\n{'So I count on. ' * 40}\n</think>\n\nIt is \\boxed{{4}}."),
    trace(4, gold=None),
]


def run_of(folder: Path, **settings: object) -> Run:
    return finished(folder, ROWS, filters=only("correctness", **settings))


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Run]:
    folder = tmp_path_factory.mktemp("diff")
    return run_of(folder / "a" / "run"), run_of(
        folder / "b" / "run", length={"thinking_max": 30, "thinking_min": 1}
    )


def test_diff_names_settings_and_what_was_gained_and_lost(runs: tuple[Run, Run]) -> None:
    told = diff(*runs)
    assert {"setting": "filters.length.thinking_max", "a": "default", "b": 30} in told["settings"]
    (moved,) = told["moved"]
    assert (moved["fate_a"], moved["by_b"], moved["reason_b"], moved["traces"]) == (
        *("kept", "length", "thinking_too_long"),
        1,
    )
    stages = [row["stage"] for row in told["funnel"]]
    assert stages == ["traces", "length", "correctness", "total"]
    assert diff(runs[0], runs[0])["moved"] == diff(runs[0], runs[0])["settings"] == []


def test_the_end_of_filter_in_words(runs: tuple[Run, Run]) -> None:
    lines = [line.split() for line in outcome(runs[0])]
    assert lines[0][:2] == ["4", "traces"]
    assert ["2", "kept", "50.0", "%"] in lines
    assert ["1", "incorrect", "(correctness)"] in lines
    assert ["1", "no", "gold", "(correctness)"] in lines


def test_diff_fits_a_narrow_terminal(curate: Curate, runs: tuple[Run, Run]) -> None:
    a, b = runs[0].path, runs[1].path
    told = curate("diff", a, b).out
    assert "  filters.length.thinking_max: default → 30\n" in told
    assert "\nlength       – → 3  – → 1    – → 0\n" in told
    assert "        1  kept → dropped by length: thinking_too_long\n" in told
    assert max(map(len, told.splitlines()[1:])) <= 80
    said = curate("sql", a, b, "select 1 as n")
    assert (said.code, "two runs are called 'run'" in said.err) == (2, True)


def test_what_is_not_there_yet_is_said_in_one_line(curate: Curate, tmp_path: Path) -> None:
    run = imported(tmp_path / "run", ROWS).path
    assert "have not been judged by: run `curate filter" in curate("worst", run, "length").line
    said = curate("push", run, "user/model", "--model", "sft").line
    assert "has trained no checkpoint yet" in said
    said = curate("demo", "/proc/no-such-folder").line
    assert "cannot write to /proc/no-such-folder" in said


def test_several_runs_are_one_table_with_their_names(curate: Curate, tmp_path: Path) -> None:
    one = run_of(tmp_path / "one").path
    two = run_of(tmp_path / "two").path
    query = "select run, count(*) as traces from traces group by run order by run"
    assert curate("sql", one, two, query, "--json").json == [
        {"run": "one", "traces": 4},
        {"run": "two", "traces": 4},
    ]
    file = tmp_path / "answer.parquet"
    assert curate("sql", one, two, "select * from one.fates", "--parquet", file).code == 0
    assert file.stat().st_size > 0
    assert len(curate("sql", one, "select * from fates", "--limit", "2", "--csv").out.split()) == 3
