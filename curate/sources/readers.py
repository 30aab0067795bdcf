"""Rows out of a user's file, of files that a pattern names, of stdin, or of a `datasets` dataset.

One row at a time as a dict, with its number for messages. Text is decoded so that broken bytes
survive as lone surrogates, which plain_values.mended replaces and counts, because a row with broken
text is a row to be judged, not a reason to stop.
"""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from glob import glob
from itertools import islice
from pathlib import Path
from typing import TypeVar

from curate.config import Source
from curate.sources.formats import FORMATS, Numbered, format_of, rows_of
from curate.sources.layouts.layout import Row
from curate.sources.packed import STDIN
from curate.terminal.progress import say
from filters.errors import UserError, did_you_mean, first_line

Made = TypeVar("Made")
_PEEK = 100


def rows(source: Source) -> Iterator[tuple[int, Row]]:
    """(number of the line or row, row). Raises UserError where the file cannot be read."""
    found = 0
    for found, (number, row) in enumerate(_rows(source), 1):
        yield number, row
        if source.limit is not None and found >= source.limit:
            return
    if not found:
        raise UserError(f"{source.where} has no rows")


def row_count(source: Source) -> int | None:
    """How many rows there will be, for progress, where that is cheap to know: a compressed file
    would have to be read twice."""
    path = Path(source.path)
    try:
        if source.more:
            return source.limit
        if path.suffix.lower() == ".parquet":
            import polars as pl

            found = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        elif path.suffix.lower() in (".jsonl", ".ndjson"):
            with path.open("rb") as file:
                found = sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b""))
        else:
            return source.limit
    except Exception:  # reading will say what is wrong with it
        return source.limit
    return min(found, source.limit or found)


def converted(
    numbered: Iterable[tuple[int, Row]],
    convert: Callable[[int, Row], Made],
    where: str,
    counts: Counter[str],
) -> Iterator[Made]:
    """What is made of each row. One whose content makes our code raise is counted as `unreadable`
    and left out; the first is told."""
    for number, row in numbered:
        try:
            made = convert(number, row)
        except UserError as error:
            raise UserError(f"{where}, row {number}: {error}") from None
        except Exception as error:
            counts["unreadable"] += 1
            if counts["unreadable"] == 1:
                what = f"{type(error).__name__}: {first_line(error)}"
                say(f"{where}, row {number}: unreadable, left out ({what})")
            continue
        yield made


def peeked(
    numbered: Iterator[tuple[int, Row]],
) -> tuple[list[Row], Iterator[tuple[int, Row]]]:
    """The first rows, and an iterator over all of them, those included."""
    first = list(islice(numbered, _PEEK))

    def everything() -> Iterator[tuple[int, Row]]:
        yield from first
        yield from numbered

    return [row for _, row in first], everything()


def further_heads(source: Source) -> Iterator[tuple[str, list[Row]]]:
    """The files behind the first that are not empty, and their first rows; stdin can be read but
    once."""
    for path in _paths(source)[1:]:
        if path != STDIN:
            alone = source.model_copy(update={"path": path, "more": []})
            if first := peeked(_rows(alone))[0]:
                yield path, first


def _rows(source: Source) -> Numbered:
    """Of one file, or of several, numbered through; a missing one is found before any is read."""
    each = [_rows_of_one(source.model_copy(update={"path": p})) for p in _paths(source)]
    return each[0] if len(each) == 1 else enumerate((row for one in each for _, row in one), 1)


def _paths(source: Source) -> list[str]:
    """The files; a pattern stands for those that match it, in the order of their names."""
    paths = [file for path in (source.path, *source.more) for file in _matching(path)]
    for path, times in Counter(paths).items():
        if times > 1:
            raise UserError(f"{path} is named {times} times")
    return paths


def _matching(path: str) -> list[str]:
    if Path(path).exists() or not any(sign in path for sign in "*?["):
        return [path]
    files = [name for name in sorted(glob(path, recursive=True)) if format_of(Path(name))]
    if not files:
        raise UserError(f"no file matches {path}; known formats: {_KNOWN}")
    return files


def _rows_of_one(source: Source) -> Numbered:
    path = Path(source.path)
    is_file = path.exists() and not path.is_dir()  # a pipe too
    if source.path == STDIN or (is_file and format_of(path)):
        return rows_of(path)
    if is_file:
        raise UserError(f"{path}: unknown format; known: {_KNOWN}")
    if (path / "state.json").is_file() or (path / "dataset_dict.json").is_file():
        return _saved_rows(path, source.split)
    if _folder_and_config(source.path)[0].is_dir():
        return _dataset_rows(source)
    if format_of(path):
        raise UserError(f"no file {path}{_like(path)}")
    return _dataset_rows(source)


_KNOWN = f"{', '.join(FORMATS)}, also .gz and .zst"


def _like(path: Path) -> str:
    """A file beside it whose name is nearly this one, endings apart: they are all alike."""
    names = {p.name.partition(".")[0]: p.name for p in path.parent.glob("*") if p.is_file()}
    near = difflib.get_close_matches(path.name.partition(".")[0], names, n=1)
    return f"; did you mean {names[near[0]]!r}?" if near else ""


def _numbered_through(files: Iterable[Path]) -> Numbered:
    rows = (row for file in files for _, row in rows_of(file))
    return enumerate(rows, 1)


def _saved_rows(path: Path, split: str) -> Numbered:
    """A folder that `save_to_disk` wrote: of one dataset, or of its splits."""
    if (path / "dataset_dict.json").is_file():
        splits = json.loads((path / "dataset_dict.json").read_text("utf-8"))["splits"]
        if split not in splits:
            raise UserError(f"{path} has no split {split!r}{did_you_mean(split, splits)}")
        path /= split
    files = json.loads((path / "state.json").read_text("utf-8"))["_data_files"]
    return _numbered_through(path / file["filename"] for file in files)


def _folder_and_config(path: str) -> tuple[Path, str]:
    """`folder:config`; a folder may have a colon in its own name."""
    name, _, config = (path, "", "") if Path(path).is_dir() else path.partition(":")
    return Path(name), config


def _dataset_rows(source: Source) -> Numbered:
    """A folder of data files, or a name on the Hub; `name:config` where it has several."""
    path, config = _folder_and_config(source.path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if format_of(p) and not p.name.startswith("."))
        if not files:
            raise UserError(f"{path} holds no data files; known: {_KNOWN}")
    elif source.path.startswith((".", "/", "~")) or source.path.count("/") > 1:
        raise UserError(f"no file {path}{_like(path)}")
    elif "/" not in source.path and path.suffix[1:].isalpha():
        raise UserError(f"no file {path}{_like(path) or f'; known formats: {_KNOWN}'}")
    import datasets  # seconds to load, so only where a dataset is asked for

    name = str(path.resolve() if path.is_dir() else path)  # `datasets` knows no folder named "."
    try:
        dataset = datasets.load_dataset(name, config or None, split=source.split)
    except Exception as error:  # whatever the hub, the network or the dataset's own files raise
        what = first_line(error.__cause__ or error)  # which file, and what of it
        if "Config name is missing" in what:
            names = ", ".join(datasets.get_dataset_config_names(name))
            what = f"it has several configs, {names}: name one as {path}:CONFIG"
        raise UserError(
            f"cannot load dataset {source.path!r}, split {source.split!r}: {what}"
        ) from None
    for number, row in enumerate(dataset, 1):
        yield number, dict(row)
