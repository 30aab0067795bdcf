"""`curate verify`: one row out per row in, in order; a user's mistake is named with its line."""

import datetime
import gzip
import json
import os
import random
from decimal import Decimal

import polars as pl
import pytest

from curate.checking.verify_file import verify_file
from filters.errors import UserError

COLUMNS = ["id", "outcome", "answer", "rule", "stage", "seconds", "detail"]


def write(path, rows):
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_bytes(
        "".join(lines).encode("utf-8", "backslashreplace")
    )  # half a character as its escape
    return path


def run(tmp_path, rows, jobs=1):
    out = tmp_path / "out.jsonl"
    summary = verify_file(write(tmp_path / "cases.jsonl", rows), out, jobs)
    return summary, [json.loads(line) for line in out.read_text().splitlines()]


def test_rows_of_every_kind_keep_their_order(tmp_path):
    rows = [
        {"id": 1, "gold": "1/2", "prediction": "0.5"},
        {"id": 2, "gold": "7", "prediction": "<think>no</think>So it is \\boxed{8}."},
        {"id": 3, "gold": "x>5", "prediction": "Therefore $x > 5$.", "kind": "compare"},
        {"id": 4, "gold": "B", "prediction": "故选B", "kind": "choice"},
        {"id": 5, "gold": "Paris", "prediction": "paris", "kind": "exact"},
        {"id": 6, "gold": None, "prediction": "5"},
        {"id": 7, "gold": "5", "prediction": None},
        {"id": 8, "gold": 5, "prediction": 5.0},
        {"id": 9, "gold": r"\sqrt{8}", "prediction": r"2\sqrt2", "kind": "extract"},
        {"id": 10, "gold": "1/3", "prediction": "0.33", "params": {"decimals": 2}},
        {"id": 11, "gold": "三", "prediction": "答案是三。"},
    ]
    summary, found = run(tmp_path, rows, jobs=2)
    assert [row["id"] for row in found] == list(range(1, 12))
    assert [row["outcome"] for row in found] == [
        "correct", "incorrect", "correct", "correct", "correct", "no_gold", "no_answer",
        "correct", "correct", "correct", "correct",
    ]  # fmt: skip
    assert list(found[0]) == COLUMNS
    assert summary == {"correct": 8, "incorrect": 1, "no_gold": 1, "no_answer": 1}


def test_seconds_are_zero_only_for_a_cache_hit(tmp_path):
    row = {"gold": r"\sqrt{98}", "prediction": r"7\sqrt{2}"}
    _, found = run(tmp_path, [row, row, {"gold": "5", "prediction": "5"}])
    assert [(row["stage"], row["seconds"] > 0) for row in found] == [
        ("symbolic", True),
        ("cache", False),
        ("string", True),
    ]


def test_broken_unicode_is_kept(tmp_path):
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"id": "\\ud800", "gold": "5", "prediction": "\\ud800"}\n')
    verify_file(cases, tmp_path / "out.jsonl", 1)
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert (row["id"], row["outcome"]) == ("\ud800", "no_answer")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"gold": "5"}, "neither a prediction nor a program"),
        ({"kind": "code", "tests": "assert f()"}, "neither a prediction nor a program"),
        ({"gold": "5", "prediction": "5", "kind": "maths"}, "did you mean 'math'"),
        ({"gold": "5", "prediction": "5", "kind": []}, "no kind []"),
        ({"gold": "5", "prediction": "5", "params": {"decimals": -1}}, "decimals"),
        ({"gold": "5", "prediction": "5", "params": 3}, "params must be an object"),
        ({"gold": "A", "prediction": "A", "kind": "choice", "choices": 5}, "must be a list"),
        ({"program": "x", "tests": "assert x", "limits": {"wall": 5}}, "did you mean 'wall_s'"),
        ({"program": "x", "tests": "assert x", "limits": [5]}, "limits must be an object"),
    ],
)
def test_a_row_that_is_no_case_says_why_and_stops_nothing(tmp_path, row, reason):
    good = {"gold": "5", "prediction": "5"}
    summary, found = run(tmp_path, [good, {"id": 2, **row}, good])
    assert [r["outcome"] for r in found] == ["correct", "unsupported", "correct"]
    assert found[1]["id"] == 2
    assert reason in found[1]["detail"]
    assert summary == {"correct": 2, "unsupported": 1}


