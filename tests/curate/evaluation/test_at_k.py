"""pass@1, pass@k, cons@k and standard errors, by hand-computed numbers."""

import pytest

from curate.evaluation.at_k import cons_at_k, pass_at_1, pass_at_k, standard_error


def test_pass_at_1_is_the_mean_over_the_samples_that_could_be_judged() -> None:
    assert pass_at_1([True, False, False, True]) == 0.5
    assert pass_at_1([True, None, False, None]) == 0.5
    assert pass_at_1([None]) is None


@pytest.mark.parametrize(
    ("correct", "k", "expected"),
    [
        ([True, False, False, False], 1, 0.25),
        ([True, False, False, False], 2, 0.5),  # 3 of the 6 pairs hold the correct one
        ([True, True, False, False], 2, 5 / 6),
        ([True, True, True, False], 2, 1.0),
        ([False, False], 2, 0.0),
        ([True, None], 2, None),
    ],
)
def test_pass_at_k_is_the_share_of_k_subsets_with_a_correct_one(
    correct: list[bool | None], k: int, expected: float | None
) -> None:
    assert pass_at_k(correct, k) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("answers", "correct", "expected"),
    [
        (["7", "7", "8"], [True, True, False], 1.0),
        (["7", "8", "8"], [True, False, False], 0.0),
        (["7", "8"], [True, False], 0.5),
        (["7", None, None], [True, False, False], 1.0),
        ([None, None], [False, False], 0.0),
        (["7", "7", "8"], [None, None, True], None),
        ([], [], None),
    ],
)
def test_cons_at_k_asks_the_majority(
    answers: list[str | None], correct: list[bool | None], expected: float | None
) -> None:
    assert cons_at_k(answers, correct) == expected
    assert cons_at_k(answers[::-1], correct[::-1]) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 1.0], 0.5),  # variance 1/2, of the mean 1/4
        ([0.5, 0.5, 0.5], 0.0),
        ([0.0, 0.0, 0.0, 1.0], 0.25),  # variance 1/4, of the mean 1/16
        ([0.3], None),
        ([], None),
    ],
)
def test_standard_error_is_that_of_the_mean_over_problems(
    values: list[float], expected: float | None
) -> None:
    assert standard_error(values) == pytest.approx(expected)
