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

from curate.terminal.progress import say
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
        self.defects = 0  # completions of this step that a reward raised on

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
            name: self._values(name, {"completions": replies, **given}, len(replies))
            for name in self.rewards
        }
        rows = [dict(zip(values, row, strict=True)) for row in zip(*values.values(), strict=True)]
        decided = [row for row in rows if None not in row.values()]
        # the trainer logs this step after it has counted it
        step = trainer_state.global_step + 1
        self.note(step, "undecided", len(rows) - len(decided))
        if self.defects:
            self.note(step, "defects", self.defects)
            self.defects = 0
        for name in values if decided else ():
            self.note(step, f"reward/{name}", fmean(row[name] or 0.0 for row in decided))
        return [self._sum(row) for row in rows]

    def _sum(self, row: Mapping[str, float | None]) -> float | None:
        terms = [self.weights[name] * value for name, value in row.items() if value is not None]
        return sum(terms) if len(terms) == len(row) else None

    def _values(self, name: str, columns: Mapping[str, Any], wanted: int) -> Sequence[float | None]:
        """A completion that makes the reward raise is undecided, and counted; it ends no step."""
        try:
            values = self.rewards[name](**columns)
        except UserError:
            raise
        except Exception as error:
            if wanted > 1:  # which completion is it?
                each = [_only(columns, row, wanted) for row in range(wanted)]
                return [self._values(name, one, 1)[0] for one in each]
            if not self.defects:
                say(f"reward {name}: a defect: {type(error).__name__}: {error}"[:300])
            self.defects += 1
            return [None]
        if len(values) != wanted:
            raise UserError(f"reward {name!r} gave {len(values)} numbers for {wanted} completions")
        return values


def _only(columns: Mapping[str, Any], row: int, rows: int) -> dict[str, Any]:
    """Of what is a list of one length that row, the rest as it is."""
    return {
        name: column[row : row + 1] if isinstance(column, list) and len(column) == rows else column
        for name, column in columns.items()
    }
