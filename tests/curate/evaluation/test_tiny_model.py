"""`curate eval` on real checkpoints of a training's course."""

import json
from pathlib import Path

from safetensors.torch import load_file, save_file
from small_runs import Curate, stored, write
from tiny_checkpoint import make_checkpoint

from curate.config import Config, Generate, Grpo
from curate.manifest import ask as manifest
from curate.store.run_folder import Run


def trained(folder: Path, step: int) -> None:
    """The same checkpoint with other weights, as if a training had written it."""
    make_checkpoint(folder)
    weights = load_file(folder / "model.safetensors")
    moved = {name: tensor + 0.01 * step for name, tensor in weights.items()}
    save_file(moved, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "training.json").write_text(json.dumps({"step": step, "report": {}}))


def test_course_of_a_training_is_evaluated_and_the_base_only_once(
    tmp_path: Path, curate: Curate
) -> None:
    base = make_checkpoint(tmp_path / "base")
    run = Run.create(
        tmp_path / "run",
        Config(jobs=1, generate=Generate(device="cpu", batch_size=8), grpo=Grpo(model=base)),
    )
    trained(run.path / "grpo", 4)
    trained(run.path / "grpo" / "checkpoint-2", 2)
    file = write(tmp_path / "few.jsonl", [{"problem": f"{n} + 1?", "gold": "2"} for n in (1, 2)])
    options = ("--problems", file, "--k", 3, "--max-tokens", 9)
    rows = curate("eval", run.path, "r1-zero=grpo/*", *options, "--json").json
    assert [(row["checkpoint"], row["step"]) for row in rows] == [
        (base, 0),
        ("grpo/checkpoint-2", 2),
        ("grpo", 4),
    ]
    assert len({row["checkpoint_revision"] for row in rows}) == 3
    assert all(row["pass_at_1"] == 0.0 and 0 < row["mean_tokens"] <= 9 for row in rows)

    (again,) = curate("eval", run.path, f"base={base}", *options, "--json").json
    samples = Run.open(run.path / "evals" / "few")
    models = "select model_revision, count(*) as n from traces group by all"
    assert [row["n"] for row in manifest.rows(samples, models)] == [6, 6, 6]
    compared = ("checkpoint_revision", "mean_tokens", "format_rate")
    assert [again[name] for name in compared] == [rows[0][name] for name in compared]
    assert stored(run, "evals").get_column("stage").to_list() == ["r1-zero"] * 3 + ["base"]
