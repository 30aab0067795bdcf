"""The shared answer-checking cases: agreement, and every disagreement with its reason."""

import json

import pytest

from filters.verifiers import Case, verify

DISAGREEMENTS = {
    "d0051": "the last box holds an intermediate value; a box outranks the later answer line",
    "d0147": "a root still to be taken, where the gold is the plain number 4",
    "d0196": r"\char addresses a glyph of a font, not a letter",
}


@pytest.fixture(scope="module")
def judged(shared):
    rows = [json.loads(line) for line in (shared / "verify_cases.jsonl").open()]
    cases = [
        Case(r["prediction"], r["gold"], bare=r["kind"] == "compare", params=r.get("params") or {})
        for r in rows
    ]
    return list(zip(rows, verify(cases), strict=True))


def test_agreement_is_at_least_985_in_a_thousand(judged):
    agree = sum((o.outcome == "correct") == row["expected"] for row, o in judged)
    assert agree / len(judged) >= 0.985


def test_every_disagreement_is_known_and_explained(judged):
    found = {row["id"] for row, o in judged if (o.outcome == "correct") != row["expected"]}
    assert found <= DISAGREEMENTS.keys()


def test_nothing_is_falsely_accepted(judged):
    assert [row["id"] for row, o in judged if o.outcome == "correct" and not row["expected"]] == []
