"""The section `eval`."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator

from curate.config.data import Source
from curate.config.section import FullPath, Section, is_folder_name


class ProblemSet(Source):
    """Problems to evaluate on: a file as any other, or `trick`, the set that comes along."""

    path: FullPath = Field(min_length=1)
    name: str = ""
    """empty: the file's name without its endings"""

    @field_validator("name")
    @classmethod
    def _a_folder_name(cls, name: str) -> str:
        if name and not is_folder_name(name):
            raise ValueError("must be a plain folder name")
        return name


class Eval(Section):
    """R1's settings (arXiv 2501.12948 v2) where nothing else is said."""

    problems: list[ProblemSet] = Field(default_factory=list)
    """files, or with settings as under `problems`"""
    checkpoints: dict[str, str] = Field(default_factory=dict)
    """stage -> a folder, a folder inside the run, a Hub name, or OUTPUT/*: the whole course of the
    training that wrote OUTPUT"""
    k: int | None = Field(default=None, ge=1)
    """samples of each problem; null: 64, or 16 where there are more than 200 problems"""
    temperature: float = Field(default=0.6, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=32768, ge=1)
    """or as many as the model reads, where these are fewer"""
    sampling: dict[str, Any] = Field(default_factory=dict)
    engine: str | None = None
    """null: that of `generate`, with its options"""
    options: dict[str, Any] = Field(default_factory=dict)
    batch_size: int | None = Field(default=None, ge=1)
    """null: that of `generate`"""
    strict: bool = False
    """refuse problems that the run's records or GRPO hold too"""

    @field_validator("problems", mode="before")
    @classmethod
    def _from_paths(cls, problems: Any) -> Any:
        listed = problems if isinstance(problems, list) else [problems]
        return [{"path": one} if isinstance(one, str) else one for one in listed]
