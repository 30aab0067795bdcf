"""Every rollout once, with what TRL learned from it; also where the training is killed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest
from safetensors.torch import load_file
from trained_run import MakeRun

from curate.config import Grpo, Source
from curate.manifest import ask as manifest
from curate.manifest.explain import explain
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.shards import read
from curate.terminal.explained import show_explanation
from filters.schema import ROLLOUT
from rl import arguments, rollouts, trainer
from rl.train import grpo

SMALL = {"max_steps": 3, "group_size": 4, "prompts_per_step": 2, "max_tokens": 12}
SPREAD = {f"{__name__}:length": 1.0, "accuracy": 1.0, "format": 0.5}


def length(completions: list[str], **_: object) -> list[float | None]:
    """Gives every group a spread, and says nothing of a third of them."""
    return [None if len(text) % 3 == 0 else float(len(text)) for text in completions]


@pytest.fixture(scope="module")
def run(checkpoint: str, make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory) -> Run:
    settings = Grpo(model=checkpoint, rewards=SPREAD, learning_rate=1e-3, batch_size=4, **SMALL)
    run = make_run(tmp_path_factory.mktemp("rollouts") / "run", grpo=settings)
    grpo(run)
    return run


def test_every_rollout_is_there_once_with_ids_rewards_and_outcome(run: Run) -> None:
    rows = manifest.rows(run, "select * from v_rollout order by step, problem_id, rollout_index")
    assert len({row["rollout_id"] for row in rows}) == len(rows) == 3 * 2 * 4
    assert [row["rollout_index"] for row in rows] == [0, 1, 2, 3] * 6
    for row in rows:
        assert row["num_tokens"] == len(row["completion_ids"]) <= 12
        assert (row["finish_reason"] == "length") == (row["completion_ids"][-1] != 257)
        values = row["rewards"]
        undecided = values[f"{__name__}:length"] is None
        weighted = sum(SPREAD[name] * (value or 0.0) for name, value in values.items())
        assert row["reward"] == (None if undecided else pytest.approx(weighted))
        assert row["outcome"] in ("incorrect", "no_answer", "correct")


def test_advantages_are_trls_over_those_that_are_decided(run: Run) -> None:
    groups = read(run.shards("rollouts"), ROLLOUT).partition_by("step", "problem_id")
    assert any(0 < group["reward"].null_count() < 3 for group in groups)
    for group in groups:
        decided = group.filter(pl.col("reward").is_not_null())
        if decided.height < 2:
            continue
        expected = (decided["reward"] - decided["reward"].mean()) / (decided["reward"].std() + 1e-4)
        assert decided["advantage"].to_list() == pytest.approx(expected.to_list(), abs=1e-4)
        left_out = group.filter(pl.col("reward").is_null())
        assert left_out["advantage"].unique().to_list() in ([], [0.0])


def test_steps_are_summed_up_in_sql_as_in_the_metrics(run: Run) -> None:
    steps = manifest.rows(run, "from v_rollout_steps order by step")
    assert [(row["step"], row["rollouts"], row["groups"]) for row in steps] == [
        *((1, 8, 2), (2, 8, 2), (3, 8, 2)),
    ]
    told = manifest.rows(run, "select step, metric, value from metrics")
    metric = {(row["step"], row["metric"]): row["value"] for row in told}
    for row in steps:
        step = row["step"]
        assert metric[step, "undecided"] == row["undecided"]
        assert metric[step, "groups_without_spread"] == row["groups_without_spread"]
        assert metric[step, "completions/mean_length"] == pytest.approx(row["mean_tokens"])
        assert metric[step, "reward"] == pytest.approx(row["reward"], rel=1e-5)


def test_rollouts_come_in_as_traces_and_are_explained_as_such(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = Run.open(Path(shutil.copytree(run.path, tmp_path / "run")))
    for shard in run.shards("rollouts"):
        import_traces(other, Source(path=str(shard), anyway=True))
    rows = manifest.rows(
        other,
        "select model, count(*) as n from v_trace where model is not null group by 1 order by 1",
    )
    assert [(row["model"], row["n"]) for row in rows] == [(f"grpo, step {n}", 8) for n in (1, 2, 3)]
    (rollout, *_) = manifest.rows(other, "select * from v_rollout order by step desc")
    told = explain(other, rollout["rollout_id"])
    (sampled,) = told["imported_from"]
    assert (sampled["step"], sampled["reward"]) == (3, rollout["reward"])
    (group,) = told["rollouts"]
    assert (group["checkpoint"], group["rollouts"] % 4, group["last_step"]) == ("grpo", 0, 3)
    show_explanation(told, text=False)
    assert "sampled   by grpo in step 3, " in capsys.readouterr().out


KILLED = """
import sys
from pathlib import Path
from curate.store.run_folder import Run
from rl import arguments, rollouts, trainer
import rl.train, torch
torch.set_num_threads(1)
rollouts.COMMIT_EVERY_S = 0.0
rl.arguments.REFERENCE_EVERY = rl.trainer.REFERENCE_EVERY = 2
rl.train.grpo(Run.open(Path(sys.argv[1])))
"""


def test_a_killed_training_ends_as_one_that_was_not(
    checkpoint: str, make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the reference of the KL term was renewed before."""
    for module in (arguments, trainer):
        monkeypatch.setattr(module, "REFERENCE_EVERY", 2)
    settings = Grpo(
        model=checkpoint,
        rewards=SPREAD,
        learning_rate=1e-3,
        **{"save_steps": 2, "kl": 0.1},
        **SMALL | {"max_steps": 12},
    )
    runs = [make_run(tmp_path / name, grpo=settings) for name in ("killed", "whole")]
    killed, whole = runs
    command = [sys.executable, "-c", KILLED, str(killed.path)]
    here = Path(__file__).parent
    paths = os.pathsep.join([str(here), *sys.path])
    process = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": paths})
    while len(killed.shards("rollouts")) < 5:  # behind the state of step 4
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed.path / "grpo").exists()
    before = read(killed.shards("rollouts"), ROLLOUT)
    grpo(killed)
    grpo(whole)
    ours, theirs = (load_file(run.path / "grpo" / "model.safetensors") for run in runs)
    assert all(tensor.equal(theirs[name]) for name, tensor in ours.items())
    ours, theirs = (
        read(run.shards("rollouts"), ROLLOUT).drop("created_at").sort("rollout_id") for run in runs
    )
    assert ours.height == 12 * 8
    assert ours.equals(theirs)
    assert before["step"].max() >= 5


def test_a_step_done_again_otherwise_counts_as_it_came_last(run: Run, tmp_path: Path) -> None:
    note = lambda *_: None
    training = read(run.shards("rollouts"), ROLLOUT)["training_id"][0]
    shared = {"training_id": training, "checkpoint": "grpo", "temperature": 1.0, "max_tokens": 12}
    table = rollouts.Rollouts(run, shared, note)
    assert sorted(table.known) == [1, 2, 3]
    again = read(run.shards("rollouts"), ROLLOUT).filter(pl.col("step") == 3)
    other = again.with_columns(rollout_id=pl.col("rollout_id").str.reverse(), reward=pl.lit(9.0))
    table.waiting.append(other)
    table.commit()
    rows = manifest.rows(
        run, "select step, count(*) as n, max(reward) as most from rollouts group by 1 order by 1"
    )
    assert [row["n"] for row in rows] == [8, 8, 8]
    assert rows[2]["most"] == 9.0
