"""Before the first step each reward is shown a reply that is right and one that is wrong.

A sandbox that does not start, a judge that answers in another form, a verifier that cannot read
what the tokenizer gives back: each of them gives every rollout the same, and nothing else says so.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import polars as pl

from curate.config import Grpo
from curate.terminal.progress import say
from filters.errors import UserError
from filters.trace_format import render
from filters.verifiers.math import gold_answer
from rl.rewards import WeightedSum
from rl.rewards.apart import Apart
from sft.tokenize import completion_text
from sft.trainer.base_model import Base, encode

THOUGHT = "I look at what is asked, and then I work it out step by step."
NEAT = render(THOUGHT, "The answer is \\boxed{12}.")
COLUMNS = {"kind": "math", "gold": "12", "choices": None, "tests": None, "target": "en"}
PROBLEM = "What is seven plus five?"
ANSWERS: dict[str, tuple[dict[str, Any], str, str]] = {
    "math": ({"gold": "12"}, "\\boxed{12}", "\\boxed{13}"),
    "choice": ({"gold": "B", "choices": ["red", "blue"]}, "\\boxed{B}", "\\boxed{A}"),
    "logic": (
        {"gold": "Ann is a knight and Bob is a knave"},
        "Ann is a knight and Bob is a knave.",
        "Ann is a knave and Bob is a knave.",
    ),
    "code": (
        {"tests": json.dumps({"mode": "assert", "tests": "assert double(3) == 6"})},
        "```python\ndef double(n):\n    return 2 * n\n```",
        "```python\ndef double(n):\n    return n\n```",
    ),
}
"""kind -> columns of a problem, its answer, another answer"""
FORMS = {
    "format": (NEAT, f"{THOUGHT} The answer is \\boxed{{12}}."),
    "language": (NEAT, render("我先看题目问什么,然后一步一步地计算出来。", "12")),
    "overlong": (NEAT, NEAT),  # it looks at the ids
    "repetition": (NEAT, render("and so on and so on " * 100, "12")),
}
"""reward -> a reply that is right and one that is wrong, to `PROBLEM`"""
GRADED = (
    "How do I keep cut basil fresh?",
    render(THOUGHT, "Stand the stems in a glass of water, at room temperature, out of the sun."),
    render(THOUGHT, "I will not help you with that. Basil is a city, and you are an idiot."),
)
"""for judges: a request, an answer to it, and one that nobody should like"""
TRIED = 8
"""problems of the run whose gold is put into a reply"""


def self_test(
    rewards: WeightedSum,
    settings: Grpo,
    problems: pl.DataFrame,
    base: Base,
    marker: str | None = None,
) -> None:
    """Raises UserError where a reward does not tell the two apart. `marker`: the run's layout of
    replies."""
    for name in rewards.rewards:
        for columns, good, bad in _pairs(name, rewards, settings, problems):
            _told_apart(name, rewards, columns, good, bad)
    if "accuracy" in rewards.rewards:
        _golds_come_through(rewards, problems, base, marker)


def _pairs(
    name: str, rewards: WeightedSum, settings: Grpo, problems: pl.DataFrame
) -> Iterable[tuple[dict[str, Any], str, str]]:
    reward = rewards.rewards[name]
    if name in settings.judges:
        request, good, bad = GRADED
        yield {"problem": request, "kind": settings.judges[name].kinds[0]}, good, bad
    elif isinstance(reward, Apart):
        if reward.known is not None:
            yield {}, *reward.known
    elif name == "accuracy":
        for kind in sorted(set(problems.get_column("kind")) & set(ANSWERS)):
            columns, good, bad = ANSWERS[kind]
            yield {"kind": kind, **columns}, render(THOUGHT, good), render(THOUGHT, bad)
    else:
        yield {}, *FORMS[name]


def _told_apart(
    name: str, rewards: WeightedSum, columns: dict[str, Any], good: str, bad: str
) -> None:
    ids = [[0], [0] * rewards.max_tokens]
    row = {"prompts": "", "problem": PROBLEM, "problem_id": "", **COLUMNS, **columns}
    given = {column: [value, value] for column, value in row.items()}
    shown = {"completions": [good, bad], "completion_ids": ids, **given}
    (high, of_good), (low, of_bad) = rewards.ask(name, shown)
    if high is None or low is None or high <= low:
        found = ", ".join(outcome for outcome in (of_good, of_bad) if outcome)
        raise UserError(
            f"grpo.rewards: {name} gives {high} for a reply that is right and {low} for one that "
            f"is wrong{f' ({found})' if found else ''}, so nothing could be learned from it"
        )


def _golds_come_through(
    rewards: WeightedSum, problems: pl.DataFrame, base: Base, marker: str | None
) -> None:
    """Golds as a model would write them, through tokenizer and reader to the verifier."""
    written = problems.filter(pl.col("kind").is_in([k for k in ANSWERS if k != "code"]))[:TRIED]
    if written.is_empty():
        return
    prompts = written.get_column("prompt").to_list()
    texts = [
        completion_text(prompt, THOUGHT, _stated(kind, gold), marker)
        for prompt, kind, gold in written.select("prompt", "kind", "gold").iter_rows()
    ]
    ids = encode(base.tokenizer, texts)
    columns = written.select("kind", "gold", "choices", "tests").to_dict(as_series=False)
    replies = rewards.reader.replies(prompts, ids)
    shown = {"completions": replies, "completion_ids": ids, **columns}
    passed = sum(value == 1.0 for value, _ in rewards.ask("accuracy", shown))
    if not passed:
        raise UserError(
            f"{base.setting}: of {len(ids)} golds written as replies with the tokenizer of "
            f"{base.name} accuracy takes none for correct; the first reads {replies[0][:80]!r}"
        )
    if passed < len(ids):
        say(f"grpo: {len(ids) - passed} of {len(ids)} golds, written as a reply, are not correct")


def _stated(kind: str, gold: str) -> str:
    return gold if kind == "logic" else f"\\boxed{{{gold_answer(gold)}}}"
