"""A training that is killed (SIGKILL) ends like one that never was; what it saved is whole."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from safetensors.torch import load_file
from trained_run import SUMS, MakeRun

from curate.config import Lora, Sft
from curate.manifest import ask as manifest
from curate.store.run_folder import Run
from filters.errors import UserError
from sft.train import sft
from sft.trainer import checkpoint as trained
from sft.trainer.base_model import Base
from sft.trainer.saved import PROGRESS, states

STEPS = 24
SETTINGS = {"epochs": 8, "batch_size": 2, "learning_rate": 1e-3, "save_steps": 2}


def killed(run: Run, after: float) -> bool:
    """`curate sft` in a process of its own, killed so long after its next saved state; whether it
    was in the middle."""
    place = run.path / ".sft-unfinished"
    before = {path.name for path in place.glob("checkpoint-*")}
    command = [sys.executable, "-m", "curate.cli", "sft", str(run.path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not {path.name for path in states(place)} - before:
        time.sleep(0.002)
    time.sleep(after)
    process.kill()
    return process.wait() == -9


def metrics(run: Run) -> pl.DataFrame:
    rows = manifest.rows(run, "select step, metric, value from metrics order by step, metric")
    return pl.DataFrame(rows, infer_schema_length=None)


def weights(run: Run) -> dict:
    return load_file(run.path / "sft" / "model.safetensors")


@pytest.mark.parametrize(
    "more",
    [
        {"train_sampling_strategy": "group_by_length"},
        {"lora": Lora(rank=4, dropout=0.1)},
        {"packing": True, "max_length": 100, "batch_size": 2},
    ],
)
def test_killed_training_ends_with_the_weights_of_one_that_was_not(
    more: dict, checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    section = Sft(model=checkpoint, keep_checkpoints=2, **SETTINGS | more)
    whole = make_run(tmp_path / "whole", sft=section)
    straight = sft(whole)
    run = make_run(tmp_path / "killed", sft=section)
    moments = random.Random(4)
    struck = sum(killed(run, moments.uniform(0, 0.2)) for _ in range(2))
    assert struck >= 1
    report = sft(run)
    assert report == straight | {"checkpoint": str(run.path / "sft")}
    assert report["steps"] == STEPS
    theirs = weights(whole)
    assert all(tensor.equal(theirs[name]) for name, tensor in weights(run).items())
    assert metrics(run).equals(metrics(whole))
    for step in (STEPS - 4, STEPS - 2):
        place = f"sft/checkpoint-{step}/model.safetensors"
        assert (run.path / place).read_bytes() == (whole.path / place).read_bytes()
    assert not (run.path / ".sft-unfinished").exists()


@pytest.fixture
def unfinished(checkpoint: str, tmp_path: Path, make_run: MakeRun) -> Run:
    run = make_run(tmp_path / "run", sft=Sft(model=checkpoint, **SETTINGS))
    assert killed(run, 0)
    return run


def test_half_written_state_is_never_gone_on_from(
    unfinished: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    place = unfinished.path / ".sft-unfinished"
    last = states(place)[-1]
    half = place / "checkpoint-23"
    half.mkdir()
    (half / "model.safetensors").write_bytes((last / "model.safetensors").read_bytes()[:1000])
    assert sft(unfinished)["steps"] == STEPS
    assert f"going on from step {last.name.rpartition('-')[2]}" in capsys.readouterr().err


def test_training_begins_anew_where_asked_or_where_a_setting_changed(
    unfinished: Run, checkpoint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Sft(model=checkpoint, **SETTINGS | {"learning_rate": 2e-3})
    place = unfinished.path / ".sft-unfinished"
    assert states(place)
    changed = unfinished.configure(unfinished.config.model_copy(update={"sft": other}))
    assert sft(changed)["steps"] == STEPS
    changed.configure(changed.config.model_copy(update={"sft": Sft(model=checkpoint, **SETTINGS)}))
    assert killed(changed, 0)
    assert sft(changed, resume=False)["steps"] == STEPS
    assert "going on" not in capsys.readouterr().err


def test_training_stopped_behind_its_last_step_takes_no_other(
    checkpoint: str, tmp_path: Path, make_run: MakeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the middle of an epoch, before its result was published."""
    run = make_run(tmp_path / "run", sft=Sft(model=checkpoint, **SETTINGS, max_steps=4))
    with monkeypatch.context() as stopping:
        stopping.setattr(trained, "publish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            sft(run)
    assert sft(run)["steps"] == 4
    assert metrics(run)["step"].max() == 4


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_state_of_another_number_of_processes_is_refused(unfinished: Run) -> None:
    file = states(unfinished.path / ".sft-unfinished")[-1] / PROGRESS
    file.write_text(json.dumps(json.loads(file.read_text()) | {"processes": 8}))
    with pytest.raises(UserError, match="by 8 processes: start as many, or give --no-resume"):
        sft(unfinished)
    assert sft(unfinished, resume=False)["records"] == len(SUMS)


def test_kill_while_publishing_costs_no_training(
    unfinished: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(Base, "convert", full)
        with pytest.raises(UserError, match=r"cannot write the checkpoint to .*no space left"):
            sft(unfinished)
    assert sft(unfinished)["steps"] == STEPS
    assert f"going on from step {STEPS}" in capsys.readouterr().err
    assert metrics(unfinished).filter(metric="loss").height == STEPS
