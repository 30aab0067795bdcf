"""`curate sft`, from records to a checkpoint."""

import io
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from publishing.hub import served
from safetensors.torch import load_file
from tiny_checkpoint import OPENED, make_checkpoint
from trained_run import SUMS, MakeRun

from curate.config import Config, Sft
from curate.manifest import ask as manifest
from curate.manifest.explain import explain
from curate.publishing.push import Where
from curate.publishing.push_model import push_model
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run
from filters.errors import UserError
from sft.counting import check_counts
from sft.mixture import with_prompts
from sft.tokenize import tokenize
from sft.train import sft
from sft.trainer.base_model import Base, decode

SETTINGS = {"epochs": 2, "batch_size": 4, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def trained(
    checkpoint: str, make_run: MakeRun, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Run, dict]:
    run = make_run(tmp_path_factory.mktemp("run") / "a", sft=Sft(model=checkpoint, **SETTINGS))
    return run, sft(run)


def test_every_token_of_tokenized_is_trained_once_per_epoch(trained: tuple[Run, dict]) -> None:
    run, report = trained
    (row,) = manifest.rows(run, "select count(*) n, sum(n_trained) trained from tokenized")
    assert row == {"n": len(SUMS), "trained": report["trained_tokens_per_epoch"]}
    assert report["trained_tokens"] == 2 * row["trained"]
    assert report["records"] == len(SUMS)
    assert report["steps"] == 4
    assert report["last_loss"] < report["first_loss"]


def test_trained_checkpoint_is_an_ordinary_one(trained: tuple[Run, dict]) -> None:
    run, report = trained
    assert Path(report["checkpoint"]) == run.path / "sft"
    again = Base(report["checkpoint"], None, "grpo.model")
    assert again.load().num_parameters() == 90_816
    assert again.tokenizer.chat_template is not None


def test_losses_are_in_the_manifest(trained: tuple[Run, dict]) -> None:
    run, report = trained
    losses = manifest.rows(
        run, "select step, value from metrics where stage = 'sft' and metric = 'loss' order by step"
    )
    assert [row["step"] for row in losses] == [1, 2, 3, 4]
    assert losses[-1]["value"] == pytest.approx(report["last_loss"], abs=1e-4)


def test_manifest_knows_which_rows_made_a_checkpoint_and_which_checkpoints_saw_a_row(
    trained: tuple[Run, dict], checkpoint: str
) -> None:
    run, report = trained
    rows = manifest.rows(
        run,
        "select r.record_id, r.trace_id, c.times, c.n_trained, r.problem from checkpoints k "
        "join checkpoint_records c using (checkpoint_id) join records_all r using (record_id) "
        "where k.path = 'sft'",
    )
    assert len({row["problem"] for row in rows}) == len(SUMS)
    assert sum(row["times"] * row["n_trained"] for row in rows) == report["trained_tokens"]
    seen = "select k.path, k.step, c.times from checkpoint_records c join checkpoints k "
    seen += f"using (checkpoint_id) where c.record_id = '{rows[0]['record_id']}'"
    assert manifest.rows(run, seen) == [{"path": "sft", "step": 4, "times": 2}]
    told = explain(run, rows[0]["trace_id"])["checkpoints"]
    assert told == [{"path": "sft", "stage": "sft", "step": 4, "times": 2}]


def test_checkpoint_points_back_and_nowhere_on_this_machine(
    trained: tuple[Run, dict], checkpoint: str
) -> None:
    run, report = trained
    (row,) = manifest.rows(run, "select * from checkpoints")
    text = (run.path / "sft" / "training.json").read_text()
    told = json.loads(text)
    assert str(run.path.parent) not in text
    assert checkpoint not in text
    for name in ("checkpoint_id", "dataset_hash", "base_revision", "program_version"):
        assert told[name] == row[name] is not None
    assert (told["run"], told["stage"], told["settings"]["epochs"]) == ("run", "sft", 2.0)
    assert row["revision"] == Base(report["checkpoint"], None, "grpo.model").revision
    assert (row["n_records"], row["trained_tokens"]) == (len(SUMS), report["trained_tokens"])
    assert (row["first_loss"], row["last_loss"]) == (report["first_loss"], report["last_loss"])


def test_training_twice_changes_nothing(trained: tuple[Run, dict]) -> None:
    run, report = trained
    before = {p: p.stat().st_mtime_ns for p in run.path.rglob("*") if p.name != "manifest.duckdb"}
    again = sft(run)
    assert again == report | {"already_done": True}
    after = {p: p.stat().st_mtime_ns for p in run.path.rglob("*") if p.name != "manifest.duckdb"}
    assert after == before


def test_same_seed_gives_equal_weights_and_what_a_kill_left_is_swept(
    trained: tuple[Run, dict], checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(tmp_path / "b", sft=Sft(model=checkpoint, **SETTINGS))
    (run.path / ".sft-unfinished").mkdir()
    (run.path / ".sft-unfinished" / "model.safetensors").write_text("half")
    sft(run)
    ours = load_file(run.path / "sft" / "model.safetensors")
    theirs = load_file(trained[0].path / "sft" / "model.safetensors")
    assert all(ours[name].equal(theirs[name]) for name in theirs)
    assert not (run.path / ".sft-unfinished").exists()


def test_metrics_that_a_kill_kept_from_the_manifest_come_with_the_next_call(
    checkpoint: str, tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(tmp_path / "c", sft=Sft(model=checkpoint, max_steps=1))
    sft(run)
    (shard,) = run.shards("metrics")
    shard.unlink()
    assert sft(run)["already_done"]
    assert len(run.shards("metrics")) == 1


def test_changed_setting_trains_anew_and_too_long_records_are_counted(
    checkpoint: str, tmp_path: Path, make_run: MakeRun, capsys: pytest.CaptureFixture[str]
) -> None:
    run = make_run(tmp_path / "d", sft=Sft(model=checkpoint, max_steps=1))
    sft(run)
    lengths = manifest.rows(run, "select n_tokens from tokenized order by 1")
    shorter = Sft(model=checkpoint, max_steps=1, max_length=lengths[-1]["n_tokens"] - 1)
    report = sft(run.configure(run.config.model_copy(update={"sft": shorter})))
    assert not report["already_done"]
    assert report["left_out_too_long"] + report["records"] == len(SUMS)
    assert "too_long" in capsys.readouterr().err


def test_prompt_that_opens_the_think_block_is_not_opened_twice(
    tmp_path: Path, make_run: MakeRun
) -> None:
    run = make_run(tmp_path / "e")
    base = Base(make_checkpoint(tmp_path / "opened", OPENED), None, "sft.model")
    records = with_prompts(manifest.kept_records(run), latest_problems(run), base)
    for ids in tokenize(records, base, 512).get_column("input_ids"):
        assert decode(base.tokenizer, ids.to_list()).count("<think>") == 1


def counted(trained: int, **seen: int) -> dict:
    return {"trained_tokens": trained, "seen": seen}


def test_count_that_differs_is_an_error() -> None:
    tokens = pl.DataFrame({"token_hash": ["h"], "n_trained": [5]})
    check_counts(counted(10, h=2), tokens, 2)
    check_counts(counted(10, h=2), tokens, None)
    with pytest.raises(RuntimeError, match="9 tokens were trained, 10 tokenized"):
        check_counts(counted(9, h=2), tokens, 2)
    with pytest.raises(RuntimeError, match="3 times"):
        check_counts(counted(10, h=2), tokens, 3)
    with pytest.raises(RuntimeError, match="not those tokenized"):
        check_counts(counted(10, x=2), tokens, 2)


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (None, "no `sft` section"),
        ({"model": ""}, "sft.model is empty"),
        ({"model": "./nowhere"}, "sft.model: there is no folder ./nowhere"),
        ({"model": "{tmp}"}, "is no checkpoint folder"),
        ({"model": "{base}", "output": "traces"}, "sft.output: 'traces' must be a plain folder"),
        ({"model": "{base}", "output": "../up"}, "sft.output: '../up' must be a plain folder"),
        ({"model": "{base}", "max_length": 5}, "none of the records .* 6 too_long"),
    ],
)
def test_mistake_is_one_line(
    settings: dict | None, line: str, checkpoint: str, trained: tuple[Run, dict], tmp_path: Path
) -> None:
    run = Run.open(trained[0].path)
    if settings is not None:
        place = settings["model"].format(tmp=tmp_path, base=checkpoint)
        settings = Sft(**settings | {"model": place})
    run.config = run.config.model_copy(update={"sft": settings})
    with pytest.raises(UserError, match=line):
        sft(run)


def test_run_without_records_says_what_to_do(checkpoint: str, tmp_path: Path) -> None:
    run = Run.create(tmp_path / "empty", Config(sft=Sft(model=checkpoint)))
    with pytest.raises(UserError, match="no kept records to train on; `curate filter`"):
        sft(run)


def test_model_is_pushed_with_a_card_that_names_its_rows(
    trained: tuple[Run, dict],
) -> None:
    run, report = trained
    with served() as hub:
        command = [sys.executable, "-m", "curate.cli", "push", str(run.path), "user/model"]
        command += ["--model", "sft", "--json"]
        first, again = (
            subprocess.run(command, env=hub.environment, capture_output=True, check=True).stdout
            for _ in range(2)
        )
        there = hub.files("user/model")
        assert hub.unknown == []
    assert json.loads(again)["uploaded"] == 0
    assert json.loads(first)["uploaded"] == len(there) - 1
    assert there["model.safetensors"] == (run.path / "sft" / "model.safetensors").read_bytes()
    rows = pl.read_parquet(io.BytesIO(there["trained_on.parquet"]))
    assert (rows["n_trained"] * rows["times"]).sum() == report["trained_tokens"]
    card = there["README.md"].decode()
    assert f"| records or problems | {len(SUMS)} |" in card
    assert str(run.path.parent) not in card
    (pushed,) = manifest.rows(run, "select kind, repo from pushes")
    assert pushed == {"kind": "model", "repo": "user/model"}
    (trace,) = manifest.rows(run, "select min(trace_id) as id from records")
    assert [push["repo"] for push in explain(run, trace["id"])["pushes"]] == ["user/model"]
    with pytest.raises(UserError, match="did you mean 'sft'"):
        push_model(run, "user/model", Where(), "sftt")
