"""The verifier's verdict as a reward: what is the completion's fault, and what is ours."""

import json
from typing import Any

import pytest

from rl.rewards.accuracy import accuracy


def reply(answer: str) -> str:
    return f"<think>\nI add.\n</think>\n\nIt is {answer}."


def boxed(answer: str) -> str:
    return reply(f"\\boxed{{{answer}}}")


def judged(completions: list[str], **columns: Any) -> list[tuple[float | None, str | None]]:
    """Value and outcome of each; columns that hold for all are given once."""
    found: dict[str, list[str | None]] = {}
    asked = {"kind": "math", "gold": None, "choices": None, "tests": None} | columns
    given = {n: v if isinstance(v, list) else [v] * len(completions) for n, v in asked.items()}
    values = accuracy(completions, log_extra=found.__setitem__, **given)
    return list(zip(values, found["outcome"], strict=True))


def test_mathematics() -> None:
    completions = [boxed("1/2"), boxed("0.5"), boxed("2"), "no idea", boxed("1+1")]
    assert judged(completions, gold=["\\frac12", "\\frac12", "\\frac12", "3", "2"]) == [
        (1.0, "correct"),
        (1.0, "correct"),
        (0.0, "incorrect"),
        (0.0, "no_answer"),
        (0.0, "incorrect"),  # the question in a box is no answer
    ]


def test_choices_and_logic() -> None:
    of = {"kind": "choice", "gold": "B", "choices": [["red", "blue"]] * 2}
    assert judged([boxed("B"), boxed("A")], **of) == [(1.0, "correct"), (0.0, "incorrect")]
    of = {"kind": "logic", "gold": "Ann is a knight, Bob is a knave"}
    right, wrong = "Bob is a knave and Ann is a knight", "Ann is a knave and Bob is a knave"
    assert judged([reply(right), reply(wrong)], **of) == [(1.0, "correct"), (0.0, "incorrect")]


def test_programs_are_run_against_their_tests() -> None:
    tests = json.dumps({"mode": "assert", "tests": "assert double(3) == 6"})
    programs = [
        f"\n```python\ndef double(n):\n    {body}\n```\n" for body in ("return 2 * n", "1 / 0")
    ]
    found = judged([*map(reply, programs), reply("no program")], kind="code", tests=tests)
    assert found == [(1.0, "correct"), (0.0, "runtime_error"), (0.0, "no_answer")]


def test_a_monster_costs_its_limit_and_earns_nothing() -> None:
    found = judged([boxed("9^{9^{9^9}}"), boxed("\\int_0^1 x^{x^{x}} dx"), boxed("12")], gold="12")
    values, outcomes = zip(*found, strict=True)
    assert values == (0.0, 0.0, 1.0)
    assert outcomes[0] in ("timeout", "resource_limit", "incorrect")
    assert outcomes[2] == "correct"


@pytest.mark.parametrize(
    ("columns", "outcome"),
    [
        ({"gold": None}, "no_gold"),
        ({"kind": "code", "tests": "{}"}, "no_gold"),
        ({"kind": "code", "tests": "["}, "gold_unparseable"),
    ],
)
def test_what_is_our_fault_is_undecided(columns: dict, outcome: str) -> None:
    assert judged([boxed("12")], **columns) == [(None, outcome)]


def test_problems_without_a_right_answer_are_left_to_a_judge() -> None:
    assert judged([boxed("12")], kind="open") == [(0.0, "not_applicable")]
