"""`curate push RUN USER/NAME --model CHECKPOINT`: a checkpoint of the run as a model on the Hub.

Its card names what it was trained on, to the row."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import polars as pl

from curate.evaluation.checkpoints import TRAINING_FILE
from curate.manifest import ask as manifest
from curate.publishing.markdown import as_yaml, table
from curate.publishing.private import public, public_name, scrubbed
from curate.publishing.push import Parcel, Where, check_target, files_below, send
from curate.records.export import MARK
from curate.store.run_folder import Run, writes
from data_cards import render
from filters.errors import UserError, did_you_mean

TRAINED_ON = "trained_on.parquet"
"""which records, how often, how many tokens: a row for each"""
_FACTS = {
    "stage": "trained by",
    "step": "steps",
    "n_records": "records or problems",
    "trained_tokens": "trained tokens",
    "first_loss": "first loss",
    "last_loss": "last loss",
    "dataset_hash": "hash of all it was trained on",
    "tokenizer_hash": "hash of the tokenizer",
    "program_version": "coldstart-curate",
    "program_commit": "commit of the program",
}
"""column of `checkpoints` -> what the card calls it"""
_SCORES = (
    "stage, problem_set, k, pass_at_1, pass_at_1_se, cons_at_k, format_rate, mixed_language_rate, "
    "unreadable_rate, mean_tokens"
)


@writes("push")
def push_model(run: Run, repo: str, where: Where, checkpoint: str) -> dict[str, Any]:
    """Bring the checkpoint (its path inside the run) to USER/NAME. Counts as of `push`."""
    check_target(repo, where)
    row = _checkpoint(run, checkpoint)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "out"
        _gather(run, row, folder)
        title = scrubbed(f"{run.config.name} {row['path']}")
        parcel = Parcel(files_below(folder), "model", title, _stale, row["checkpoint_id"])
        return send(run, repo, where, parcel)


def _checkpoint(run: Run, checkpoint: str) -> dict[str, Any]:
    """The latest row of `checkpoints` at that path."""
    rows = manifest.rows(run, "select * from checkpoints order by created_at desc")
    if not rows:
        raise UserError(f"{run.path} has trained no checkpoint yet: `curate sft` or `curate grpo`")
    paths = list(dict.fromkeys(row["path"] for row in rows))
    given = os.path.normpath(checkpoint)
    inside = os.path.relpath(given, run.path) if Path(given).is_dir() else given
    for row in rows:
        if row["path"] in (given, inside) and (run.path / row["path"]).is_dir():
            return row
    raise UserError(f"{run.path} has no checkpoint {checkpoint!r}{did_you_mean(checkpoint, paths)}")


def _gather(run: Run, row: dict[str, Any], folder: Path) -> None:
    """The checkpoint's own files, without those of checkpoints inside it, and what we say of it."""
    folder.mkdir()
    for path in sorted((run.path / row["path"]).iterdir()):
        rows_of_manifest = path.suffix == ".parquet"
        if path.name == TRAINING_FILE:
            (folder / path.name).write_text(_public(path), encoding="utf-8")
        elif path.is_file() and path.name != "README.md" and not rows_of_manifest:
            (folder / path.name).symlink_to(path.resolve())
    trained_on(run, row["checkpoint_id"]).write_parquet(folder / TRAINED_ON)
    (folder / MARK).write_text("written by curate push --model\n", encoding="utf-8")
    (folder / "README.md").write_text(_card(run, row), encoding="utf-8")


def _public(training: Path) -> str:
    """What the trainer says of the checkpoint, as everybody may read it."""
    facts = {
        name: public_name(fact) if isinstance(fact, str) else fact
        for name, fact in json.loads(training.read_text(encoding="utf-8")).items()
    }
    return json.dumps(facts | {"settings": public(facts.get("settings", {}))}, indent=2)


def trained_on(run: Run, checkpoint_id: str) -> pl.DataFrame:
    """record_id, source (null: this run), n_tokens, n_trained, times; by record_id."""
    query = (
        "select record_id, source, n_tokens, n_trained, times from checkpoint_records "
        f"where checkpoint_id = '{checkpoint_id}' order by source, record_id"
    )
    with manifest.query(run, query) as answer:
        rows = answer.pl()
    names = {source: public_name(source) for source in rows["source"].drop_nulls().unique()}
    return rows.with_columns(pl.col("source").replace(names))


def _card(run: Run, row: dict[str, Any]) -> str:
    dataset = _dataset(run)
    base = public_name(row["base_model"] or "")
    front = {
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        **({"base_model": base} if base.count("/") == 1 else {}),
        **({"datasets": [dataset["repo"]]} if dataset else {}),
        "tags": ["reasoning", "coldstart-curate", row["stage"]],
    }
    facts = [
        {"fact": label, "value": row[name]}
        for name, label in _FACTS.items()
        if row[name] is not None
    ]
    same = f"checkpoint_revision = '{row['revision']}'"
    scores = manifest.rows(
        run, f"select {_SCORES} from evals where {same} order by problem_set, k, stage"
    )
    return render(
        "model.md",
        front=as_yaml(front),
        title=scrubbed(f"{run.config.name} {row['path']}"),
        base=f"{base} ({row['base_revision']})",
        facts=table(facts),
        dataset=_from(dataset),
        trained_on=TRAINED_ON,
        scores=table([public(row) for row in scores]) or "It was not evaluated in this run.",
        settings=as_yaml(public(json.loads(row["settings"]))),
    )


def _dataset(run: Run) -> dict[str, Any] | None:
    """The run's last push of its dataset."""
    rows = manifest.rows(
        run,
        "select repo, commit from pushes where coalesce(kind, 'dataset') = 'dataset' "
        "order by created_at desc limit 1",
    )
    return rows[0] if rows else None


def _from(dataset: dict[str, Any] | None) -> str:
    if dataset is None:
        return "The records themselves were not published from this run."
    return f"The records are in the dataset {dataset['repo']} at revision {dataset['commit']}."


def _stale(name: str) -> bool:
    """Weights of an earlier push, cut into other files."""
    return name.endswith(".safetensors") or name.endswith(".safetensors.index.json")
