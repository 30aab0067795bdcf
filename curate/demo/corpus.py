"""The text the demo's tiny model learns from: column-wise addition, first clean, then dirty.

The dirt is what DeepSeek reports of R1-Zero (arXiv 2501.12948, section 2): languages mixed inside
one chain of thought, passages nobody can read, and besides these the wrong sums, loops and lost
tags that any sampled data has.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from curate.demo.problems import LANGUAGES, Addition, draw

BARE_SHARE = 0.6
CLEAN_SHARE = 0.5

_STEPS = {
    "en": (
        ("Let me add {a}+{b} by columns.", "I need to find {a}+{b}."),
        ("The ones give {x}+{y}={ones}, so carry {carry}.", "First {x}+{y}={ones}, carry {carry}."),
        ("The tens give {u}+{v}+{carry}={tens}.", "Then {u}+{v}+{carry}={tens}."),
        ("So the sum is {sum}.", "Together this makes {sum}."),
    ),
    "zh": (
        ("让我按列来算 {a}+{b}。", "我要求出 {a}+{b}。"),
        ("个位是 {x}+{y}={ones}，所以进 {carry}。", "先算 {x}+{y}={ones}，进 {carry}。"),
        ("十位是 {u}+{v}+{carry}={tens}。", "再算 {u}+{v}+{carry}={tens}。"),
        ("所以和是 {sum}。", "合起来得到 {sum}。"),
    ),
}
_SUMMARIES = {
    "en": (r"The sum of {a} and {b} is $\boxed{{{sum}}}$.", r"The answer is $\boxed{{{sum}}}$."),
    "zh": (r"{a} 与 {b} 的和是 $\boxed{{{sum}}}$。", r"答案是 $\boxed{{{sum}}}$。"),
}
_BLANK_SUMMARIES = {
    "en": ("That is the answer to the question.", "I have added both columns."),
    "zh": ("这就是问题的答案。", "我已经把两列加完了。"),
}
_WAIT = {"en": "Wait, ", "zh": "等等，"}
_SOUP = "#@%&*~^|\\/<>_=;:?!¤§±µ¶×÷"


@dataclass
class Draft:
    """A worked addition, before it is spoiled and written down."""

    addition: Addition
    thinking: list[str]
    summary: str
    opening: str = "<think>\n"
    closing: str = "\n</think>\n\n"
    facts: dict[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        return self.opening + "\n".join(self.thinking) + self.closing + self.summary

    @property
    def other(self) -> str:
        return LANGUAGES[1 - LANGUAGES.index(self.addition.language)]


def textbook(rng: random.Random) -> str:
    """A page of the clean textbook: the bare columns, or the working in words without tags."""
    addition = draw(rng)
    if rng.random() < BARE_SHARE:
        facts = _columns(rng, addition, wrong=False)
        return "{a}+{b}\n{x}+{y}={ones}\n{u}+{v}+{carry}={tens}\n{sum}".format(**facts)
    draft = worked(rng, addition)
    return "\n".join([addition.question, *draft.thinking, draft.summary])


def dirty(rng: random.Random) -> tuple[str, str]:
    """A question and what an R1-Zero-like model answers: about half of it is spoiled."""
    addition = draw(rng)
    if rng.random() < CLEAN_SHARE:
        return addition.question, worked(rng, addition).text
    draft = worked(rng, addition)
    spoil = rng.choices(list(SPOILS), weights=list(SPOILS.values()))[0]
    spoil(rng, draft)
    return addition.question, draft.text


def worked(rng: random.Random, addition: Addition, wrong: bool = False) -> Draft:
    facts = _columns(rng, addition, wrong)
    language = addition.language
    return Draft(
        addition,
        [rng.choice(step).format(**facts) for step in _STEPS[language]],
        rng.choice(_SUMMARIES[language]).format(**facts),
        facts=facts,
    )


def _columns(rng: random.Random, addition: Addition, wrong: bool) -> dict[str, int]:
    """The column sums; a wrong one is off by one or forgets the carry, and all else follows."""
    a, b = addition.a, addition.b
    slip = rng.choice(("ones", "tens", "carry")) if wrong else None
    ones = a % 10 + b % 10 + (rng.choice((-1, 1)) if slip == "ones" else 0)
    ones = max(ones, 0)
    carry = ones // 10
    tens = a // 10 + b // 10 + (0 if slip == "carry" else carry)
    tens += rng.choice((-1, 1)) if slip == "tens" else 0
    return {
        **{"a": a, "b": b, "x": a % 10, "y": b % 10, "u": a // 10, "v": b // 10},
        **{"ones": ones, "low": ones % 10, "carry": carry, "tens": tens},
        "sum": tens * 10 + ones % 10,
    }


def wrong_sum(rng: random.Random, draft: Draft) -> None:
    """A slip in one column, carried on to the end."""
    slipped = worked(rng, draft.addition, wrong=True)
    draft.thinking, draft.summary = slipped.thinking, slipped.summary


def switch_language(rng: random.Random, draft: Draft) -> None:
    """From some line on, or in one line, the other language."""
    at = rng.randrange(1, len(draft.thinking))
    to = len(draft.thinking) if rng.random() < 0.5 else at + 1
    for i in range(at, to):
        draft.thinking[i] = rng.choice(_STEPS[draft.other][i]).format(**draft.facts)


def switch_summary(rng: random.Random, draft: Draft) -> None:
    draft.summary = rng.choice(_SUMMARIES[draft.other]).format(**draft.facts)


def symbol_soup(rng: random.Random, draft: Draft) -> None:
    """Lines that nobody can read."""
    for _ in range(rng.randint(1, 3)):
        soup = "".join(rng.choice(_SOUP) for _ in range(rng.randint(12, 30)))
        draft.thinking.insert(rng.randrange(1, len(draft.thinking)), soup)


def loop(rng: random.Random, draft: Draft) -> None:
    """A word or a line again and again."""
    at = rng.randrange(1, len(draft.thinking))
    if rng.random() < 0.7:
        draft.thinking.insert(at, _WAIT[draft.addition.language] * rng.randint(12, 40))
    else:
        draft.thinking[at:at] = [draft.thinking[at]] * rng.choice((4, 5, 6, 12))


def lose_tags(rng: random.Random, draft: Draft) -> None:
    how = rng.randrange(3)
    if how == 0:
        draft.opening = draft.closing = "\n"
    elif how == 1:
        draft.closing = "\n"
    else:
        draft.summary = ""


def no_answer(rng: random.Random, draft: Draft) -> None:
    draft.summary = rng.choice(_BLANK_SUMMARIES[draft.addition.language])


Spoil = Callable[[random.Random, Draft], None]

SPOILS: dict[Spoil, float] = {
    wrong_sum: 0.12,
    switch_language: 0.26,
    switch_summary: 0.06,
    symbol_soup: 0.18,
    loop: 0.16,
    lose_tags: 0.16,
    no_answer: 0.06,
}
"""what can go wrong -> how often, among what does"""
