"""The set that comes along: sound, and never trained on."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_runs import Curate, Row, write

from curate.config import Config, ProblemSet
from curate.evaluation import sets
from curate.evaluation.trick import FILE, trick_ids
from curate.store.run_folder import Run
from filters.verifiers import Case, verify

ROWS: list[Row] = [json.loads(line) for line in FILE.read_text().splitlines()]


def outcome(row: Row, answer: str) -> str:
    choices = tuple(row.get("choices", ())) or None
    reply = f"<think>\nI look twice.\n</think>\n\nIt is \\boxed{{{answer}}}."
    (found,) = verify([Case(reply, gold=row["gold"], kind=row["kind"], choices=choices)])
    return found.outcome


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["problem"][:30])
def test_gold_is_right_and_what_memory_says_is_wrong(row: Row) -> None:
    assert (outcome(row, row["gold"]), outcome(row, row["trap"])) == ("correct", "incorrect")


def test_a_percent_sign_makes_no_answer_wrong() -> None:
    asked = [row for row in ROWS if "percent" in row["problem"]]
    assert {outcome(row, row["gold"] + "\\%") for row in asked} == {"correct"}


def test_ids_in_the_file_are_those_of_its_problems(tmp_path: Path) -> None:
    run = Run.create(tmp_path / "run", Config(jobs=1))
    problems = sets.loaded(run, sets.named(ProblemSet(path="trick")))
    assert set(problems.get_column("problem_id")) == trick_ids()
    assert problems.height == len(ROWS) == 12
    assert problems.get_column("gold_check").unique().to_list() == ["correct"]


@pytest.mark.parametrize("columns", [{}, {"response": "<think>\nHm.\n</think>\n\n0"}])
def test_import_refuses_them(tmp_path: Path, curate: Curate, columns: dict[str, Any]) -> None:
    rows = [{"problem": "What is 1 + 1?", "gold": "2", **columns}, {**ROWS[0], **columns}]
    file = write(tmp_path / "rows.jsonl", rows)
    told = curate("import", tmp_path / "run", file, *([] if columns else ["--problems"]))
    assert "1 of the problems" in told.line
    assert "evaluation set `trick`, which nothing is trained on" in told.line
    assert not (tmp_path / "run").exists()
