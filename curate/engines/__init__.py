"""The engines by name. A new one is one file here and one line in `ENGINES`; one that lives
elsewhere is named `my.module:MyEngine` in the configuration."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from filters.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from curate.config import Generate
    from curate.engines.engine import Engine

ENGINES = {
    "scripted": "curate.engines.scripted:ScriptedEngine",
    "transformers": "curate.engines.transformers:TransformersEngine",
}


def load_engine(settings: Generate) -> Engine:
    """The engine that `generate.engine` names, ready for `settings`."""
    place = settings.engine if ":" in settings.engine else ENGINES.get(settings.engine)
    if place is None:
        near = did_you_mean(settings.engine, ENGINES)
        raise UserError(
            f"generate.engine: no engine {settings.engine!r}{near} (your own: module:Class)"
        )
    engine: Engine = import_object(place, "generate.engine")(settings)
    return engine


def import_object(place: str, setting: str) -> type:
    """What `module:name` stands for; `setting` is who asked, for the error line."""
    module_name, _, name = place.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there; something it imports is not
        raise UserError(f"{setting}: there is no module {module_name!r}") from None
    if not hasattr(module, name):
        known = [n for n in vars(module) if not n.startswith("_")]
        raise UserError(
            f"{setting}: module {module_name!r} has no {name!r}{did_you_mean(name, known)}"
        )
    found: type = getattr(module, name)
    return found
