"""What the commands share: options, opening a run, and telling what a stage did."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from curate.store.urls import folder_of
from curate.terminal.counts import counted
from curate.terminal.progress import say
from filters.errors import UserError

if TYPE_CHECKING:
    from curate.config import Config
    from curate.store.run_folder import Run

RunFolder = Annotated[
    Path, typer.Argument(metavar="RUN", help="A run folder, or its URL.", parser=folder_of)
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="Make this YAML file the run's configuration.")
]
OurColumns = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="OURS=THEIRS", help="Our column, the file's column."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON on stdout.")]


def open_run(path: Path) -> Run:
    from curate.store.run_folder import Run

    return Run.open(path)


@contextlib.contextmanager
def run_to_write(path: Path, doing: str, config: Path | None = None) -> Iterator[Run]:
    """The run, and nobody else writes there meanwhile, nor changes what `config` says."""
    from curate.store.run_folder import Run

    with Run.open(path).writing(doing) as opened:
        yield opened.configure(checked_config(config)) if config else opened


@contextlib.contextmanager
def run_to_train(path: Path, doing: str, config: Path | None = None) -> Iterator[Run]:
    """`run_to_write` for the first of several processes; the others take its settings and only
    read."""
    from curate.store.lock import is_follower
    from curate.store.run_folder import Run

    if not is_follower():
        with run_to_write(path, doing, config) as opened:
            yield opened
        return
    opened = Run.open(path)
    if config:
        opened.config = checked_config(config)
    yield opened


def config_of(path: Path, config: Path | None) -> Config:
    """The config file's; without one the run's own, or the default for a run that is to be."""
    from curate.config import Config
    from curate.store.run_folder import Run

    if config is not None:
        return checked_config(config)
    found = Run.there(path)
    return Config(name=path.name) if found is None else found.config


def checked_config(config: Path) -> Config:
    """The config file, its filters' settings checked too: a mistake must not get into run.yaml."""
    from curate.config import load_config

    return _with_known_filters(load_config(config))


def checked_recipe(file: Path, out: Path | None, seed: int | None) -> list[tuple[Config, Path]]:
    """The configs of a file with their run folders, checked before the first of them is done."""
    from curate.recipe import load_recipe

    return [(_with_known_filters(config), run) for config, run in load_recipe(file, out, seed)]


def _with_known_filters(config: Config) -> Config:
    """The config. Raises UserError where it names a filter, or a setting of one, that is not."""
    from curate.judging.active import settings_hashes

    settings_hashes(config)
    return config


def pairs(given: list[str], option: str, form: str) -> dict[str, str]:
    for item in given:
        if not all(item.partition("=")):
            raise UserError(f"{option} wants {form}, not {item!r}")
    return dict(item.partition("=")[::2] for item in given)


def columns_of(given: list[str] | None) -> dict[str, str]:
    """What `--map` says: our column -> the file's."""
    return pairs(given or [], "--map", "OURS=THEIRS")


def with_settings(config: Config, given: list[str]) -> Config:
    """The config with `filter.setting=value` applied, values read as YAML."""
    import yaml

    from curate.config import Config, parse_section

    filters = dict(config.filters)
    form = "FILTER.SETTING=VALUE, or FILTER=true or false"
    for place, text in pairs(given, "--set", form).items():
        try:
            value = yaml.safe_load(text)
        except yaml.YAMLError:
            raise UserError(f"--set {place}: {text!r} is no YAML value") from None
        name, _, setting = place.rpartition(".")
        had = filters.get(name, True)
        if name:
            filters[name] = {**(had if isinstance(had, dict) else {}), setting: value}
        elif isinstance(value, bool):
            filters[setting] = value
        else:
            raise UserError(f"--set wants {form}, not {place!r}")
    raw = config.model_dump(mode="json") | {"filters": filters}
    return _with_known_filters(parse_section(Config, raw, "--set"))


def show_counts(
    what: str, counts: Any, json: bool, in_words: Callable[[Any], str] = counted
) -> None:
    """A stage's counts: JSON on stdout where asked for, else one line on stderr."""
    answer(dict(counts), json, lambda counts: say(f"{what}: {in_words(counts)}"))


def answer(found: Any, json: bool, show: Callable[[Any], None]) -> None:
    """What was asked for, on stdout: as JSON, or for a person."""
    if json:
        from curate.terminal.tables import write_json

        write_json(found)
    else:
        show(found)


def show_outcome(opened: Run) -> None:
    from curate.manifest.in_words import outcome

    print("\n".join(outcome(opened)))
