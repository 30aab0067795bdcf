"""Multiple choice: letters, option texts, several letters."""

import pytest

from filters.verifiers import Case, verify

OPTIONS = ("12 cm", "15 cm", "A circle", "None of these")


@pytest.mark.parametrize(
    ("gold", "reply", "outcome"),
    [
        ("B", "</think>The answer is (B).", "correct"),
        ("B", "</think>The answer is B) 15 cm", "correct"),
        ("B", "</think>\\boxed{15 \\text{ cm}}", "correct"),
        ("15 cm", "</think>Answer: B", "correct"),
        ("C", "</think>\\boxed{\\text{A circle}}", "correct"),
        ("A", "</think>\\boxed{\\text{A circle}}", "incorrect"),
        ("B", "</think>故选 B", "correct"),
        ("B", "</think>\\boxed{A}", "incorrect"),
        ("B", "</think>\\boxed{A \\text{ or } B}", "incorrect"),
        ("B", "</think>The correct option is B.", "correct"),
        ("B", "</think>So the correct choice is (B).", "correct"),
        ("B", "</think>正确选项是 B", "correct"),
        ("B", "</think>选项B正确。", "correct"),
        ("B", "</think>Option B is right, because option A costs more.", "correct"),
        ("B", "</think>Option B is wrong, so option A is right.", "incorrect"),
        ("A, C", "</think>\\boxed{A, C}", "correct"),
        ("A, C", "</think>\\boxed{C and A}", "correct"),
        ("A, C", "</think>\\boxed{A}", "incorrect"),
        ("B", "<think>\\boxed{B}", "no_answer"),
        (None, "</think>\\boxed{B}", "no_gold"),
    ],
)
def test_choice(gold, reply, outcome):
    case = Case(reply, gold, kind="choice", choices=OPTIONS)
    assert verify([case])[0].outcome == outcome
