"""What all sections of the configuration share."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def full_path(benchmark: Any) -> Any:
    """Of a file that is there; a name, or a mistake, stays as it is."""
    is_file = isinstance(benchmark, str) and benchmark and Path(benchmark).exists()
    return str(Path(benchmark).absolute()) if is_file else benchmark


def is_folder_name(name: str) -> bool:
    return Path(name).name == name != "" and not name.startswith(".") and "\0" not in name
