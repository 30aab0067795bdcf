"""The whole configuration of a run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from curate.config.data import Generate, Normalize, Refine, Source
from curate.config.evaluation import Eval
from curate.config.section import Section, full_path
from curate.config.training import Grpo, Sft

Executor = Literal["local", "ray"]


class Config(Section):
    name: str = "run"
    """of the run folder below runs/, and the title of an export"""
    seed: int = 0
    problems: list[Source] = Field(default_factory=list)
    imports: list[Source] = Field(default_factory=list)
    """files of traces made elsewhere"""
    generate: Generate | None = None
    filters: dict[str, dict[str, Any] | bool] = Field(default_factory=dict)
    """name -> settings, or false to leave it out; all built-in filters are on unless named here"""
    refine: Refine | None = None
    normalize: Normalize = Field(default_factory=Normalize)
    sft: Sft | None = None
    grpo: Grpo | None = None
    eval: Eval | None = None
    jobs: int = Field(default=0, ge=0)
    """worker processes; 0 = one per core"""
    executor: Executor = "local"
    """ray: the stages' work is done on a Ray cluster, whose nodes share the run folder's disk"""

    @field_validator("filters")
    @classmethod
    def _with_full_paths(cls, filters: dict[str, Any]) -> dict[str, Any]:
        """Benchmark files are read again whenever the run is, from whichever folder."""
        settings = filters.get("decontamination")
        if not isinstance(settings, dict) or not isinstance(settings.get("benchmarks"), list):
            return filters
        full = [full_path(benchmark) for benchmark in settings["benchmarks"]]
        return {**filters, "decontamination": {**settings, "benchmarks": full}}
