"""Which filters judge: from the configuration to the filters with their settings."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections import Counter
from typing import Any

from pydantic import TypeAdapter, ValidationError

from curate.config import Config
from filters import FILTERS
from filters.base import Filter, GroupFilter
from filters.errors import UserError, did_you_mean
from filters.plugins import load

RESERVED = ("human", "normalize", "traces", "total", "not_judged")
"""names of what decides beside filters"""


def active_filters(config: Config) -> dict[str, Filter]:
    """Name -> filter with its settings, in funnel order: the built-in ones unless switched off,
    then the user's own. Group filters come last, `select` at the very end."""
    own = [name for name in config.filters if name not in FILTERS]
    for name in own:
        load(name, "filters", "filter", FILTERS)  # also one that is switched off may be misspelt
    chosen: list[Filter] = []
    for name in [*FILTERS, *own]:
        settings = config.filters.get(name, True)
        if settings is not False:
            chosen.append(_make(name, {} if settings is True else settings))
    if not chosen:
        raise UserError("filters: every filter is switched off, so nothing would be judged")
    for name, times in Counter(f.name for f in chosen).items():
        if times > 1:
            raise UserError(f"filters: {times} filters are called {name!r}; rename yours")
    chosen.sort(key=lambda f: (f.name == "select", isinstance(f, GroupFilter)))
    return {f.name: f for f in chosen}


def settings_hashes(config: Config) -> dict[str, str]:
    """Of the active filters, in funnel order. Reads what settings name (benchmark files, a
    tokenizer), so a mistake there is found before the config gets into run.yaml."""
    return {name: f.settings_hash for name, f in active_filters(config).items()}


def _make(name: str, settings: dict[str, Any]) -> Filter:
    cls = load(name, "filters", "filter", FILTERS)
    if not (isinstance(cls, type) and issubclass(cls, Filter)):
        raise UserError(
            f"filters: {name!r} is no filter, which is a subclass of filters.base.Filter"
        )
    own_name = getattr(cls, "name", None)
    if not re.fullmatch("[a-z][a-z0-9_]*", str(own_name)) or own_name in RESERVED:
        raise UserError(
            f"filters: {name!r} has the name {own_name!r}; small letters, digits and _ are wanted, "
            f"and none of {', '.join(RESERVED)}"
        )
    known = [f.name for f in dataclasses.fields(cls)]
    for key in settings:
        if key not in known:
            raise UserError(f"filters.{name}: no setting {key!r}{did_you_mean(key, known)}")
        if isinstance(settings[key], float) and math.isnan(settings[key]):
            raise UserError(f"filters.{name}.{key}: a number is wanted, not nan")
    try:
        # read as JSON: strict about numbers, and yet a list may stand for a tuple, 1 for 1.0
        as_json = json.dumps(settings, default=str)
        made: Filter = TypeAdapter(cls).validate_json(as_json, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        message = f"filters.{name}.{key}: {first['msg'].lower()}, not {first['input']!r}"
        if first["type"] in ("list_type", "tuple_type"):
            message += f"; write [{first['input']}]"
        raise UserError(message[:300]) from None
    return made
