"""The mini road's second task: its problems, its texts, and what its base has to be able to do."""

import random
import re
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from curate.demo import base, guess, problems
from filters.verifiers import verify
from filters.verifiers.outcome import Case

ONE_TRY = 32
"""tokens that the control has (recipes/mini-r1-guess.yaml)"""


def test_what_is_held_out_is_in_no_text_and_no_training_problem() -> None:
    asked = problems.rows(guess.draw, 200, "test", True)
    rng = random.Random(0)
    read = [source(rng)[0] for source in [guess.solved, guess.dirty] * 2000]
    read += [row["problem"] for row in problems.rows(guess.draw, 200, "train", False)]
    assert not {key(row["problem"]) for row in asked} & set(map(key, read))
    assert len(set(map(key, read))) > 4000


def key(question: str) -> tuple[int, ...]:
    """The list in any order, and what is added."""
    numbers = sorted(map(int, re.findall(r"\d+", question)))
    return tuple(numbers[:-1])  # all but the sum, which is the largest


def test_sums_are_not_among_the_numbers() -> None:
    assert guess.NUMBERS[0] + guess.ADDENDS[0] > max(guess.NUMBERS[-1], guess.ADDENDS[-1])


@pytest.mark.parametrize(("gives_up", "right"), [(0.0, 1.0), (1.0, 1 / 6)])
def test_who_goes_on_finds_it_and_who_tries_once_mostly_does_not(
    gives_up: float, right: float
) -> None:
    rng = random.Random(0)
    drawn = [guess.draw(rng) for _ in range(100)]
    replies = [guess.Author(rng, gives_up=gives_up).reply(one) for one in drawn]
    outcomes = verify([Case(r, gold=one.gold) for r, one in zip(replies, drawn, strict=True)])
    assert sum(o.outcome == "correct" for o in outcomes) / 100 == pytest.approx(right, abs=0.08)


def test_a_search_goes_round_the_end_of_the_list() -> None:
    one = guess.Guess((24, 31, 22), added=43, sought=31, language="en")
    lines, answer = guess.Author(random.Random(0), start=2).thinking(one)
    assert (lines, answer) == (
        [
            "I look for 74",
            "Try 22 + 43 = 65 no",
            "Wait, after 22 24 + 43 = 67 no",
            "Wait, after 24 31 + 43 = 74 yes",
            "So it is 31",
        ],
        "31",
    )


def test_control_has_room_for_one_try_and_none_for_a_second() -> None:
    tokenizer = base.make_tokenizer(guess.COURSE)
    rng = random.Random(0)
    lengths: dict[int, list[int]] = {}
    for _ in range(1000):
        author = guess.Author(rng, tongue="mixed", gives_up=0.6)
        lines, answer = author.thinking(guess.draw(rng))
        tokens = len(tokenizer.encode(author.written(lines, answer))) + 1  # its end
        lengths.setdefault(len(lines) - 2, []).append(tokens)
    assert max(lengths[1]) <= ONE_TRY < min(lengths[2])


@pytest.mark.slow
def test_base_goes_on_in_a_list_and_sees_what_it_looked_for(tmp_path: Path) -> None:
    """What RL cannot teach it, and without which another try is worth nothing. Minutes."""
    folder = base.build(tmp_path / "base", guess.COURSE, seed=1)
    model = AutoModelForCausalLM.from_pretrained(folder)
    tokenizer = base.make_tokenizer(guess.COURSE)
    rng = random.Random(0)
    following: list[float] = []
    yes: list[float] = []
    for one in (guess.draw(rng, held_out=True) for _ in range(200)):
        asked = f"{base.USER}{one.question}{base.ASSISTANT}"
        ids = tokenizer.encode(asked + guess.Author(rng, start=0).reply(one))
        told = [tokenizer.decode([i]).strip() for i in ids]
        with torch.no_grad():
            chances = model(torch.tensor([ids])).logits[0].softmax(-1)
        for at in range(2, len(ids)):
            chance = chances[at - 1, ids[at]].item()
            if told[at - 2] in ("after", "接着"):
                following.append(chance)
            if told[at] in ("yes", "对"):
                yes.append(chance)
    assert sum(following) / len(following) >= 0.8
    assert sum(yes) / len(yes) >= 0.9
