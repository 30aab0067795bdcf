"""A trained checkpoint in the run folder.

It appears by one rename and carries what it came from: `training.json` (a fingerprint of
records, settings and base, and the report) and `metrics.parquet` (its rows of the table `metrics`).
A training that would give the same is not done again, and what a kill kept out of the table is
added then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from safetensors import SafetensorError

from curate.store.run_folder import Run
from curate.store.shards import commit, live_shards, read
from filters.errors import UserError
from filters.schema import METRIC, TABLES

TRAINING_FILE, METRICS_FILE = "training.json", "metrics.parquet"


def place_for(run: Run, output: str, setting: str) -> Path:
    """Where the trained checkpoint goes; never over something that is none of ours."""
    target = run.path / output
    if Path(output).name != output or output in {*TABLES, ".", ".."} or output.startswith("."):
        raise UserError(f"{setting}: {output!r} must be a plain folder name, none of the run's own")
    if target.exists() and not (target / TRAINING_FILE).is_file():
        raise UserError(f"{setting}: {target} exists and is no trained checkpoint; name another")
    return target


def finished(target: Path, fingerprint: str) -> dict[str, Any] | None:
    """The report of the checkpoint at `target`, if it came from the very same things."""
    if not (target / TRAINING_FILE).is_file():
        return None
    known: dict[str, Any] = json.loads((target / TRAINING_FILE).read_text(encoding="utf-8"))
    return known["report"] if known["fingerprint"] == fingerprint else None


def staging(target: Path) -> Path:
    """An empty hidden folder beside `target`; what an interrupted training left there goes."""
    staged = target.parent / f".{target.name}-unfinished"
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir()
    return staged


def publish(
    staged: Path,
    target: Path,
    save: Callable[[Path], None],
    fingerprint: str,
    report: dict[str, Any],
    metrics: pl.DataFrame,
) -> None:
    """Write everything into `staged`, then let it take the place of `target`."""
    try:
        save(staged)
        metrics.write_parquet(staged / METRICS_FILE)
        written = json.dumps({"fingerprint": fingerprint, "report": report}, indent=2)
        (staged / TRAINING_FILE).write_text(written, encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot write the checkpoint to {staged}: {error}") from error
    replaced = target.parent / f".{target.name}-replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.rename(replaced)
    staged.rename(target)
    shutil.rmtree(replaced, ignore_errors=True)


def record_metrics(run: Run, target: Path) -> None:
    """The checkpoint's metrics as rows of `metrics`, unless they are there already."""
    before = {"eval_id": "training_id", "model": "checkpoint"}  # as older versions called them
    metrics = pl.read_parquet(target / METRICS_FILE).rename(before, strict=False)
    have = read(live_shards(run.folder("metrics")), METRIC, ["training_id"]).unique()
    commit(run.folder("metrics"), metrics.join(have, on="training_id", how="anti"), METRIC)
