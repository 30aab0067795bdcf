"""What an index is built from, looked at once: its label says it, and a label that is not this of
the run as it is now makes the index stale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from curate.store.run_folder import Run

FORMAT = 19  # raise when tables or views change, so that older indexes are rebuilt
TABLES = (
    *("problems", "traces", "verdicts", "records", "tokenized", "metrics", "evals", "pushes"),
    *("checkpoints", "checkpoint_records", "rollouts"),
)


class Label(NamedTuple):
    """Format of the index; fingerprints of the run's place and shards, and of its settings."""

    format: int
    tables: str
    verdicts: str
    settings: str


@dataclass(frozen=True)
class Snapshot:
    """The run with the settings it was read with, and the shards that are visible now."""

    run: Run
    shards: dict[str, list[Path]]

    @classmethod
    def of(cls, run: Run) -> Snapshot:
        return cls(run, {table: run.shards(table) for table in TABLES})

    @cached_property
    def label(self) -> Label:
        place = str(self.run.path.resolve())
        verdicts = self.shards["verdicts"]
        tables = [path for name in TABLES if name != "verdicts" for path in self.shards[name]]
        settings = json.dumps(self.run.versions, sort_keys=True, default=str)
        return Label(
            FORMAT, _fingerprint(place, tables), _fingerprint(place, verdicts), _digest(settings)
        )


def _fingerprint(place: str, files: Iterable[Path]) -> str:
    """However the run's folder was named, by its path or another that leads there."""
    facts = ((f"{path.parent.name}/{path.name}", path.stat()) for path in files)
    lines = (f"{name}\0{of.st_size}\0{of.st_mtime_ns}" for name, of in facts)
    return _digest("\n".join([place, *lines]))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(errors="surrogateescape"), digest_size=16).hexdigest()
