"""Traces made elsewhere: nothing lost, nothing doubled, what is odd is a row with a reason."""

import json
from pathlib import Path

import pytest
from small_runs import Row, imported, stored, trace, write

from curate.config import Config, Source
from curate.sources.imported_traces import _batches, import_traces
from curate.sources.problems import load_problems
from curate.store.run_folder import Run
from curate.store.shards import SHARD_BYTES
from filters.errors import UserError


def bring(run: Run, file: Path, **settings: object) -> dict[str, int]:
    return dict(import_traces(run, Source(path=str(file), **settings)))


def test_the_files_ids_and_other_columns_are_kept(tmp_path: Path) -> None:
    row = trace(1, trace_id="t-1", problem_id="p-1", model="r1", tokens_per_s=3.5)
    (found,) = stored(imported(tmp_path / "run", [row]), "traces").to_dicts()
    assert (found["source_id"], found["model"], found["origin"]) == ("t-1", "r1", "imported")
    assert json.loads(found["meta"]) == {"tokens_per_s": 3.5}
    assert found["finish_reason"] is None
    problem = stored(Run.open(tmp_path / "run"), "problems")
    assert problem["source_problem_id"].to_list() == ["p-1"]


def test_traces_join_the_problems_they_name(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config(jobs=1))
    problems = [{"problem_id": n, "problem": f"{n}+1?", "answer": n + 1} for n in (1, 2)]
    load_problems(run, Source(path=str(write(tmp_path / "p.jsonl", problems))))
    have = dict(stored(run, "problems")["source_problem_id", "problem_id"].iter_rows())
    rows = [{"problem_id": 2, "response": "3"}, {"problem_id": have["1"], "response": "2"}]
    counts = bring(run, write(tmp_path / "t.jsonl", rows))
    assert (counts["new"], counts["problems_new"], counts["problems_known"]) == (2, 0, 2)
    assert stored(run, "traces")["problem_id"].to_list() == [have["2"], have["1"]]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("3", "row 2: problem_id '3' is no problem of the run; import its problems first"),
        ("2", "row 2: problem_id '2' stands for 2 problems; name it by the run's problem_id"),
    ],
)
def test_trace_of_no_one_problem_is_named(tmp_path: Path, name: str, line: str) -> None:
    run = Run.create(tmp_path / "run", Config(jobs=1))
    problems = [{"id": n, "problem": text} for n, text in ((1, "a"), (2, "b"), (2, "c"))]
    load_problems(run, Source(path=str(write(tmp_path / "p.jsonl", problems))))
    rows = [{"problem_id": n, "response": "3"} for n in ("1", name)]
    with pytest.raises(UserError, match=line):
        bring(run, write(tmp_path / "t.jsonl", rows))
    assert stored(run, "traces").is_empty()


def test_a_missing_text_among_others_is_a_bad_row(tmp_path: Path) -> None:
    rows = [trace(1, problem_id="p"), trace(2, problem_id="q") | {"problem": None}]
    rows.append(trace(1, 5, problem_id="p") | {"problem": None})
    run = imported(tmp_path / "run", rows)
    assert stored(run, "problems")["gold_check"].to_list() == ["correct", "no_problem"]
    first, _, last = stored(run, "traces")["problem_id"]
    assert first == last


def test_importing_twice_adds_nothing(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1), trace(2)])
    counts = bring(run, tmp_path / "run.jsonl")
    assert (counts["rows"], counts["known"], counts.get("new", 0)) == (2, 2, 0)
    assert stored(run, "traces").height == 2


def test_duplicates_in_the_file_stay_rows(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1), trace(1), trace(1)])
    rows = stored(run, "traces")
    assert rows["trace_id"].n_unique() == 3
    assert rows["sample_index"].to_list() == [0, 1, 2]
    more = write(tmp_path / "more.jsonl", [trace(1)] * 4)
    assert bring(run, more)["new"] == 1


def test_another_model_is_another_trace(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1, model="a"), trace(1, model="b"), trace(1)])
    assert stored(run, "traces")["trace_id"].n_unique() == 3


def test_ids_do_not_depend_on_the_order_of_rows(tmp_path: Path) -> None:
    rows = [trace(n, trace_id=f"t{n}") for n in range(5)]
    ids = [
        dict(stored(imported(tmp_path / name, some), "traces")["source_id", "trace_id"].iter_rows())
        for name, some in (("a", rows), ("b", rows[::-1]))
    ]
    assert ids[0] == ids[1]


