"""A model as the user names it: a checkpoint folder, known by a hash of its content, or a name on
the Hub, known by its commit. Loads no torch."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from filters.errors import UserError

_CONTENT = (
    "config.json generation_config.json *.safetensors *.safetensors.index.json "
    "pytorch_model*.bin pytorch_model*.json tokenizer* vocab* merges.txt "
    "special_tokens_map.json added_tokens.json chat_template* *.model"
).split()
"""What decides the samples; a trainer leaves other files in the folder besides"""
_NEEDED = {
    "configuration": ("config.json",),
    "weights": ("*.safetensors", "pytorch_model*.bin"),
    "tokenizer": ("tokenizer*", "vocab*", "*.model"),
}


def locate(model: str, setting: str) -> Path | str:
    """The folder as a Path, checked to be a checkpoint, or the Hub name as it is."""
    if not model:
        raise UserError(f"{setting} is empty: give a checkpoint folder or a name on the Hub")
    path = Path(model).expanduser()
    if path.is_dir():
        _check(path, setting)
        return path
    if path.exists():
        raise UserError(f"{setting}: {model} is a file, a checkpoint folder is wanted")
    if model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise UserError(f"{setting}: there is no folder {model}")
    return model


def _check(folder: Path, setting: str) -> None:
    for what, patterns in _NEEDED.items():
        if not _files(folder, patterns):
            raise UserError(
                f"{setting}: {folder} is no checkpoint folder: it has no {what} "
                f"({', '.join(patterns)})"
            )


def content_hash(folder: Path) -> str:
    """Of all files that decide the samples: config, weights, tokenizer, chat template."""
    total = hashlib.blake2b(digest_size=16)
    for path in _files(folder, _CONTENT):
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        total.update(f"{path.name}\0{digest.hexdigest()}\n".encode())
    return total.hexdigest()


def _files(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern) if path.is_file()})
