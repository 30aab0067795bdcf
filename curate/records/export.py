"""`curate export`: the records as a folder that `datasets.load_dataset` opens and the Hub takes.

Parquet files and a README with `configs`; config `sft` holds every row of the view `records`. It is
built under a hidden name and renamed in. In the folder of an earlier export it takes the place of
data/ and README.md; what else lies there stays.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import polars as pl

from curate.judging.remarks import tell_not_checked
from curate.manifest import ask as manifest
from curate.publishing.card import card
from curate.publishing.private import named
from curate.store.disk import writing
from curate.store.run_folder import Run
from curate.store.shards import write_parquet
from filters.errors import UserError
from filters.schema import content_id

ROWS_PER_FILE = 50_000
MARK = ".coldstart-curate"
"""A file that says the folder was written by export, so that a later export may go there"""
_NEW, _OLD = f"{MARK}-new", f"{MARK}-old"


def export(run: Run, folder: Path) -> dict[str, int]:
    """Write the records and their card. Counts: records, files, bytes."""
    records = manifest.kept_records(run)
    if records.is_empty():
        raise UserError(
            f"{run.path} has no records; `curate filter` and `curate normalize` make them from "
            "kept traces (`curate status` says what became of the others)"
        )
    places = folders_of_models(run)
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder to write")
    if folder.exists() and not (folder / MARK).exists() and _names(folder) - {_NEW, _OLD}:
        raise UserError(f"{folder} is not empty and no earlier export; choose another folder")
    there = folder.exists()
    staged = folder / _NEW if there else folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        with writing(folder):
            files = _write(run, _public(records, places), staged, places)
            if there:
                _take_place(staged, folder)
            else:
                os.replace(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    tell_not_checked(run)
    size = sum(path.stat().st_size for path in (folder / "data").rglob("*.parquet"))
    return {"records": records.height, "files": files, "bytes": size}


def folders_of_models(run: Run) -> set[str]:
    """The models of the run that are checkpoint folders: their revision is a hash of our own."""
    rows = manifest.rows(run, "select distinct model from traces where length(model_revision) = 32")
    return {row["model"] for row in rows}


def _public(records: pl.DataFrame, places: set[str]) -> pl.DataFrame:
    """Models and sources by names that say nothing of this machine."""
    public = {
        name: {text: named(text, places) for text in records[name].drop_nulls().unique()}
        for name in ("model", "source")
    }
    return records.with_columns(pl.col(n).replace_strict(of) for n, of in public.items() if of)


def _names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def _take_place(staged: Path, folder: Path) -> None:
    """The new files for the old ones, which are not deleted before the new ones are there."""
    data, old = folder / "data", folder / _OLD
    if data.exists():
        shutil.rmtree(old, ignore_errors=True)
        os.replace(data, old)
    os.replace(staged / "data", data)
    for name in ("README.md", MARK):
        os.replace(staged / name, folder / name)
    shutil.rmtree(old, ignore_errors=True)


def _write(run: Run, records: pl.DataFrame, staged: Path, places: set[str]) -> int:
    """The whole dataset folder; how many Parquet files."""
    data = staged / "data" / "sft"
    data.mkdir(parents=True)
    starts = range(0, records.height, ROWS_PER_FILE)
    for number, start in enumerate(starts):
        name = f"train-{number:05d}-of-{len(starts):05d}-{_digest(records)}.parquet"
        write_parquet(data / name, records.slice(start, ROWS_PER_FILE))
    path = f"data/sft/train-*-{_digest(records)}.parquet"
    (staged / "README.md").write_text(card(run, records, path, places), encoding="utf-8")
    (staged / MARK).write_text("written by curate export\n", encoding="utf-8")
    return len(starts)


def _digest(records: pl.DataFrame) -> str:
    """Of the content, for the names of the files: `datasets` (5.2) knows a folder again by its name
    and the paths in its card alone, and would go on showing what an earlier export held."""
    told = (
        "record_id",
        "content_hash",
        "normalize_hash",
        "kind",
        "language",
        "source",
        "license",
        "model",
    )
    return content_id(*(value for name in told for value in records[name]))[:12]
