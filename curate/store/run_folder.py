"""A run folder: the configuration it was made with and the shards it holds."""

from __future__ import annotations

import contextlib
import datetime
import functools
import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import yaml

from curate.config import Config, parse_section
from curate.store import inventory
from curate.store.disk import make_folder, writing
from curate.store.lock import Part, turn, writer
from curate.store.names import live_shards
from curate.store.placing import place_text, remove
from curate.store.remote import pull, push, strangers
from curate.terminal.progress import say
from filters.errors import UserError

RUN_FILE = "run.yaml"
RUN_VERSION = 1
WHOLE = ("sft", "grpo", "eval", "run")
"""what reads and makes more than shards: of a run at a URL the copy is made whole before, and it is
put there whole when all went well"""
P = ParamSpec("P")
T = TypeVar("T")
PACKAGES = ("coldstart-curate", "duckdb", "polars", "sympy", "langdetect")


class Run:
    """An open run. `config` is the active configuration: the last version in run.yaml."""

    def __init__(self, path: Path, versions: list[dict[str, Any]]) -> None:
        self.path = path
        self._use(versions)

    def _use(self, versions: list[dict[str, Any]]) -> None:
        self.versions = versions
        self.config = parse_section(Config, versions[-1]["config"], str(self.path / RUN_FILE))

    @classmethod
    def create(cls, path: Path, config: Config) -> Run:
        """A new run folder; an existing one is opened and takes `config` as its next version."""
        found = cls.there(path)
        return cls._new(path, config) if found is None else found.configure(config)

    @classmethod
    def _new(cls, path: Path, config: Config) -> Run:
        if strangers(path):
            raise UserError(f"{path} is not empty and no run folder; choose another")
        with writing(path):
            make_folder(path)
        with writer(path, "create"):
            return cls(path, [_version(config)])._save()

    @classmethod
    def open(cls, path: Path) -> Run:
        pull(path)
        return cls(path, _read_versions(path))

    @classmethod
    def there(cls, path: Path) -> Run | None:
        """`open`, where there is one."""
        pull(path)
        return cls(path, _read_versions(path)) if (path / RUN_FILE).exists() else None

    @classmethod
    @contextlib.contextmanager
    def making(
        cls, path: Path, config: Config, doing: str = "import", part: Part | None = None
    ) -> Iterator[Run]:
        """`create` and be the writer; undone where the block fails on the user's input before
        anything is committed, so that a misspelt file name leaves no run folder behind."""
        had_folder = path.exists()
        with _turn_to_create(path, part):
            found = cls.there(path)
            run = found or cls._new(path, config)
        try:
            with run.writing(doing, part):
                with turn(path):
                    run.configure(config)
                yield run
        except UserError:
            if found is None and not any(path.rglob("*.parquet")):
                _clear(path, with_folder=not had_folder)
            raise

    @contextlib.contextmanager
    def writing(self, doing: str, part: Part | None = None) -> Iterator[Run]:
        """Be the run folder's one writer (as `part` (i, n): one of n that do not meet), with the
        settings as they are now. Raises UserError, saying who works there, where somebody does.
        Every stage that commits is such a block; blocks within it are part of it."""
        with writer(self.path, doing, part) as outermost:
            pulled = pull(self.path, whole=doing in WHOLE) if outermost else set()
            if outermost and (self.path / RUN_FILE).exists():
                versions = _read_versions(self.path)
                if versions != self.versions:
                    self._use(versions)
            gone = inventory.missing(self.path) if outermost else set()
            yield self
            if outermost:
                inventory.note(self.path, gone)
                push(self.path, pulled)

    def configure(self, config: Config) -> Run:
        """Make `config` active; a changed setting adds a version, never refuses."""
        with self.writing("change settings"):
            if config == self.config:
                return self
            changed = changes(self.versions[-1]["config"], config.model_dump(mode="json"))
            self.versions.append(_version(config) | {"active": self.active()})
            self.config = config
            self._save()
            say(f"settings of {self.path} changed: {', '.join(changed)}")
        return self

    def folder(self, table: str, *below: str) -> Path:
        """Where the shards of a table lie, e.g. `folder("verdicts", "language")`."""
        return self.path.joinpath(table, *below)

    def shards(self, table: str, *below: str) -> list[Path]:
        """The visible shards of a table, oldest first; of all filters for verdicts."""
        folder = self.folder(table, *below)
        if table == "verdicts" and not below:
            return [path for one in sorted(folder.glob("*")) for path in live_shards(one)]
        return live_shards(folder)

    def active(self) -> dict[str, str]:
        """Filter -> settings_hash of those that judge now, in funnel order."""
        return dict(self.versions[-1].get("active", {}))

    def note(self, **facts: Any) -> None:
        """Write facts beside the active configuration, e.g. which filters are active."""
        with self.writing("change settings"):
            if any(self.versions[-1].get(name) != fact for name, fact in facts.items()):
                self.versions[-1].update(facts)
                self._save()

    @property
    def jobs(self) -> int:
        return self.config.jobs or len(os.sched_getaffinity(0))

    def _save(self) -> Run:
        text = yaml.safe_dump(
            {"run_version": RUN_VERSION, "versions": self.versions},
            sort_keys=False,
            allow_unicode=True,
        )
        with writing(self.path):
            place_text(text, self.path / RUN_FILE)
        return self


