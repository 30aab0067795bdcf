"""Rollouts, a run's `rollouts/*.parquet`, as traces; their problems are the run's of that id. A
training that was resumed has sampled the steps behind its last state anew: the first samples of
these taught the weights nothing that is left, and the manifest does not show them either."""

from __future__ import annotations

from curate.sources.layouts.layout import Layout, made

ROLLOUTS = Layout(
    "rollouts of GRPO",
    ("rollout_id", "completion_ids"),
    {
        "source_id": "rollout_id",
        "source_problem_id": "problem_id",
        "response": "completion",
        "model": made(lambda checkpoint, step: f"{checkpoint}, step {step}", "checkpoint", "step"),
    },
    step=("training_id", "step"),
    when="created_at",
)
