"""Rollouts by vLLM in the trainer's process, on a CPU (`make test-vllm`)."""

from pathlib import Path

import pytest
from trained_run import MakeRun

from curate.config import Grpo
from curate.manifest import ask as manifest
from rl.train import grpo

pytestmark = pytest.mark.vllm


def length(completions: list[str], **_: object) -> list[float | None]:
    return [float(len(text)) for text in completions]


def test_the_sampler_has_the_weights_of_each_step(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    settings = Grpo(
        model=checkpoint,
        use_vllm=True,
        rewards={f"{__name__}:length": 1.0},
        **{"max_steps": 4, "group_size": 4, "prompts_per_step": 2, "max_tokens": 12},
        **{"learning_rate": 1e-2, "kl": 0.001, "batch_size": 8},
    )
    run = make_run(tmp_path / "run", grpo=settings)
    assert grpo(run)["steps"] == 4
    told = manifest.rows(run, "select step, metric, value from metrics")
    metric = {(row["step"], row["metric"]): row["value"] for row in told}
    moved = [metric[step, "kl"] for step in (1, 2, 3, 4)]
    apart = [metric[step, "sampling/sampling_logp_difference/mean"] for step in (1, 2, 3, 4)]
    assert moved[0] == pytest.approx(0.0, abs=1e-4)
    assert moved[3] > 0.05  # nats, so log-probabilities at the start are some 0.3 off by now
    assert max(apart) < 5e-3  # vLLM computes in bfloat16
    (row,) = manifest.rows(
        run, "select count(*) as n, count(distinct rollout_id) as ids from rollouts"
    )
    assert row == {"n": 32, "ids": 32}
