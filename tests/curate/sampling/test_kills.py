"""Killed at random moments and started again, sampling ends as if nothing had happened."""

from pathlib import Path
from typing import Any

import killing
import pytest
from killing import content, killed, made
from openai_server import Script, served
from tiny_checkpoint import make_checkpoint

from curate.sampling.generate import generate

SCRIPTED = {
    **{"engine": "scripted", "samples": 6, "batch_size": 4},
    "options": {"answers": "killing:slow_answers"},
}


@pytest.mark.parametrize("more", [{}, {"until_correct": 1, "hard_samples": 9}])
def test_scripted_run_holds_every_sample_once(tmp_path: Path, more: dict[str, Any]) -> None:
    run, straight = (made(tmp_path / name, 40, **SCRIPTED, **more) for name in ("run", "whole"))
    assert killed(run, 5, 0.1, seed=1) > 2
    generate(straight)
    assert content(run).equals(content(straight))


def test_transformers_run_has_the_tokens_of_one_that_was_left_in_peace(tmp_path: Path) -> None:
    settings = {
        **{"model": make_checkpoint(tmp_path / "model"), "device": "cpu", "samples": 3},
        **{"batch_size": 4, "max_tokens": 120},
    }
    run, straight = (made(tmp_path / name, 16, **settings) for name in ("run", "whole"))
    assert killed(run, 2, 0.1, seed=2) > 0
    generate(straight)
    assert content(run).equals(content(straight))


@pytest.mark.vllm
def test_vllm_run_has_the_tokens_of_one_that_was_left_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in killing.VLLM_ON_A_CPU.items():
        monkeypatch.setenv(name, value)
    settings = {
        **{"engine": "vllm", "model": make_checkpoint(tmp_path / "model"), "samples": 8},
        **{"max_tokens": 60, "dtype": "float32", "options": killing.VLLM_OPTIONS},
    }
    run, straight = (made(tmp_path / name, 12, **settings) for name in ("run", "whole"))
    assert killed(run, 1, 0.1, seed=4) == 1
    generate(straight)
    ours, theirs = content(run), content(straight)
    assert ours["trace_id"].equals(theirs["trace_id"])
    assert (ours["token_ids"] == theirs["token_ids"]).sum() >= 95


def test_openai_run_asks_again_only_what_was_not_committed(tmp_path: Path) -> None:
    script = Script(seconds=0.03)
    with served(script) as url:
        settings = {"engine": "openai", "model": "m", "samples": 4, "max_tokens": 20}
        options = {"base_url": url, "concurrency": 8}
        run = made(tmp_path / "run", 40, **settings, options=options)
        struck = killed(run, 3, 0.1, seed=3)
    assert struck > 1
    assert content(run).height == 160
    assert len(script.answered) == 160
    assert script.answered.total() <= 160 + 2 * struck * 8
