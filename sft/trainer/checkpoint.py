"""A trained checkpoint in the run folder.

It appears by one rename and carries what it came from: `training.json`, and in Parquet the rows it
adds to the manifest. A training that would give the same is not done again, one that was
interrupted goes on, and what a kill kept out of the manifest is added then.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
from safetensors import SafetensorError

from curate.engines.checkpoint import content_hash
from curate.evaluation.checkpoints import TRAINING_FILE
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from curate.terminal.progress import say
from filters.errors import UserError
from filters.schema import CHECKPOINT, CHECKPOINT_RECORD, TABLES, conform
from sft.trainer import saved
from sft.trainer.journal import ends
from sft.trainer.origin import Origin

ROWS = {
    "metrics.parquet": ("metrics", "training_id"),
    "checkpoints.parquet": ("checkpoints", "checkpoint_id"),
    "checkpoint_records.parquet": ("checkpoint_records", "checkpoint_id"),
}
"""file in the checkpoint -> the table its rows belong in, and the id that says they are there"""
Seen = Callable[[dict[str, Any]], pl.DataFrame]
"""from the counts of a saved state to rows of `CHECKPOINT_RECORD`: what it had been trained on"""


def no_records(counts: dict[str, Any]) -> pl.DataFrame:
    """RL trains on rollouts."""
    return pl.DataFrame(schema=CHECKPOINT_RECORD)


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


def staging(origin: Origin, resume: bool) -> tuple[Path, Path | None]:
    """The hidden folder beside the target, and the state in it to go on from. Of an interrupted
    training that is another one, or half-written, nothing stays."""
    staged = origin.target.parent / f".{origin.target.name}-unfinished"
    state = saved.last(staged, origin.fingerprint) if resume else None
    if state is None:
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
    else:
        saved.clear(staged)
        say(f"{origin.stage}: going on from step {saved.progress(state)['step']:,}")
    return staged, state


def publish(
    origin: Origin,
    staged: Path,
    report: dict[str, Any],
    metrics: pl.DataFrame,
    seen: Seen = no_records,
) -> None:
    """Make ordinary checkpoints of the saved states, the last of which is the result, and let them
    take the place of the target."""
    published = staged / "published"
    try:
        shutil.rmtree(published, ignore_errors=True)
        published.mkdir()
        _fill(origin, published, saved.states(staged), report, seen)
        metrics.write_parquet(published / "metrics.parquet")
    except (OSError, SafetensorError) as error:
        raise UserError(f"cannot write the checkpoint to {staged}: {error}") from error
    replaced = origin.target.parent / f".{origin.target.name}-replaced"
    shutil.rmtree(replaced, ignore_errors=True)
    if origin.target.exists():
        origin.target.rename(replaced)
    published.rename(origin.target)
    shutil.rmtree(replaced, ignore_errors=True)
    shutil.rmtree(staged)


def _fill(
    origin: Origin, published: Path, states: list[Path], report: dict[str, Any], seen: Seen
) -> None:
    rows, records = [], []
    for state in states:
        final = state == states[-1]
        place = published if final else published / state.name
        origin.base.convert(state, place)
        known = saved.progress(state)
        step, counts = known["step"], known["counts"]
        facts = origin.facts(step) | {"report": report if final else counts_alone(counts)}
        (place / TRAINING_FILE).write_text(json.dumps(facts, indent=2), encoding="utf-8")
        path = origin.target.name if final else f"{origin.target.name}/{state.name}"
        named = seen(counts).with_columns(checkpoint_id=pl.lit(origin.checkpoint_id(step)))
        records.append(conform(named, CHECKPOINT_RECORD))
        found = {
            "path": path,
            "revision": content_hash(place),
            "n_records": named.height,
            **counts_alone(counts),
            **ends(known["journal"], "loss"),
        }
        rows.append(origin.row(step, found))
    table = pl.DataFrame(rows, schema_overrides=CHECKPOINT, infer_schema_length=None)
    conform(table, CHECKPOINT).write_parquet(published / "checkpoints.parquet")
    pl.concat(records).write_parquet(published / "checkpoint_records.parquet")


def counts_alone(counts: dict[str, Any]) -> dict[str, Any]:
    """The numbers among what a saved state knows."""
    return {name: value for name, value in counts.items() if isinstance(value, int | float)}


def record(run: Run, target: Path) -> None:
    """The rows a checkpoint carries into their tables, unless they are there already."""
    for file, (table, key) in ROWS.items():
        rows, schema = pl.read_parquet(target / file), TABLES[table]
        have = read(run.shards(table), schema, [key]).unique()
        commit(run.folder(table), rows.join(have, on=key, how="anti"), schema)
