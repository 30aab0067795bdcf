"""Checkpoints that cannot be trained, each with one line that says why."""

import json
from pathlib import Path

import pytest
from safetensors.torch import load_file, save_file
from tiny_checkpoint import make_checkpoint

from filters.errors import UserError
from sft.trainer.base_model import Base

GGUF = {"quant_method": "gguf", "gguf_file": "x.gguf", "dequantize": False}


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def lose_a_weight(folder: Path) -> None:
    weights = load_file(folder / "model.safetensors")
    weights.pop("model.norm.weight")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


DAMAGES = {
    "is quantized: name the full weights": lambda f: edit_config(f, quantization_config=GGUF),
    "is incomplete: no weights model.norm.weight": lose_a_weight,
    "cannot load the weights of": lambda f: (f / "model.safetensors").write_bytes(b"no weights"),
    "cannot load the tokenizer of": lambda f: (f / "tokenizer.json").write_text("{"),
    "is no checkpoint folder": lambda f: (f / "config.json").unlink(),
}


@pytest.mark.parametrize("line", DAMAGES)
def test_damaged_checkpoint_is_one_line(line: str, tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "base")
    DAMAGES[line](Path(folder))
    with pytest.raises(UserError, match=f"^sft.model: .*{line}"):
        Base(folder, None, "sft.model").load()


def test_tokenizer_with_more_tokens_than_the_model_is_refused(tmp_path: Path) -> None:
    base = Base(make_checkpoint(tmp_path / "base"), None, "sft.model")
    base.tokenizer.add_tokens(["<new>"])
    with pytest.raises(UserError, match="has 260 tokens, its model knows only 259"):
        base.load()


def test_tokenizer_hash_is_of_the_rules_and_not_of_the_last_call(tmp_path: Path) -> None:
    base = Base(make_checkpoint(tmp_path / "base"), None, "sft.model")
    before = base.tokenizer_hash
    base.tokenizer(["a", "long"], padding=True, truncation=True, max_length=2)
    assert base.tokenizer_hash == before
    base.tokenizer.add_tokens(["<new>"])
    assert base.tokenizer_hash != before
