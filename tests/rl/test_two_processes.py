"""Two processes that train together, started by `accelerate launch` on the CPU (gloo)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.torch import load_file
from trained_run import MakeRun

from curate.config import Grpo
from curate.manifest import ask as manifest
from curate.store.run_folder import Run

HERE = Path(__file__).parent
LAUNCH = ["-m", "accelerate.commands.launch", "--config_file"]
LAUNCH += [str(HERE.parents[1] / "recipes/accelerate/ddp.yaml"), "--num_processes", "2"]


def spread(completions: list[str], **_: object) -> list[float | None]:
    return [float(len(text)) for text in completions]


def trained(run: Run, *launch: str) -> None:
    ended = subprocess.run(
        [sys.executable, *launch, str(HERE / "scripted_rollouts.py"), str(run.path)],
        capture_output=True,
        text=True,
        timeout=500,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
    )
    assert ended.returncode == 0, ended.stderr


def test_two_processes_train_as_one_with_their_rollouts_together(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    settings = Grpo(
        model=checkpoint,
        rewards={f"{__name__}:spread": 1.0, "format": 1.0},
        **{"max_steps": 4, "group_size": 4, "prompts_per_step": 2, "max_tokens": 12},
        **{"learning_rate": 1e-3, "batch_size": 4, "kl": 0.1},
    )
    one, two = (make_run(tmp_path / name, grpo=settings) for name in ("one", "two"))
    trained(one)
    trained(two, *LAUNCH)
    metrics = ("loss", "grad_norm", "reward", "undecided", f"reward/{__name__}:spread")
    names = ", ".join(f"'{name}'" for name in metrics)
    sql = f"select step, metric, value from metrics where metric in ({names}) order by metric, step"
    ours, theirs = (manifest.rows(run, sql) for run in (two, one))
    assert len(ours) == len(theirs) == 4 * len(metrics)
    assert [row["value"] for row in ours] == pytest.approx([r["value"] for r in theirs], abs=1e-4)
    weights = [load_file(run.path / "grpo" / "model.safetensors") for run in (one, two)]
    apart = [(weights[0][name] - weights[1][name]).abs().max().item() for name in weights[0]]
    assert max(apart) < 1e-4
    rows = "select problem_id, step, rollout_index, reward, num_tokens from rollouts order by all"
    assert manifest.rows(one, rows) == manifest.rows(two, rows)
    assert len(manifest.rows(two, rows)) == 4 * 8
