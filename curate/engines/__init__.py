"""The engines by name. A new one is one file here and one line in `ENGINES`; one that lives
elsewhere is named `my.module:MyEngine` in the configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filters.errors import UserError
from filters.plugins import load

if TYPE_CHECKING:
    from curate.config import AskedModel, Generate
    from curate.engines.engine import Engine

ENGINES = {
    "openai": "curate.engines.openai:OpenAIEngine",
    "scripted": "curate.engines.scripted:ScriptedEngine",
    "transformers": "curate.engines.transformers:TransformersEngine",
    "vllm": "curate.engines.vllm:VllmEngine",
}


def load_engine(settings: Generate) -> Engine:
    """The engine that `generate.engine` names, ready for `settings`."""
    engine: Engine = load(settings.engine, "generate.engine", "engine", ENGINES)(settings)
    return engine


def load_asked(settings: AskedModel, section: str) -> Engine:
    """The engine of another section, such as `refine`; what is wrong with its settings is said by
    their names there."""
    try:
        return load_engine(settings.as_generate())
    except UserError as error:  # engines know `generate`
        raise UserError(str(error).replace("generate.", f"{section}.")) from None
