import json

import polars as pl
import pytest

from filters.correctness import Correctness
from filters.schema import VERDICT, conform
from filters.verifiers.outcome import OUTCOMES, keep_of

BOXED = "<think>\n6 times 7\n</think>\n\nThe answer is \\boxed{%s}."


def frame(*rows: tuple) -> pl.DataFrame:
    """(kind, gold, response) or (kind, gold, response, extra columns)"""
    known = [
        {
            **{"trace_id": str(i), "attempt": 0, "response_hash": f"h{i}", "gold_hash": f"g{gold}"},
            **{"kind": kind, "gold": gold, "response": response, "choices": None, "tests": None},
            **(extra[0] if extra else {}),
        }
        for i, (kind, gold, response, *extra) in enumerate(rows)
    ]
    types = {"gold": pl.String, "tests": pl.String, "choices": pl.List(pl.String)}
    return pl.DataFrame(known, schema_overrides=types)


def judged(*rows: tuple) -> list[tuple]:
    verdicts = Correctness().judge(frame(*rows))
    return list(verdicts.select("keep", "reason", "score").iter_rows())


def test_correct_wrong_and_absent_answers():
    assert judged(
        ("math", "42", BOXED % "42"), ("math", "42", BOXED % "41"), ("math", "42", "<think>\nhm")
    ) == [(True, None, 1), (False, "incorrect", 0), (False, "no_answer", 0)]


def test_no_gold_is_undecided_and_kinds_without_an_answer_do_not_apply():
    assert judged(
        ("math", None, BOXED % "42"), ("open", None, "A poem."), ("safety", "unsafe", "No.")
    ) == [(None, "no_gold", None), *[(True, "not_applicable", None)] * 2]


def test_unknown_kinds_and_broken_tests_are_undecided():
    code = ("code", None, "```python\npass\n```", {"tests": "{not json"})
    assert judged(("chemistry", "H2O", "H2O"), code) == [
        (None, "unsupported", None), (None, "gold_unparseable", None)
    ]  # fmt: skip


def test_choices_and_their_texts():
    options = {"choices": ["red", "green", "blue"]}
    assert judged(("choice", "B", "So it is \\boxed{green}.", options))[0][0] is True


def test_answer_and_rule_are_found_in_the_detail():
    [detail] = Correctness().judge(frame(("math", "42", BOXED % "41")))["detail"]
    assert {f["what"]: f["text"] for f in detail} == {"answer": "41", "rule": "boxed"}


@pytest.mark.parametrize("code", [False, True])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_keeps_as_the_table_says(outcome, code):
    filter_ = Correctness()
    keep = keep_of(outcome, code=code)
    scores = [{"key": "correct", "value": None if keep is None else float(keep)}]
    rows = pl.DataFrame({"trace_id": ["t"], "scores": [scores], "label": [outcome]})
    stored = conform(rows, VERDICT)
    verdict = filter_.derive(stored).row(0, named=True)
    assert verdict["keep"] is keep
    assert verdict["reason"] == (None if keep else outcome)


def test_a_corrected_gold_is_judged_anew_and_jobs_changes_nothing():
    rows = frame(("math", "42", "x"), ("math", "43", "x"))
    hashes = rows.with_columns(response_hash=pl.lit("h")).select(Correctness().input_hash())
    assert hashes.to_series().n_unique() == 2
    assert Correctness(jobs=2).settings_hash == Correctness().settings_hash


def test_no_text_is_undecided():
    assert judged(("math", "42", None), ("math", "42", BOXED % "42"))[0] == (None, "no_text", None)


def test_order_of_rows_and_batches_changes_nothing():
    rows = frame(*[("math", str(g), BOXED % a) for g in (1, 2) for a in (1, "\\frac{4}{2}", 3)])
    whole = Correctness().judge(rows).sort("trace_id")
    parts = pl.concat([Correctness().judge(part) for part in rows.reverse().iter_slices(2)])
    assert parts.sort("trace_id").equals(whole)


def test_code_runs_against_its_tests():
    tests = json.dumps({"mode": "assert", "tests": "assert add(2, 3) == 5"})
    right = "```python\ndef add(a, b):\n    return a + b\n```"
    wrong = right.replace("+", "-")
    rows = [("code", None, text, {"tests": tests}) for text in (right, wrong)]
    assert [row[0] for row in judged(*rows)] == [True, False]


@pytest.mark.parametrize(("worked_out", "keep"), [(True, False), (False, True)])
def test_an_answer_still_to_be_worked_out_is_wrong_unless_told_otherwise(worked_out, keep):
    verdicts = Correctness(worked_out=worked_out).judge(frame(("math", "7", BOXED % "3+4")))
    assert verdicts["keep"].to_list() == [keep]
