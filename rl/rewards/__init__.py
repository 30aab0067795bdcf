"""The rewards by name, and their weighted sum.

A reward is one file here and one line in `REWARDS`, or `my.module:my_reward` in the configuration:
a function of `completions` (whole replies, think block and all) and, by keyword, `prompts`,
`completion_ids`, `target` (language) and the columns of the problems, lists of one length. It
gives a number per completion, or None where it cannot judge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

from filters.errors import UserError
from filters.plugins import load

Reward = Callable[..., Sequence[float | None]]

REWARDS = {
    "accuracy": "rl.rewards.accuracy:accuracy",
    "format": "rl.rewards.format:format_reward",
    "language": "rl.rewards.language:language",
}


def load_rewards(weights: Mapping[str, float]) -> dict[str, Reward]:
    """The functions that `grpo.rewards` names."""
    if not weights:
        raise UserError("grpo.rewards is empty: name at least one reward and its weight")
    return {name: load(name, "grpo.rewards", "reward", REWARDS) for name in weights}


class WeightedSum:
    """One reward function for TRL: Σ weight × reward.

    TRL leaves a rollout out of its group's advantages only if *every* function gave None for it;
    a wrong language would still be learned from a rollout nobody can call right or wrong. Here a
    rollout about which any reward is undecided has no sum, and so no part in the advantages.
    """

    __name__ = "reward"

    def __init__(
        self,
        weights: Mapping[str, float],
        read: Callable[[Sequence[str], Sequence[Sequence[int]]], list[str]],
        note: Callable[[int, str, float], None],
    ) -> None:
        """`read` makes replies of prompts and completion ids; `note` hears step, name, value."""
        self.weights, self.read, self.note = dict(weights), read, note
        self.rewards = load_rewards(weights)

    def __call__(
        self,
        prompts: Sequence[str],
        completions: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        trainer_state: Any,
        **columns: Any,
    ) -> list[float | None]:
        replies = self.read(prompts, completion_ids)
        given = {"prompts": prompts, "completion_ids": completion_ids, **columns}
        values = {
            name: self._values(name, reward(completions=replies, **given), len(replies))
            for name, reward in self.rewards.items()
        }
        rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        decided = [row for row in rows if None not in row.values()]
        # the trainer logs this step after it has counted it
        step = trainer_state.global_step + 1
        self.note(step, "undecided", len(rows) - len(decided))
        for name in values if decided else ():
            self.note(step, f"reward/{name}", fmean(row[name] or 0.0 for row in decided))
        return [self._sum(row) for row in rows]

    def _sum(self, row: Mapping[str, float | None]) -> float | None:
        terms = [self.weights[name] * value for name, value in row.items() if value is not None]
        return sum(terms) if len(terms) == len(row) else None

    def _values(
        self, name: str, values: Sequence[float | None], wanted: int
    ) -> Sequence[float | None]:
        if len(values) != wanted:
            raise UserError(f"reward {name!r} gave {len(values)} numbers for {wanted} completions")
        return values
