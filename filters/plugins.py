"""Filters, verifiers, engines, rewards and whatever else is chosen by name: from a table, or as
`module:name` from anybody's own module. The one place that loads such a name."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

from filters.errors import UserError, did_you_mean


def load(name: str, setting: str, noun: str, table: Mapping[str, str] | None = None) -> Any:
    """What `name` stands for: the entry of `table`, or what is called so in `module:name`.

    `setting` is where the name was written and `noun` what it should be, for the error line.
    Raises UserError where there is no such entry, module or name; an error inside the module that
    is loaded passes as it is."""
    table = table or {}
    place = table.get(name, name)
    module_name, colon, attribute = place.partition(":")
    if not (module_name and colon and attribute):
        near = did_you_mean(name, table)
        raise UserError(f"{setting}: no {noun} {name!r}{near} (your own is named module:name)")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there; something it imports is not
        raise UserError(f"{setting}: there is no module {module_name!r} for {name!r}") from None
    if not hasattr(module, attribute):
        known = [n for n in vars(module) if not n.startswith("_")]
        near = did_you_mean(attribute, known)
        raise UserError(f"{setting}: module {module_name!r} has no {attribute!r}{near}")
    return getattr(module, attribute)
