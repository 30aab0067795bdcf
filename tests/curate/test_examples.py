"""The configurations in examples/ say what the program understands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from small_runs import stored, write
from tiny_checkpoint import make_checkpoint

from curate.config import Config, load_config
from curate.judging.active import active_filters
from curate.pipeline import dry_run
from curate.store.run_folder import Run

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


def test_jobs_of_the_batch_script_sample_all_there_is(tmp_path: Path) -> None:
    """Side by side, as Slurm would start them."""
    rows = [{"problem": f"{n}+1?", "gold": str(n + 1)} for n in range(9)]
    scripted = {"engine": "scripted", "options": {"answers": {r["problem"]: ["So."] for r in rows}}}
    config = with_real_files("cluster.yaml", tmp_path, until_correct=None, **scripted)
    source = config.problems[0].model_copy(update={"path": str(write(tmp_path / "p.jsonl", rows))})
    file = tmp_path / "cluster.yaml"
    settings = config.model_copy(update={"problems": [source], "filters": {}})
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json")))
    command = ["bash", str(CONFIGS / "generate.sbatch"), str(tmp_path / "run"), str(file)]
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    facts = {**os.environ, "PATH": path, "SLURM_ARRAY_TASK_COUNT": "2"}
    jobs = [
        subprocess.Popen(command, env=facts | {"SLURM_ARRAY_TASK_ID": number}) for number in "12"
    ]
    assert [job.wait() for job in jobs] == [0, 0]
    assert stored(Run.open(tmp_path / "run"), "traces")["trace_id"].n_unique() == 9 * 16


@pytest.mark.vllm
def test_run_on_a_hundred_gpus_is_counted(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model")
    found = dry_run(with_real_files("hundred_gpus.yaml", tmp_path, model=model), tmp_path / "none")
    assert (found["requests"], found["prompt_tokens"]) == (16, 16 * 23)