@pytest.mark.parametrize(
    ("row", "response", "error", "repaired"),
    [
        ({"response": None}, None, "no_text", None),
        ({"response": ""}, "", None, None),
        ({"response": "a\ud800b"}, "a\ufffdb", None, "lone_surrogates=1"),
        ({"response": "nul \x00 inside"}, "nul \x00 inside", None, None),
        ({"response": 42}, "42", None, None),
        ({"response": {"text": "x"}}, "x", None, None),
        ({"response": {"n": 1}}, None, "no_text", None),
        ({"response": []}, None, "no_text", None),
        (
            {"response": "So 2.", "thinking": "1+1"},
            "<think>\n1+1\n</think>\n\nSo 2.",
            None,
            "assembled",
        ),
        ({"response": "", "thinking": "cut"}, "<think>\ncut", None, "assembled"),
        ({"response": "a</think>b", "thinking": "a"}, "a</think>b", None, None),
    ],
)
def test_odd_response_is_a_row(
    tmp_path: Path, row: Row, response: str | None, error: str | None, repaired: str | None
) -> None:
    run = imported(tmp_path / "run", [trace(1), trace(2) | row])
    found = stored(run, "traces").to_dicts()[1]
    assert (found["response"], found["error"], found["repaired"]) == (response, error, repaired)
    assert found["finish_reason"] == ("error" if error else None)


def test_raw_invalid_bytes_are_repaired_and_counted(tmp_path: Path) -> None:
    line = json.dumps(trace(1)).replace("apples", "caf\u00e9s").encode("latin-1")
    (tmp_path / "x.jsonl").write_bytes(line + b"\n")
    run = Run.create(tmp_path / "run", Config(jobs=1))
    assert bring(run, tmp_path / "x.jsonl")["repaired"] == 1
    assert "caf\ufffds" in stored(run, "traces")["response"][0]


def test_several_samples_in_a_row(tmp_path: Path) -> None:
    row = {"problem": "1+1?", "generations": ["a", "b", None], "model": "m"}
    rows = stored(imported(tmp_path / "run", [row]), "traces")
    assert rows["response"].to_list() == ["a", "b", None]
    assert rows["sample_index"].to_list() == [0, 1, 2]


def test_conversations_of_both_layouts(tmp_path: Path) -> None:
    asked, said = {"role": "user", "content": "1+1?"}, {"role": "assistant", "content": "2"}
    sharegpt = [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "two"}]
    run = imported(tmp_path / "run", [{"messages": [asked, said]}, {"messages": sharegpt}])
    assert stored(run, "traces")["response"].to_list() == ["2", "two"]
    assert stored(run, "problems")["problem"].to_list() == ["1+1?"]


@pytest.mark.parametrize(
    ("given", "stored_as"),
    [
        ("stop", "stop"),
        ("eos", "stop"),
        ("LENGTH", "length"),
        ("max_tokens", "length"),
        ("content_filter", "error"),
        ("weird", None),
        (None, None),
        (3, None),
    ],
)
def test_finish_reasons_of_other_programs(
    tmp_path: Path, given: object, stored_as: str | None
) -> None:
    run = imported(tmp_path / "run", [trace(1, finish_reason=given)])
    assert stored(run, "traces")["finish_reason"].to_list() == [stored_as]


@pytest.mark.parametrize("value", ["unknown", float("nan"), float("inf"), 10**30, [], {}, "1e999"])
def test_number_that_is_none_is_null(tmp_path: Path, value: object) -> None:
    row = trace(1, num_tokens=value, temperature=value, seed=value)
    rows = stored(imported(tmp_path / "run", [row]), "traces")
    assert rows.select("num_tokens", "temperature", "seed").row(0) == (None, None, None)


def test_ten_megabytes_of_text_are_a_row(tmp_path: Path) -> None:
    text = "<think>" + "word " * 2_000_000 + "</think>ok"
    rows = stored(imported(tmp_path / "run", [trace(1) | {"response": text}]), "traces")
    assert rows["response"].str.len_bytes().to_list() == [len(text)]


def test_broken_line_brings_in_nothing(tmp_path: Path) -> None:
    run = imported(tmp_path / "run", [trace(1)])
    file = write(tmp_path / "bad.jsonl", [trace(n) for n in range(2, 150)])
    file.write_text(file.read_text() + '{"problem": ')
    with pytest.raises(UserError, match="line 149: broken JSON"):
        bring(run, file)
    assert stored(run, "traces").height == 1
    assert not [p for p in run.path.rglob("*") if "staged" in p.name]


def test_what_else_is_needed_is_said(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config())
    file = write(tmp_path / "x.jsonl", [{"problem": "a", "text": "b"}])
    with pytest.raises(UserError, match=r"no column 'response'.*--map response=THEIRS"):
        bring(run, file)
    assert bring(run, file, map={"response": "text"})["new"] == 1


def test_all_real_traces_come_in_and_none_twice(tmp_path: Path, shared: Path) -> None:
    run = Run.create(tmp_path / "run", Config(jobs=2))
    first = bring(run, shared / "traces.jsonl.gz")
    assert (first["rows"], first["new"], first["no_text"]) == (1847, 1847, 0)
    again = bring(run, shared / "traces.jsonl.gz")
    assert (again["known"], again.get("new", 0)) == (1847, 0)
    assert stored(run, "traces")["source_id"].n_unique() == 1847


def test_batches_are_bounded_by_the_text_of_nested_rows_too() -> None:
    rows = [(n, {"responses": [{"text": "x" * (SHARD_BYTES // 2)}]}) for n in range(4)]
    assert [len(batch) for batch in _batches(iter(rows))] == [2, 2]
