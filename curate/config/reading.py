"""YAML as a configuration: a mistake in it is one line with the nearest known key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from curate.config.section import is_folder_name
from curate.config.whole import Config
from filters.errors import UserError, did_you_mean

S = TypeVar("S", bound=BaseModel)


def load_config(path: Path) -> Config:
    """The file as a Config; a UserError names the key, the file, and the nearest valid key."""
    return config_of(read_yaml(path), path)


def read_yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no config file {path}; `curate init {path}` writes a starter") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, a config file is wanted") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {_yaml_place(error)}") from None
    if raw is None:
        raise UserError(f"{path} is empty; `curate init` writes a starter config")
    if not isinstance(raw, dict):
        raise UserError(f"{path} must be a mapping of settings, not a {type(raw).__name__}")
    return raw


def config_of(raw: dict[str, Any], path: Path) -> Config:
    """What was read from the file, or a part of it; named like the file if it has no name."""
    config = parse_section(Config, {"name": path.stem} | raw, str(path))
    if not is_folder_name(config.name):
        raise UserError(f"{path}: name: {config.name!r} must be a plain folder name")
    return config


def parse_section(section: type[S], raw: dict[str, Any], where: str) -> S:
    """A section by itself, or the whole. `where` it stands, for the line of a UserError."""
    try:
        return section.model_validate(raw)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error, section)}") from None


def _first_problem(error: ValidationError, section: type[BaseModel]) -> str:
    """The first problem in one line; how many more there are."""
    first, *more = error.errors()
    place = ".".join(str(p) for p in first["loc"]) or "config"
    if first["type"] == "extra_forbidden":
        known = _fields_at(first["loc"][:-1], section)
        line = f"unknown key {place!r}{did_you_mean(str(first['loc'][-1]), known)}"
    else:
        secret = section.model_config.get("hide_input_in_errors")
        given = "" if secret else f", not {first['input']!r}"
        line = f"{place}: {first['msg'].lower()}{given}"[:300]
    return line + (f" (and {len(more)} more)" if more else "")


def _fields_at(place: tuple[int | str, ...], model: type[BaseModel]) -> list[str]:
    for step in place:
        if isinstance(step, str) and step in model.model_fields:
            inner = _model_in(model.model_fields[step].annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_model_in(a) for a in getattr(annotation, "__args__", ())]
    return next((m for m in inner if m), None)


def _yaml_place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "cannot be read"
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else str(what)