@pytest.mark.parametrize(("line", "message"), [("[1]", "a JSON object is wanted"), ("{", "broken")])
def test_a_broken_line_stops(tmp_path, line, message):
    cases = tmp_path / "cases.jsonl"
    cases.write_text('{"gold": "5", "prediction": "5"}\n' + line + "\n")
    with pytest.raises(UserError, match=f"cases.jsonl, line 2: .*{message}"):
        verify_file(cases, tmp_path / "out.jsonl", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["cases.jsonl"]


def test_a_misspelt_column_is_named(tmp_path):
    with pytest.raises(UserError, match=r"columns: gold, predicton\); name the column"):
        run(tmp_path, [{"gold": "5", "predicton": "5"}])


def test_out_that_is_a_folder_is_named(tmp_path):
    cases = write(tmp_path / "cases.jsonl", [{"gold": "5", "prediction": "5"}])
    with pytest.raises(UserError, match="is a folder; name the file to write"):
        verify_file(cases, tmp_path, 1)


def test_out_that_is_a_pipe_stays_one_and_a_link_is_followed(tmp_path):
    cases = write(tmp_path / "cases.jsonl", [{"gold": "5", "prediction": "5"}])
    os.mkfifo(pipe := tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe is a device or a pipe; name a file to write"):
        verify_file(cases, pipe, 1)
    assert pipe.is_fifo()
    (link := tmp_path / "link").symlink_to(tmp_path / "out.jsonl")
    verify_file(cases, link, 1)
    assert link.is_symlink()
    assert '"correct"' in (tmp_path / "out.jsonl").read_text()


@pytest.mark.parametrize("name", ["cases.csv", "cases.jsonl.gz"])
def test_other_formats(tmp_path, name):
    text = 'id,gold,prediction,params\n7,1/3,0.33,"{""decimals"": 2}"\n'
    if name.endswith("gz"):
        row = {"id": "7", "gold": "1/3", "prediction": "0.33", "params": {"decimals": 2}}
        (tmp_path / name).write_bytes(gzip.compress(("\ufeff" + json.dumps(row)).encode()))
    else:
        (tmp_path / name).write_text(text)
    assert verify_file(tmp_path / name, tmp_path / "out.jsonl", 1) == {"correct": 1}


def test_code_comes_as_a_program_or_in_a_reply(tmp_path, capsys):
    code = "def f(x):\n    return x + 1"
    row = {"kind": "code", "mode": "assert", "tests": "assert f(1) == 2", "limits": {"wall_s": 9}}
    rows = [
        {**row, "prediction": f"Here:\n```python\n{code}\n```\nDone."},
        {**row, "program": code},
        {**row, "prediction": "I cannot."},
        {**row, "prediction": None},
        {"gold": "5", "prediction": None},
        {"gold": "5", "prediction": "5"},
    ]
    _, found = run(tmp_path, rows)
    assert [r["outcome"] for r in found] == [*["correct"] * 2, *["no_answer"] * 3, "correct"]
    assert [r["answer"].rstrip() for r in found[:2]] == [code, code]
    table = capsys.readouterr().err.splitlines()
    assert sum(line.startswith("no_answer") for line in table) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nowhere\.jsonl: no such file"):
        verify_file(tmp_path / "nowhere.jsonl", tmp_path / "out.jsonl", 1)


def test_a_defect_of_ours_is_counted_told_and_ends_nothing(tmp_path, capsys, monkeypatch):
    def broken(*_):
        raise TypeError("broken for a test")

    monkeypatch.setattr("filters.verifiers.code.program_in", broken)
    code = {"kind": "code", "tests": "assert f(1) == 1", "prediction": "```py\nx\n```"}
    summary, found = run(tmp_path, [{"gold": "5", "prediction": "5"}, code, code | {"id": 2}])
    assert summary == {"correct": 1, "unsupported": 2}
    assert found[1]["detail"].startswith("a defect of the verifier, TypeError in test_verify_file")
    said = capsys.readouterr().err
    assert "2 rows met a defect of this program and are undecided, the first in row 2: a d" in said
    assert "report it with that row and what `curate version` says" in said


def test_values_of_any_type_are_rows(tmp_path):
    """Dates, decimals and bytes stand in Parquet files."""
    frame = pl.DataFrame(
        {
            "id": [datetime.date(2026, 1, 2)] * 2,
            "prediction": [Decimal("2.50"), None],
            "gold": [Decimal("2.5")] * 2,
            "params": [b"\xff", None],
        }
    )
    frame.write_parquet(tmp_path / "cases.parquet")
    out = tmp_path / "out.jsonl"
    verify_file(tmp_path / "cases.parquet", out, 1)
    found = [json.loads(line) for line in out.read_text().splitlines()]
    assert [row["id"] for row in found] == ["2026-01-02"] * 2
    assert [row["outcome"] for row in found] == ["unsupported", "no_answer"]


KINDS = [None, "math", "code", "choice", "exact", "logic", "compare", "extract", "x", 5, []]
TEXTS = [None, "", "5", "\\boxed{5}", 5, 0.5, True, [1, [2]], {"a": None}, "\ud800", "[[" * 50]
TEXTS += ["assert f(1) == 1", "def f(x): return x", '{"mode": "stdin"}', '[{"stdin": 1}]', 10**400]
TEXTS += [[{"call": "f", "args": [1], "expected": 1}], {"inputs": [[1]], "outputs": [1]}, "NaN"]
TEXTS += [{"mode": "call", "tests": [{"call": "f", "args": [], "expected": {}, "tolerance": -1}]}]
TEXTS += [{"wall_s": 0.5}, {"wall_s": "x"}, {"decimals": 2}, {"cases": [5]}, {"code": 1, "entry_point": 2}]  # fmt: skip  # noqa: E501


def test_rows_of_random_values_get_an_outcome_each(tmp_path):
    rng = random.Random(3)
    names = ["gold", "prediction", "program", "tests", "mode", "params", "limits", "choices", "id"]
    rows = [{"prediction": "5", "program": "x"}]
    for _ in range(400):
        row = {name: rng.choice(TEXTS) for name in rng.sample(names, rng.randrange(1, 9))}
        rows.append(row | {"kind": rng.choice(KINDS)})
    summary, found = run(tmp_path, rows, jobs=2)
    assert sum(summary.values()) == len(found) == len(rows)
    assert [row for row in found if "a defect of" in (row["detail"] or "")] == []