def _turn_to_create(path: Path, part: Part | None) -> contextlib.AbstractContextManager[None]:
    """Parts that begin at once, as a Slurm array's, all want the folder: the first makes it."""
    if part is None or (path / RUN_FILE).exists() or strangers(path):
        return contextlib.nullcontext()
    with writing(path):
        make_folder(path)
    return turn(path)


def _read_versions(path: Path) -> list[dict[str, Any]]:
    file = path / RUN_FILE
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        what = "has no run.yaml, so it is no run folder" if path.exists() else "does not exist"
        raise UserError(
            f"{path} {what}; `curate run CONFIG` or `curate import RUN FILE` makes one"
        ) from None
    except OSError as error:
        raise UserError(f"cannot read {file}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise UserError(f"{file} is damaged: not valid YAML") from None
    version = raw.get("run_version") if isinstance(raw, dict) else None
    if not isinstance(version, int):
        raise UserError(f"{file} is damaged: it names no run_version")
    if version > RUN_VERSION:
        raise UserError(newer_version(path, version))
    versions = raw.get("versions")
    if not (isinstance(versions, list) and versions and "config" in versions[-1]):
        raise UserError(f"{file} is damaged: it lists no versions")
    return versions


def writes(
    doing: str,
) -> Callable[[Callable[Concatenate[Run, P], T]], Callable[Concatenate[Run, P], T]]:
    """A stage that writes: all of it is a `writing` block."""

    def decorate(stage: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
        @functools.wraps(stage)
        def as_writer(run: Run, *args: P.args, **kwargs: P.kwargs) -> T:
            with run.writing(doing):
                return stage(run, *args, **kwargs)

        return as_writer

    return decorate


def newer_version(place: Path | str, version: int | str) -> str:
    """What to tell of a run or shard whose columns may mean something else than here."""
    return (
        f"{place} has version {version}, newer than this coldstart-curate knows: upgrade with "
        "`pip install -U coldstart-curate`"
    )


def _clear(folder: Path, with_folder: bool) -> None:
    """Remove run.yaml and empty folders; whatever else is there stays, and the folder with it."""
    remove([folder / RUN_FILE])
    below = sorted((p for p in folder.rglob("*") if p.is_dir()), reverse=True)
    for empty in [*below, folder] if with_folder else below:
        with contextlib.suppress(OSError):
            empty.rmdir()


def _version(config: Config) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    return {
        "created_at": now.isoformat(),
        "python": platform.python_version(),
        "packages": installed_packages(),
        "config": config.model_dump(mode="json"),
    }


def changes(before: Any, after: Any, place: str = "") -> list[str]:
    """Where two configurations differ, by dotted name."""
    if before == after:
        return []
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return [place]
    names = dict.fromkeys([*before, *after])
    prefix = f"{place}." if place else ""
    return [
        change for n in names for change in changes(before.get(n), after.get(n), f"{prefix}{n}")
    ]


def installed_packages() -> dict[str, str | None]:
    """Versions of this program and of what its verdicts depend on."""
    return {name: _installed(name) for name in PACKAGES}


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
