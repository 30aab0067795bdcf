"""Every rollout once: the table `rollouts`, and what a step's rollouts come to, for `metrics`.

Rows are committed every few steps and before each saved state. A training that goes on from a state
samples the steps behind it anew: where they come out as they were, as on a CPU, nothing is added;
where not, the later rows of a step are those that trained the weights, and the manifest shows them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import polars as pl
from transformers import TrainerCallback

from curate.store.run_folder import Run
from curate.store.shards import commit, read
from filters.language.language import Language
from filters.reflection import reflection_words
from filters.schema import ROLLOUT, content_id, utc_now
from filters.trace_format import parse_columns
from rl.rewards import Judged
from sft.trainer import processes

COMMIT_EVERY_S = 30.0
"""a shard holds the steps of so long: a kill loses no more, and they are sampled again"""
SAME = 1e-6
"""two sums of rewards that differ by less are one"""


class Rollouts(TrainerCallback):
    """A callback for the trainer, and the context in which it trains."""

    def __init__(
        self,
        run: Run,
        shared: Mapping[str, Any],
        note: Callable[[int, str, float], None],
    ) -> None:
        """`shared` holds what is the same for all rows, `training_id` among it; `note` hears step,
        metric, value."""
        self.run, self.shared, self.note = run, dict(shared), note
        self.known = {} if processes.is_follower() else self._known()
        self.waiting: list[pl.DataFrame] = []
        self.committed = time.monotonic()

    def _known(self) -> dict[int, list[str]]:
        """Step -> the rollouts that an earlier start of this training committed."""
        have = read(self.run.shards("rollouts"), ROLLOUT, ["training_id", "step", "rollout_id"])
        ours = have.filter(pl.col("training_id") == self.shared["training_id"])
        return dict(ours.group_by("step").agg("rollout_id").iter_rows())

    def take(
        self,
        step: int,
        asked: Sequence[Mapping[str, Any]],
        judged: Judged,
        advantages: Sequence[float],
    ) -> None:
        """The rollouts of a step that are this process's, group by group; called by all of them."""
        parts = processes.collect(as_frame(asked, judged, advantages))
        if processes.is_follower():
            return
        rows = described(pl.concat(parts), {**self.shared, "step": step})
        for metric, value in summary(rows):
            self.note(step, metric, value)
        if set(rows.get_column("rollout_id")) != set(self.known.get(step, ())):
            self.waiting.append(rows)
        if time.monotonic() - self.committed > COMMIT_EVERY_S:
            self.commit()

    def commit(self) -> None:
        if self.waiting:
            commit(self.run.folder("rollouts"), pl.concat(self.waiting), ROLLOUT)
        self.waiting, self.committed = [], time.monotonic()

    def on_save(self, *_: Any, **__: Any) -> None:
        self.commit()

    def __enter__(self) -> Rollouts:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit()


def as_frame(
    asked: Sequence[Mapping[str, Any]], judged: Judged, advantages: Sequence[float]
) -> pl.DataFrame:
    rewards = [
        [
            {"key": name, "value": values[number], "outcome": judged.outcomes[name][number]}
            for name, values in judged.values.items()
        ]
        for number in range(len(asked))
    ]
    columns = {
        "problem_id": [row["problem_id"] for row in asked],
        "problem": [row["problem"] for row in asked],
        "language": [row["target"] for row in asked],
        "completion": judged.completions,
        "completion_ids": judged.ids,
        "finish_reason": ["stop" if ended else "length" for ended in judged.ended],
        "rewards": rewards,
        "reward": judged.sums,
        "advantage": advantages,
    }
    known = {name: ROLLOUT[name] for name in columns if name in ROLLOUT}
    return pl.DataFrame(columns, schema_overrides=known)


def described(frame: pl.DataFrame, shared: Mapping[str, Any]) -> pl.DataFrame:
    """Rows of `ROLLOUT`."""
    read_ = parse_columns(frame.with_columns(response="completion"))
    rows = frame.with_columns(
        *(pl.lit(value, dtype=ROLLOUT[name]).alias(name) for name, value in shared.items()),
        rollout_index=pl.int_range(pl.len(), dtype=pl.Int32).over("problem_id"),
        num_tokens=pl.col("completion_ids").list.len(),
        mixing=Language().score(read_).get_column("mixing"),
        reflections=reflection_words(pl.col("completion")),
        created_at=pl.lit(utc_now()),
    )
    named = rows.select("training_id", "step", "problem_id", "rollout_index", "completion_ids")
    ids = [content_id("rollout", *map(str, row)) for row in named.iter_rows()]
    return rows.with_columns(pl.Series("rollout_id", ids)).select(
        pl.col(name).cast(dtype) for name, dtype in ROLLOUT.items()
    )


def summary(rows: pl.DataFrame) -> list[tuple[str, float]]:
    """Metric and value: how many rollouts are undecided, how many groups teach nothing, the mean of
    each reward where the sum is known, and how often each outcome was met."""
    groups = rows.group_by("problem_id").agg(
        spread=pl.col("reward").max() - pl.col("reward").min(), decided=pl.col("reward").count()
    )
    flat = groups.select((pl.col("decided") < 2) | (pl.col("spread") < SAME)).to_series()
    each = rows.select("reward", "rewards").explode("rewards").unnest("rewards")
    means = each.drop_nulls("reward").group_by("key", maintain_order=True).agg(pl.mean("value"))
    outcomes = each.drop_nulls("outcome").group_by("key", "outcome", maintain_order=True).len()
    return [
        ("undecided", rows.get_column("reward").null_count()),
        ("groups_without_spread", flat.sum()),
        *((f"reward/{name}", value) for name, value in means.iter_rows()),
        *((f"outcome/{name}/{outcome}", n) for name, outcome, n in outcomes.iter_rows()),
    ]
