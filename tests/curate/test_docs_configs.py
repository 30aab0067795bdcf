"""The configurations in docs/configs say what the program understands."""

from pathlib import Path

import pytest
from small_runs import write
from tiny_checkpoint import make_checkpoint

from curate.config import Config, load_config
from curate.pipeline import dry_run

CONFIGS = Path(__file__).parents[2] / "docs" / "configs"


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


@pytest.mark.vllm
def test_run_on_a_hundred_gpus_is_counted(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model")
    found = dry_run(with_real_files("hundred_gpus.yaml", tmp_path, model=model), tmp_path / "none")
    assert (found["requests"], found["prompt_tokens"]) == (16, 16 * 23)
