"""A run folder: the configuration it was made with and the shards it holds."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

import yaml

from curate.config import Config, parse_config
from filters.errors import UserError

RUN_FILE = "run.yaml"
RUN_VERSION = 1
PACKAGES = ("coldstart-curate", "duckdb", "polars", "sympy", "math-verify", "langdetect")


def live_shards(folder: Path) -> list[Path]:
    """All visible shards of a folder, oldest first."""
    return sorted(folder.glob("[0-9]*.parquet"))


class Run:
    """An open run. `config` is the active configuration: the last version in run.yaml."""

    def __init__(self, path: Path, versions: list[dict[str, Any]]) -> None:
        self.path = path
        self.versions = versions
        self.config = parse_config(versions[-1]["config"], str(path / RUN_FILE))

    @classmethod
    def create(cls, path: Path, config: Config) -> Run:
        """A new run folder; an existing one is opened and takes `config` as its next version."""
        if (path / RUN_FILE).exists():
            return cls.open(path).configure(config)
        if path.is_dir() and any(path.iterdir()):
            raise UserError(f"{path} is not empty and no run folder; choose another")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UserError(f"cannot create run folder {path}: {error.strerror}") from None
        return cls(path, [_version(config)])._save()

    @classmethod
    def open(cls, path: Path) -> Run:
        try:
            raw = yaml.safe_load((path / RUN_FILE).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            what = "has no run.yaml, so it is no run folder" if path.exists() else "does not exist"
            raise UserError(
                f"{path} {what}; `curate run CONFIG` or `curate import RUN FILE` makes one"
            ) from None
        except yaml.YAMLError:
            raise UserError(f"{path / RUN_FILE} is damaged: not valid YAML") from None
        if not isinstance(raw, dict) or not raw.get("versions"):
            raise UserError(f"{path / RUN_FILE} is damaged: it lists no versions")
        if raw.get("run_version", 1) > RUN_VERSION:
            raise UserError(
                f"{path} was made by a newer coldstart-curate (run version {raw['run_version']}, "
                f"this one knows {RUN_VERSION}): upgrade with `pip install -U coldstart-curate`"
            )
        return cls(path, raw["versions"])

    def configure(self, config: Config) -> Run:
        """Make `config` active; a changed setting adds a version, never refuses."""
        if config != self.config:
            self.versions.append(_version(config) | {"active": self.active()})
            self.config = config
            self._save()
        return self

    def folder(self, table: str, *below: str) -> Path:
        """Where the shards of a table lie, e.g. `folder("verdicts", "language")`."""
        return self.path.joinpath(table, *below)

    def shards(self, table: str, *below: str) -> list[Path]:
        """The visible shards of a table, oldest first; of all filters for verdicts."""
        folder = self.folder(table, *below)
        if table == "verdicts" and not below:
            return sorted(folder.glob("*/[0-9]*.parquet"))
        return live_shards(folder)

    def active(self) -> dict[str, str]:
        """Filter -> settings_hash of those that judge now, in funnel order."""
        return dict(self.versions[-1].get("active", {}))

    def activate(self, settings: dict[str, str]) -> None:
        if settings != self.active():
            self.versions[-1]["active"] = settings
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
        staged = self.path / f".{RUN_FILE}-{os.getpid()}"
        try:
            staged.write_text(text, encoding="utf-8")
            os.replace(staged, self.path / RUN_FILE)
        except OSError as error:
            raise UserError(f"cannot write {self.path / RUN_FILE}: {error.strerror}") from None
        return self


def _version(config: Config) -> dict[str, Any]:
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0)
    return {
        "created_at": now.isoformat(),
        "python": platform.python_version(),
        "packages": installed_packages(),
        "config": config.model_dump(mode="json"),
    }


def installed_packages() -> dict[str, str | None]:
    """Versions of this program and of what its verdicts depend on."""
    return {name: _installed(name) for name in PACKAGES}


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None
