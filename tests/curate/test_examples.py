"""The configurations in examples/ say what the program understands."""

import subprocess
from pathlib import Path

import pytest
from small_runs import write
from tiny_checkpoint import make_checkpoint

from curate.config import Config, load_config
from curate.judging.active import active_filters
from curate.pipeline import dry_run

CONFIGS = Path(__file__).parents[2] / "examples"


def with_real_files(name: str, folder: Path, **generate: object) -> Config:
    """The configuration, with problems that are there."""
    problems = write(folder / "problems.jsonl", [{"problem": "1+1?", "gold": "2"}] * 2)
    config = load_config(CONFIGS / name)
    assert config.generate is not None
    source = config.problems[0].model_copy(update={"path": str(problems)})
    return config.model_copy(
        update={"problems": [source], "generate": config.generate.model_copy(update=generate)}
    )


def test_hosted_run_is_counted_and_priced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "secret")
    found = dry_run(with_real_files("hosted.yaml", tmp_path), tmp_path / "none")
    assert (found["requests"], found["max_completion_tokens"]) == (4, 4 * 32768)
    assert found["cost_most"] == 0.29


def test_run_on_a_hundred_gpus_is_understood() -> None:
    config = load_config(CONFIGS / "hundred_gpus.yaml").generate
    assert config is not None
    assert (config.engine, config.options["data_parallel"]) == ("vllm", 8)


def test_cluster_recipe_is_counted_by_a_dry_run(tmp_path: Path) -> None:
    """With the scripted engine in place of the GPUs."""
    scripted = {"engine": "scripted", "options": {"answers": {"1+1?": ["So 2."]}}}
    config = with_real_files("cluster.yaml", tmp_path, **scripted)
    assert config.executor == "ray"
    benchmark = write(tmp_path / "aime2024.jsonl", [{"id": 1, "problem": "Find the answer."}])
    filters = config.filters | {"decontamination": {"benchmarks": [str(benchmark)]}}
    assert active_filters(config.model_copy(update={"filters": filters}))["select"].best == 2
    assert dry_run(config, tmp_path / "none")["requests"] == 16


def test_batch_script_is_a_script() -> None:
    script = CONFIGS / "generate.sbatch"
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "--part" in script.read_text()


@pytest.mark.vllm
def test_run_on_a_hundred_gpus_is_counted(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model")
    found = dry_run(with_real_files("hundred_gpus.yaml", tmp_path, model=model), tmp_path / "none")
    assert (found["requests"], found["prompt_tokens"]) == (16, 16 * 23)
