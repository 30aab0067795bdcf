"""A file misread as a whole stops before anything is written; a preview shows why."""

from pathlib import Path

import pytest
from small_runs import Curate, Row, files, stored, trace, write

from curate.config import Config, Source
from curate.sources.imported_traces import import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from filters.errors import UserError


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda n: {"response": " "}, "the first 10 traces are all empty"),
        (lambda n: {"response": "No tags."}, "has thinking tags.*--as thinking"),
        (lambda n: {"problem": " "}, "none of the first 10 rows has a question"),
        (lambda n: {"problem": "import math"}, "rows are all of one problem.*--map problem="),
        (lambda n: {"gold": None, "the_answer": n}, "no row has a gold.*'the_answer'.*--map gold="),
    ],
)
def test_file_read_wrongly_stops(curate: Curate, tmp_path: Path, change: object, line: str) -> None:
    rows = [trace(n) | change(n) for n in range(10)]  # type: ignore[operator]
    file = write(tmp_path / "t.jsonl", rows)
    run = Run.create(tmp_path / "run", Config(jobs=1))
    with pytest.raises(UserError, match=line):
        import_traces(run, Source(path=str(file)))
    assert stored(run, "traces").is_empty()
    assert import_traces(run, Source(path=str(file), anyway=True))["new"] == 10


@pytest.mark.parametrize("count", [9, 10])
def test_nine_rows_say_nothing_of_a_file(tmp_path: Path, count: int) -> None:
    rows = [trace(n) | {"response": "No tags."} for n in range(count)]
    source = Source(path=str(write(tmp_path / "t.jsonl", rows)))
    run = Run.create(tmp_path / "run", Config(jobs=1))
    if count == 9:
        assert import_traces(run, source)["new"] == 9
    else:
        with pytest.raises(UserError, match="--anyway goes on"):
            import_traces(run, source)


def test_golds_of_the_run_are_golds(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config(jobs=1))
    load_problems(run, Source(path=str(write(tmp_path / "p.jsonl", map(trace, range(10))))))
    rows = [trace(n) | {"gold": None, "solution_steps": "x"} for n in range(10)]
    assert import_traces(run, Source(path=str(write(tmp_path / "t.jsonl", rows))))["new"] == 10


def test_golds_that_verify_as_each_other_are_one(tmp_path: Path) -> None:
    golds = {"a": ("72", "72 dollars"), "b": ("\\frac12", "0.5"), "c": ("1", "2")}
    rows: list[Row] = [{"problem": p, "gold": g} for p, both in golds.items() for g in both]
    run = Run.create(tmp_path / "run", Config(jobs=1))
    load_problems(run, Source(path=str(write(tmp_path / "p.jsonl", rows))))
    found = stored(run, "problems")
    assert found["gold"].to_list() == ["72", "\\frac12", None]
    assert found["gold_check"].to_list() == ["correct", "correct", "gold_conflict"]


def test_preview_writes_nothing(curate: Curate, tmp_path: Path) -> None:
    row = {"question": "1+1?", "thinking_trajectories": ["1"], "attempt": "2", "solution": "2"}
    bare = row | {"solution": None}
    file = write(tmp_path / "t.jsonl", [r | {"cot_type": "math"} for r in (bare, row)])
    before = files(tmp_path)
    answer = curate("import", tmp_path / "run", file, "--preview", "--json")
    shown = {line["ours"]: (line["from"], line["value"]) for line in answer.json["columns"]}
    assert shown["gold"] == ("solution", "2")
    assert shown["kind"] == ("", "math")
    assert shown["response"] == ("attempt", "<think>\n1\n</think>\n\n2")
    assert answer.json["unused"] == ["cot_type"]
    assert "read as s1K" in answer.err
    assert files(tmp_path) == before
    assert "unused, kept in meta" in curate("import", tmp_path / "run", file, "--preview").out
    turns = [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}]
    talk = write(tmp_path / "m.jsonl", [{"messages": turns}])
    lines = curate("import", tmp_path / "run", talk, "--preview", "--json").json["columns"]
    found = {line["ours"]: (line["from"], line["value"]) for line in lines}
    assert (found["problem"], found["response"]) == (("messages", "1+1?"), ("messages", "2"))
    unnamed = write(tmp_path / "u.jsonl", [{"question": "1+1?", "said": "2"}])
    said = curate("import", tmp_path / "run", unnamed, "--preview").out
    assert "an import would stop" in said
    assert "--map response=THEIRS" in said
