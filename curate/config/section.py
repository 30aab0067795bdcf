"""What all sections of the configuration share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


def full_path(given: Any) -> Any:
    """Of a file that is there; a name, or a mistake, stays as it is."""
    is_there = isinstance(given, str) and given and Path(given).exists()
    return str(Path(given).absolute()) if is_there else given


FullPath = Annotated[str, AfterValidator(full_path)]
"""a file is found again from whichever folder the run is gone on with"""


def is_folder_name(name: str) -> bool:
    return Path(name).name == name != "" and not name.startswith(".") and "\0" not in name
