"""`curate export`: the run as a folder that `datasets.load_dataset` opens and the Hub takes.

Parquet files per config and split (`configs.py`) and a README. It is built under a hidden name and
renamed in. In the folder of an earlier export it takes the place of data/ and README.md; what else
lies there stays. Memory is that of one file, however many records there are.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from curate.judging.remarks import tell_not_checked
from curate.manifest import ask as manifest
from curate.publishing.card import card
from curate.publishing.private import public_name
from curate.records.configs import BY_CHOICE, CONFIGS, PLAIN, Con
from curate.records.ordered import Ordered, Parts
from curate.store.disk import writing
from curate.store.run_folder import Run
from curate.store.shards import write_parquet
from curate.workers import in_order
from filters.errors import UserError, did_you_mean
from filters.schema import content_id

FILE_BYTES = 64 << 20
"""of text in a file at most, before compression. It is one row group, of which the Hub's viewer
wants 100 to 300 MB: a record stands in three columns"""
SPLITS = ("train", "validation")
MARK = ".coldstart-curate"
"""A file that says the folder was written by export, so that a later export may go there"""
_NEW, _OLD = f"{MARK}-new", f"{MARK}-old"


@dataclass(frozen=True)
class Choice:
    """What an export may hold besides or otherwise."""

    include: tuple[str, ...] = ()
    validation: float = 0.0
    """share of the problems whose rows make the validation split"""
    reasoning_field: bool = False
    """thinking as `reasoning_content` of the reply, not within its text"""

    def __post_init__(self) -> None:
        for name in self.include:
            if name not in BY_CHOICE:
                raise UserError(f"--include knows no {name!r}{did_you_mean(name, BY_CHOICE)}")
        if not 0 <= self.validation < 1:
            raise UserError(f"--validation is a share from 0 up to 1, not {self.validation}")


def export(run: Run, folder: Path, choice: Choice = Choice()) -> dict[str, int]:
    """Write the dataset and its card. Counts: records, files, bytes."""
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; name a folder to write")
    if folder.exists() and not (folder / MARK).exists() and _names(folder) - {_NEW, _OLD}:
        raise UserError(f"{folder} is not empty and no earlier export; choose another folder")
    there = folder.exists()
    staged = folder / _NEW if there else folder.with_name(f".{folder.name}-{os.getpid()}")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        with contextlib.closing(manifest.connect(run)) as con:
            records = _count(run, con)
            with writing(folder):
                _write(run, con, staged, choice)
        with writing(folder):
            if there:
                _take_place(staged, folder)
            else:
                os.replace(staged, folder)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    tell_not_checked(run)
    paths = list((folder / "data").rglob("*.parquet"))
    return {
        "records": records,
        "files": len(paths),
        "bytes": sum(path.stat().st_size for path in paths),
    }


def _count(run: Run, con: Con) -> int:
    manifest.check_records(run, con)
    (records,) = con.execute("select count(*) from fates where fate = 'kept'").fetchall()[0]
    if not records:
        raise UserError(
            f"{run.path} has no records; `curate filter` and `curate normalize` make them from "
            "kept traces (`curate status` says what became of the others)"
        )
    return int(records)


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


def _write(run: Run, con: Con, staged: Path, choice: Choice) -> None:
    """The whole dataset folder."""
    staged.mkdir(parents=True)
    places = _folders_of_models(con)
    names = _public_names(con, places)
    files: dict[Path, str] = {}
    for name in (*PLAIN, *choice.include):
        parts = _parts(run, con, name, staged / "parts" / name, choice.validation, names)
        for split, rows in parts.items():
            write = _WriteFile(name, choice)
            files |= _write_split(run, staged / "data" / name, split, rows, write)
    shutil.rmtree(staged / "parts", ignore_errors=True)
    text = card(run, con, staged, files, places, choice.reasoning_field)
    (staged / "README.md").write_text(text, encoding="utf-8")
    (staged / MARK).write_text("written by curate export\n", encoding="utf-8")


def _folders_of_models(con: Con) -> set[str]:
    """The models of the run that are checkpoint folders: their revision is a hash of our own."""
    rows = con.execute("select distinct model from traces where length(model_revision) = 32")
    return {model for (model,) in rows.fetchall()}


def _public_names(con: Con, places: set[str]) -> dict[str, str]:
    """Of models and sources whose name says something of this machine: what the public reads. A
    record keeps the source that its problem had when it was made."""
    rows = con.execute(
        "select model from traces union select source from problems "
        "union select source from records"
    ).fetchall()
    public = {name: public_name(name, places) for (name,) in rows if name is not None}
    return {name: shown for name, shown in public.items() if shown != name}


def _parts(
    run: Run, con: Con, name: str, scratch: Path, validation: float, names: dict[str, str]
) -> dict[str, Ordered]:
    """The rows of a config by split, in their final order."""
    config = CONFIGS[name]
    ordered = {split: Ordered(scratch / split, config.key) for split in SPLITS}
    for frame in config.rows(run, con):
        told = [pl.col(n).replace(names) for n in ("model", "source") if n in frame.columns]
        rows = frame.with_columns(*(told if names else ()), split=_split(frame, validation))
        for split in SPLITS:
            if (part := rows.filter(pl.col("split") == split)).height:
                ordered[split].add(part)
    return ordered


def _split(frame: pl.DataFrame, validation: float) -> pl.Series | pl.Expr:
    """By problem, so that no problem is in two: a share of the hashes of their ids."""
    if not validation:
        return pl.lit(SPLITS[0])
    least = int(validation * 2**32)
    chosen = {
        problem_id: SPLITS[int(content_id("split", problem_id)[:8], 16) < least]
        for problem_id in frame["problem_id"].unique()
    }
    return frame["problem_id"].replace_strict(chosen, return_dtype=pl.String)


def _write_split(
    run: Run, folder: Path, split: str, rows: Ordered, write: Callable[[_File], str]
) -> dict[Path, str]:
    """The files that were written, with the hashes of what they hold."""
    files = [(folder / f"{split}-{n}", parts) for n, parts in enumerate(rows.files(FILE_BYTES))]
    if not files:
        return {}
    folder.mkdir(parents=True, exist_ok=True)
    # one worker: polars writes the columns of a file side by side
    written = list(in_order(write, iter(files), 1, run.config.executor))
    # `datasets` (5.2) knows a folder again by its name and the paths in its card alone, and would
    # go on showing what an earlier export held
    of = f"{len(files):05d}-{content_id(*(sha256 for _, sha256 in written))[:12]}"
    return {
        path.rename(folder / f"{split}-{number:05d}-of-{of}.parquet"): sha256
        for number, ((path, _), sha256) in enumerate(written)
    }


_File = tuple[Path, Parts]


@dataclass(frozen=True)
class _WriteFile:
    """Sorts the rows of a file, gives them their published form and writes them; their sha256."""

    config: str
    choice: Choice

    def __call__(self, file: _File) -> str:
        path, parts = file
        config = CONFIGS[self.config]
        shown = config.shown(parts.sorted(), self.choice.reasoning_field).select(*config.columns)
        # level: downloaded again and again, so smaller; statistics would be whole texts
        content = write_parquet(path, shown, level=3, statistics=False)
        return hashlib.sha256(content).hexdigest()
