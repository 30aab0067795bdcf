"""What a rollout is worth: each reward, and their sum."""

import multiprocessing
import os
import time
from typing import Any

import pytest

from curate.config import Grpo
from filters.errors import UserError
from rl.rewards import WeightedSum
from rl.rewards.format import format_reward
from rl.rewards.language import language
from rl.rewards.overlong import overlong
from rl.rewards.repetition import repetition

HERE = __name__


def reply(answer: str) -> str:
    return f"<think>\nI add.\n</think>\n\nIt is \\boxed{{{answer}}}."


@pytest.mark.parametrize(
    ("completion", "expected"),
    [
        (reply("3"), 1.0),
        ("  " + reply("3"), 1.0),
        ("I add.\n</think>\n\nThree.", 0.0),
        ("Well. " + reply("3"), 0.0),
        ("<think>\n</think>\nThree.", 0.0),
        ("<think>\nI add.\n</think>\n", 0.0),
        ("<think>I add.", 0.0),
        (reply("3") + "</think>", 0.0),
        (reply("3") + reply("3"), 0.0),
        ("", 0.0),
    ],
)
def test_format_wants_one_closed_block_and_a_reply(completion: str, expected: float) -> None:
    assert format_reward([completion]) == [expected]


def test_language_is_the_share_of_words_of_the_thinking() -> None:
    mixed = "<think>First I add the two numbers 然后我们检查答案是否正确</think> Three."
    pure, mixture, none = language([reply("3"), mixed, "Three."], target=["en", "en", "en"])
    assert pure == 1.0
    assert 0.2 < mixture < 0.9
    assert none == 0.0


@pytest.mark.parametrize(
    ("length", "expected"), [(1, 0.0), (80, 0.0), (90, -0.5), (95, -0.75), (100, -1.0), (101, -1.0)]
)
def test_overlong_falls_in_a_line_over_the_last_fifth(length: int, expected: float) -> None:
    assert overlong([[0] * length], max_tokens=100) == [pytest.approx(expected)]


def test_repetition_costs_the_share_of_the_text_that_goes_round() -> None:
    prose = "I add the tens, then the ones, and look at the carry before I say what it is."
    fine, looped, half = repetition([prose, "and so on " * 200, prose * 3 + "so on and " * 30])
    assert fine == 0.0
    assert looped < -0.9
    assert -1.0 <= looped <= half < -0.3


def half(completions: list[str], **_: object) -> list[float | None]:
    return [None if "?" in text else 0.5 for text in completions]


class AsText:
    """Stands in for `rl.reader.Reader`: the ids are the text's bytes."""

    def replies(self, prompts: list[str], ids: list[list[int]]) -> list[str]:
        return [bytes(of).decode() for of in ids]

    def ended(self, ids: list[int]) -> bool:
        return True


def weighted(**rewards: float) -> WeightedSum:
    return WeightedSum(Grpo(rewards=rewards, reward_timeout=1.0), AsText(), 100)


def summed(rewards: WeightedSum, texts: list[str], **columns: Any) -> list[float | None]:
    ids = [list(text.encode()) for text in texts]
    return rewards([""] * len(texts), ids, trainer_state=object(), **columns)


def test_rewards_are_weighted_and_added_and_undecided_rollouts_have_none() -> None:
    rewards = weighted(**{"format": 1.0, f"{HERE}:half": 2.0})
    assert summed(rewards, [reply("3"), "Three.", "Three?"]) == [2.0, 1.0, None]
    assert rewards.judged is not None
    assert rewards.judged.values["format"] == [1.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("acuracy", "no reward 'acuracy'; did you mean 'accuracy'"),
        ("no_such_module:f", "there is no module 'no_such_module'"),
        ("rl.rewards:WeightedSun", "did you mean 'WeightedSum'"),
    ],
)
def test_unknown_reward_names_the_nearest(name: str, line: str) -> None:
    with pytest.raises(UserError, match=line):
        weighted(**{name: 1.0})


def fragile(completions: list[str], target: list[str], **_: object) -> list[float | None]:
    if any("poison" in text for text in completions):
        raise ZeroDivisionError("poison")
    return [1.0 if code == "en" else 0.0 for code in target]


def test_a_completion_that_makes_a_reward_raise_is_undecided_and_a_defect() -> None:
    rewards = weighted(**{f"{HERE}:fragile": 1.0})
    texts, target = ["a", "poison", "b", "poison"], ["en", "en", "de", "de"]
    assert summed(rewards, texts, target=target) == [1.0, None, 0.0, None]
    assert rewards.judged is not None
    assert rewards.judged.outcomes[f"{HERE}:fragile"] == [None, "defect", None, "defect"]


def stuck(completions: list[str], **_: object) -> list[float | None]:
    if completions[0] == "sleep":
        time.sleep(600)
    if completions[0] == "die":
        os._exit(1)
    return [1.0 for _ in completions]


def test_a_reward_that_hangs_or_dies_costs_its_batch_and_nothing_else() -> None:
    rewards = weighted(**{f"{HERE}:stuck": 1.0})
    for first, outcome in (("sleep", "timeout"), ("die", "process_died"), ("well", None)):
        expected = None if outcome else 1.0
        assert summed(rewards, [first, "b"]) == [expected] * 2
        assert rewards.judged is not None
        assert rewards.judged.outcomes[f"{HERE}:stuck"] == [outcome] * 2


def test_a_reward_whose_process_was_killed_from_outside_is_asked_again() -> None:
    others = multiprocessing.active_children()
    rewards = weighted(**{f"{HERE}:stuck": 1.0})
    (child,) = set(multiprocessing.active_children()) - set(others)
    child.kill()
    assert summed(rewards, ["well", "b"]) == [1.0, 1.0]
