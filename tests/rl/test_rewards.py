"""What a rollout is worth."""

from types import SimpleNamespace

import pytest

from filters.errors import UserError
from rl.rewards import WeightedSum
from rl.rewards.accuracy import accuracy
from rl.rewards.format import format_reward
from rl.rewards.language import language


def reply(answer: str) -> str:
    return f"<think>\nI add.\n</think>\n\nIt is \\boxed{{{answer}}}."


def test_accuracy_is_the_verdict_of_the_verifier() -> None:
    completions = [reply("1/2"), reply("0.5"), reply("2"), "no idea", reply("2")]
    golds = ["\\frac12", "\\frac12", "\\frac12", "3", None]
    nothing = [None] * 5
    found = accuracy(completions, kind=["math"] * 5, gold=golds, choices=nothing, tests=nothing)
    assert found == [1.0, 1.0, 0.0, 0.0, None]


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


def half(completions: list[str], **_: object) -> list[float | None]:
    return [None if "?" in text else 0.5 for text in completions]


def summed(texts: list[str], **weights: float) -> tuple[list[float | None], list[tuple]]:
    notes: list[tuple] = []
    rewards = WeightedSum(
        {"format": 1.0, f"{__name__}:half": 2.0} | weights,
        lambda prompts, ids: texts,
        lambda *note: notes.append(note),
    )
    state = SimpleNamespace(global_step=4)
    ids = [[0]] * len(texts)
    return rewards([""] * len(texts), texts, ids, trainer_state=state), notes


def test_rewards_are_weighted_and_added_and_undecided_rollouts_have_none() -> None:
    sums, notes = summed([reply("3"), "Three.", "Three?"])
    assert sums == [2.0, 1.0, None]
    assert notes == [
        (5, "undecided", 1),
        (5, "reward/format", 0.5),
        (5, f"reward/{__name__}:half", 0.5),
    ]


def test_step_without_any_decided_rollout_has_no_means() -> None:
    sums, notes = summed(["?", "?"])
    assert sums == [None, None]
    assert notes == [(5, "undecided", 2)]


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
        summed([], **{name: 1.0})


def fragile(completions: list[str], target: list[str], **_: object) -> list[float | None]:
    if any("poison" in text for text in completions):
        raise ZeroDivisionError("poison")
    return [1.0 if code == "en" else 0.0 for code in target]


def test_a_completion_that_makes_a_reward_raise_is_undecided_and_counted() -> None:
    notes: list[tuple] = []
    rewards = WeightedSum(
        {f"{__name__}:fragile": 1.0}, lambda prompts, ids: [*prompts], lambda *n: notes.append(n)
    )
    texts, target = ["a", "poison", "b", "poison"], ["en", "en", "de", "de"]
    state = SimpleNamespace(global_step=0)
    found = rewards(texts, texts, [[1]] * 4, state, target=target, log_metric=print)
    assert found == [1.0, None, 0.0, None]
    assert notes[:2] == [(1, "undecided", 2), (1, "defects", 2)]
    rewards(["a"], ["a"], [[1]], state, target=["en"])
    assert [note for note in notes if note[1] == "defects"] == [(1, "defects", 2)]
