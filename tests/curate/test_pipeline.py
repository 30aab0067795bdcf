"""All stages of a config, one after the other."""

from pathlib import Path

import pytest
from small_runs import only, trace, write

from curate import pipeline
from curate.config import Config, Grpo, Sft, Source
from curate.store.run_folder import Run


def trained(run: Run, resume: bool) -> dict[str, object]:
    """As a trainer does, with names and numbers."""
    return {"checkpoint": "here", "steps": 1000}


def test_trainer_is_told_of_like_any_stage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(pipeline.TRAINERS, "sft", "test_pipeline:trained")
    file = write(tmp_path / "t.jsonl", [trace(1)])
    config = Config(imports=[Source(path=str(file))], filters=only("finish"), sft=Sft(), jobs=1)
    pipeline.run_all(config, tmp_path / "run")
    assert "sft: checkpoint here, 1,000 steps" in capsys.readouterr().err


def test_problems_alone_are_trained_on_without_traces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(pipeline.TRAINERS, "grpo", "test_pipeline:trained")
    file = write(tmp_path / "p.jsonl", [{"problem": "1 + 1?", "gold": "2"}])
    config = Config(problems=[Source(path=str(file))], grpo=Grpo(), jobs=1)
    pipeline.run_all(config, tmp_path / "run")
    assert "grpo: checkpoint here, 1,000 steps" in capsys.readouterr().err
