"""The rewards by name, and their weighted sum.

A reward is one file here and one line in `REWARDS`, a judge of `grpo.judges` by its name there, or
`my.module:my_reward` (which runs in a process of its own, `apart.py`):
a function of `completions` (whole replies, think block and all) and, by keyword, `prompts`,
`completion_ids`, `max_tokens`, `target` (language) and the columns of the problems, lists of one
length. It gives a number per completion, or None where it cannot judge through no fault of the
completion; `log_extra("outcome", names)` may say what it found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from curate.config import Grpo
from curate.terminal.progress import say
from filters.errors import UserError
from filters.plugins import load
from rl.rewards.apart import Apart

if TYPE_CHECKING:
    from rl.reader import Reader

Reward = Callable[..., Sequence[float | None]]

REWARDS = {
    "accuracy": "rl.rewards.accuracy:accuracy",
    "format": "rl.rewards.format:format_reward",
    "language": "rl.rewards.language:language",
    "overlong": "rl.rewards.overlong:overlong",
    "repetition": "rl.rewards.repetition:repetition",
}
DEFECT = "defect"
"""the outcome of a completion on which a reward raised"""


def load_rewards(settings: Grpo) -> dict[str, Reward]:
    """The functions that `grpo.rewards` names."""
    if not settings.rewards:
        raise UserError("grpo.rewards is empty: name at least one reward and its weight")
    return {name: _loaded(name, settings) for name in settings.rewards}


def _loaded(name: str, settings: Grpo) -> Reward:
    if name in settings.judges:
        from rl.rewards.judge import JudgeReward

        return JudgeReward(name, settings.judges[name])
    if ":" in name:
        return Apart(name, settings.reward_timeout)
    known = REWARDS | dict.fromkeys(settings.judges, "")
    reward: Reward = load(name, "grpo.rewards", "reward", known)
    return reward


@dataclass(frozen=True)
class Judged:
    """What the rewards said of the rollouts of one batch, in their order."""

    completions: list[str]
    ids: list[list[int]]
    ended: list[bool]
    """came to an end of text, and were not cut"""
    values: dict[str, list[float | None]]
    """by reward; None where it could not judge"""
    outcomes: dict[str, list[str | None]]
    """by reward: what it found, where no number says it"""
    sums: list[float | None]
    """weighted; None where any reward is None"""


class WeightedSum:
    """One reward function for TRL: Σ weight × reward.

    TRL leaves a rollout out of its group's advantages only if *every* function gave None for it;
    a wrong language would still be learned from a rollout nobody can call right or wrong. Here a
    rollout about which any reward is undecided has no sum, and so no part in the advantages.
    """

    __name__ = "reward"

    def __init__(self, settings: Grpo, reader: Reader, max_tokens: int) -> None:
        """`max_tokens`: of a rollout, as many as there is room for."""
        self.weights, self.reader, self.max_tokens = settings.rewards, reader, max_tokens
        self.rewards = load_rewards(settings)
        self.judged: Judged | None = None  # of the latest batch
        self._reported: set[str] = set()  # rewards whose first defect was said

    def __call__(
        self,
        prompts: Sequence[str],
        completion_ids: Sequence[Sequence[int]],
        completions: Sequence[str] = (),  # TRL's reading, without special tokens such as <think>
        log_extra: object = None,
        log_metric: object = None,
        trainer_state: object = None,
        **columns: Any,
    ) -> list[float | None]:
        ids = [list(completion) for completion in completion_ids]
        replies = self.reader.replies(prompts, ids)
        self.judged = self.judge(replies, ids, prompts=list(prompts), **columns)
        return self.judged.sums

    def judge(self, replies: list[str], ids: list[list[int]], **columns: Any) -> Judged:
        given = {"completions": replies, "completion_ids": ids, **columns}
        judgements = {name: self.ask(name, given) for name in self.rewards}
        values = {name: [value for value, _ in pairs] for name, pairs in judgements.items()}
        outcomes = {name: [outcome for _, outcome in pairs] for name, pairs in judgements.items()}
        sums = [self._sum(row) for row in zip(*values.values(), strict=True)]
        ended = [self.reader.ended(completion) for completion in ids]
        return Judged(replies, ids, ended, values, outcomes, sums)

    def _sum(self, row: Sequence[float | None]) -> float | None:
        terms = [w * v for w, v in zip(self.weights.values(), row, strict=True) if v is not None]
        return sum(terms) if len(terms) == len(row) else None

    def ask(self, name: str, columns: Mapping[str, Any]) -> list[tuple[float | None, str | None]]:
        """Value and outcome of each of the `completions` among the columns. One that makes the
        reward raise is undecided, a `DEFECT`; it ends no step."""
        wanted = len(columns["completions"])
        extra: dict[str, list[str | None]] = {"outcome": [None] * wanted}
        try:
            values = self.rewards[name](
                **columns, max_tokens=self.max_tokens, log_extra=extra.__setitem__
            )
        except UserError:
            raise
        except Exception as error:
            if wanted > 1:  # which completion is it?
                each = [_only(columns, row, wanted) for row in range(wanted)]
                return [self.ask(name, one)[0] for one in each]
            if name not in self._reported:
                self._reported.add(name)
                say(f"reward {name}: a defect: {type(error).__name__}: {error}"[:300])
            return [(None, DEFECT)]
        if len(values) != wanted:
            raise UserError(f"reward {name!r} gave {len(values)} numbers for {wanted} completions")
        return list(zip(values, extra["outcome"], strict=True))


def _only(columns: Mapping[str, Any], row: int, rows: int) -> dict[str, Any]:
    """Of what is a list of one length that row, the rest as it is."""
    return {
        name: column[row : row + 1] if isinstance(column, list) and len(column) == rows else column
        for name, column in columns.items()
    }
