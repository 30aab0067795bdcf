"""Two processes that train together, started by `accelerate launch` on the CPU (gloo)."""

import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from safetensors.torch import load_file
from trained_run import SUMS, MakeRun

from curate.config import Sft
from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from sft.train import sft
from sft.trainer.saved import states

CONFIGS = Path(__file__).parents[2] / "recipes" / "accelerate"


def launch(config: str, *command: str) -> list[str]:
    how = ["--config_file", str(CONFIGS / config), "--num_processes", "2"]
    return [sys.executable, "-m", "accelerate.commands.launch", *how, "-m", "curate.cli", *command]


def launched(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(launch(*command), capture_output=True, text=True, timeout=300)


def losses(run: Run) -> list[float]:
    sql = "select value from metrics where stage = 'sft' and metric = 'loss' order by step"
    return [row["value"] for row in manifest.rows(run, sql)]


def test_two_processes_train_as_one_with_their_batches_together(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    settings = {"model": checkpoint, "epochs": 3, "learning_rate": 1e-3}
    one = make_run(tmp_path / "one", sft=Sft(batch_size=2, **settings))
    two = make_run(tmp_path / "two", sft=Sft(batch_size=1, **settings))
    report = sft(one)
    ended = launched("ddp.yaml", "sft", str(two.path))
    assert ended.returncode == 0, ended.stderr
    assert len(losses(two)) == len(losses(one)) == report["steps"] == 9
    assert losses(two) == pytest.approx(losses(one), abs=1e-4)
    count = "select count(*) as n, sum(n_trained * times) as trained from checkpoint_records"
    (row,) = manifest.rows(two, count)
    assert row == {"n": len(SUMS), "trained": report["trained_tokens"]}
    assert ended.stderr.count("preflight: the thinking comes back") == 1


@pytest.mark.slow
def test_two_processes_that_are_killed_go_on_together(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    section = Sft(model=checkpoint, epochs=6, batch_size=1, learning_rate=1e-3, save_steps=2)
    whole, run = (make_run(tmp_path / name, sft=section) for name in ("whole", "killed"))
    assert launched("ddp.yaml", "sft", str(whole.path)).returncode == 0
    process = subprocess.Popen(launch("ddp.yaml", "sft", str(run.path)))
    while process.poll() is None and not states(run.path / ".sft-unfinished"):
        time.sleep(0.005)
    trainers = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    assert psutil.wait_procs(trainers, timeout=60)[1] == [], "they train on without their launcher"
    ended = launched("ddp.yaml", "sft", str(run.path))
    assert "going on from step" in ended.stderr
    theirs = load_file(whole.path / "sft" / "model.safetensors")
    ours = load_file(run.path / "sft" / "model.safetensors")
    assert all(tensor.equal(theirs[name]) for name, tensor in ours.items())
