"""A defect of a verifier is a detail that names it."""

from filters.verifiers.outcome import CORRECT, UNSUPPORTED, Outcome, defect


def test_a_defect_names_the_exception_and_its_line():
    try:
        int("x")
    except ValueError as error:
        outcome = Outcome(UNSUPPORTED, detail=defect(error))
    assert outcome.is_defect
    assert outcome.detail.startswith("a defect of the verifier, ValueError in test_outcome.py:8: ")
    assert not Outcome(UNSUPPORTED, detail="no verifier").is_defect
    assert not Outcome(CORRECT).is_defect
