"""What our own code fails in is that row's outcome, named, and no exception of the run."""

import pytest

from filters.trace_format import parts as trace_format
from filters.verifiers import Case, verify, verify_gold
from filters.verifiers.equality import same_answer as comparison
from filters.verifiers.equality import worker

ONCE_RAISED = (
    "floor(1,2)", "abs(1,2)", r"\log(8,2,3)", r"\sgn(1,2)", r"\binom0.5", "12:30}",
)  # fmt: skip


def broken(*_, **__):
    raise TypeError("broken for a test")


@pytest.mark.parametrize("text", ONCE_RAISED)
def test_what_once_raised_has_an_outcome_as_answer_and_as_gold(text):
    assert verify([Case(rf"\boxed{{{text}}}", "5")])[0].outcome == "incorrect"
    expected = "incorrect" if text == "12:30}" else "gold_unparseable"
    assert verify([Case("5", text, bare=True)])[0].outcome == expected
    assert verify_gold([text])[0].outcome in ("gold_unparseable", "correct")


@pytest.mark.parametrize(
    "decimals", ["x", float("nan"), float("inf"), [1], {"a": 1}], ids=lambda value: repr(value)
)
def test_decimals_that_are_no_number_leave_the_row_undecided(decimals):
    found = verify([Case("5", "6", params={"decimals": decimals})])[0]
    assert (found.outcome, found.detail) == ("unsupported", "decimals is no whole number")


def test_a_comparison_that_fails_in_the_driver_is_decided_by_a_worker(monkeypatch):
    monkeypatch.setattr(comparison, "same_answer", broken)
    found = verify([Case("0.123", r"\frac{123}{1000}", bare=True)])[0]
    assert (found.outcome, found.stage) == ("correct", "symbolic")


@pytest.mark.parametrize("error", [TypeError, KeyError, AssertionError])
def test_what_fails_in_the_worker_too_is_undecided_and_named(monkeypatch, error):
    def fails(gold, answer, comparer):
        if answer == "6":
            raise error
        return False

    monkeypatch.setattr(comparison, "same_answer", fails)
    outcome, detail = worker.decide("5", "6")
    assert outcome == "unsupported"
    assert detail.startswith(f"a defect of the verifier, {error.__name__} in ")


def test_a_gold_that_fails_against_anything_is_to_blame(monkeypatch):
    monkeypatch.setattr(comparison, "same_answer", broken)
    assert worker.decide("5", "6")[0] == "gold_unparseable"


@pytest.mark.parametrize("kind", ["math", "choice", "exact", "logic"])
@pytest.mark.parametrize("error", [TypeError, RecursionError, MemoryError])
def test_an_extraction_that_fails_costs_its_own_row_alone(monkeypatch, kind, error):
    def fails_on_six(text):
        if "6" in text:
            raise error
        return text

    monkeypatch.setattr(trace_format, "after_thinking", fails_on_six)
    gold = {"logic": "Ann is a knight."}.get(kind, "B")
    first, second = verify([Case(f"6 {gold}", gold, kind=kind), Case(gold, gold, kind=kind)])
    assert (first.outcome, second.outcome) == ("unsupported", "correct")
    assert (first.is_defect, second.is_defect) == (True, False)
    assert first.detail.startswith(f"a defect of the verifier, {error.__name__} in ")
