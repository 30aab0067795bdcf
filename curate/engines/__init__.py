"""The engines by name. A new one is one file here and one line in `ENGINES`; one that lives
elsewhere is named `my.module:MyEngine` in the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from filters.errors import UserError
from filters.plugins import load

if TYPE_CHECKING:
    from curate.config import AskedModel
    from curate.engines.engine import Engine

ENGINES = {
    "openai": "curate.engines.openai:OpenAIEngine",
    "scripted": "curate.engines.scripted:ScriptedEngine",
    "transformers": "curate.engines.transformers:TransformersEngine",
    "vllm": "curate.engines.vllm:VllmEngine",
}


def load_engine(settings: AskedModel, names: Mapping[str, str] | None = None) -> Engine:
    """The engine that the settings name, ready for them. Engines call these `generate.model` and
    the like; `names` are what stands for that in the error lines of another section, as
    {"generate.": "refine."}."""
    try:
        engine: Engine = load(settings.engine, "generate.engine", "engine", ENGINES)(settings)
    except UserError as error:
        said = str(error)
        for usual, here in (names or {}).items():
            said = said.replace(usual, here)
        raise UserError(said) from None
    return engine
