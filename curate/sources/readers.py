"""Rows out of a user's file: JSONL, Parquet, CSV (also .gz and .zst), or a `datasets` dataset.

One row at a time as a dict, with its number for messages. Text is decoded so that broken bytes
survive as lone surrogates, which plain_values.mended replaces and counts, because a row with broken
text is a row to be judged, not a reason to stop.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any, TypeVar

import zstandard

from curate.config import Source
from curate.sources.layouts.layout import Row
from curate.terminal.progress import say
from filters.errors import UserError, did_you_mean

Made = TypeVar("Made")
FORMATS = (".jsonl", ".ndjson", ".csv", ".parquet")
_PEEK = 100
_DAMAGE = (EOFError, OSError, zlib.error, zstandard.ZstdError)


def rows(source: Source) -> Iterator[tuple[int, Row]]:
    """(number of the line or row, row). Raises UserError where the file cannot be read."""
    found = 0
    for found, (number, row) in enumerate(_rows(source), 1):
        yield number, row
        if source.limit is not None and found >= source.limit:
            return
    if not found:
        raise UserError(f"{source.path} has no rows")


def row_count(source: Source) -> int | None:
    """How many rows there will be, for progress, where that is cheap to know: a compressed file
    would have to be read twice."""
    path = Path(source.path)
    try:
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
                what = f"{type(error).__name__}: {_first_line(error)}"
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


def _rows(source: Source) -> Iterator[tuple[int, Row]]:
    path = Path(source.path)
    kind = _format(path)
    if path.is_dir() or (kind is None and not path.exists()):
        return _dataset_rows(source)
    if not path.exists():
        near = (
            [p.name for p in path.parent.glob("*") if p.is_file()] if path.parent.exists() else []
        )
        raise UserError(f"no file {path}{did_you_mean(path.name, near) if near else ''}")
    if kind is None:
        raise UserError(f"{path}: unknown format; known: {', '.join(FORMATS)}, also .gz and .zst")
    return {"jsonl": _jsonl, "ndjson": _jsonl, "csv": _csv, "parquet": _parquet}[kind](path)


def _format(path: Path) -> str | None:
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    return suffixes[-1][1:] if suffixes and suffixes[-1] in FORMATS else None


def _jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    with _bytes(path) as file:
        for number, line in enumerate(_lines(path, file), 1):
            text = line.decode("utf-8", "surrogateescape").strip("\ufeff \t\r\n")
            if not text:
                continue
            try:
                row = json.loads(text)
            except (ValueError, RecursionError) as error:
                raise UserError(
                    f"{path}, line {number}: broken JSON ({_first_line(error)})"
                ) from None
            if not isinstance(row, dict):
                raise UserError(
                    f"{path}, line {number}: a JSON object is wanted, not {text[:40]!r}"
                )
            yield number, row


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(1 << 30)
    with _bytes(path) as file:
        text = io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline="")
        reader = csv.reader(text, strict=True)
        try:
            header = next(reader, None)
            if not header:
                return
            for name, times in Counter(header).items():
                if name and times > 1:
                    raise UserError(f"{path}: {times} columns are called {name!r}")
            for cells in reader:
                if len(cells) != len(header):
                    raise UserError(
                        f"{path}, line {reader.line_num}: {len(cells)} fields, "
                        f"the header has {len(header)}"
                    )
                yield reader.line_num, {k: v or None for k, v in zip(header, cells, strict=True)}
        except (csv.Error, *_DAMAGE) as error:
            raise UserError(f"{path}, line {reader.line_num}: broken CSV ({error})") from None


def _parquet(path: Path) -> Iterator[tuple[int, Row]]:
    import polars as pl

    try:
        frame = pl.scan_parquet(path, glob=False)
        frame.collect_schema()
        batches = frame.collect_batches(chunk_size=2000, maintain_order=True)
        number = 0
        for batch in batches:
            for row in batch.iter_rows(named=True):
                number += 1
                yield number, row
    except pl.exceptions.PolarsError as error:
        raise UserError(f"{path} is not a readable Parquet file: {_first_line(error)}") from None


def _dataset_rows(source: Source) -> Iterator[tuple[int, Row]]:
    path = Path(source.path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if _format(p) and not p.name.startswith("."))
        if not files:
            raise UserError(f"{path} holds no .jsonl, .csv or .parquet files")
    elif source.path.startswith((".", "/", "~")) or source.path.count("/") > 1:
        raise UserError(f"no file {path}")
    elif "/" not in source.path and path.suffix[1:].isalpha():
        raise UserError(f"no file {path}; known formats: {', '.join(FORMATS)}, also .gz and .zst")
    import datasets  # seconds to load, so only where a dataset is asked for

    try:
        dataset = datasets.load_dataset(source.path, split=source.split)
    except Exception as error:  # whatever the hub, the network or the dataset's own files raise
        raise UserError(
            f"cannot load dataset {source.path!r}, split {source.split!r}: {_first_line(error)}"
        ) from None
    for number, row in enumerate(dataset, 1):
        yield number, dict(row)


def _bytes(path: Path) -> IO[bytes]:
    try:
        if path.suffix.lower() == ".gz":
            return gzip.open(path, "rb")  # type: ignore[return-value]
        if path.suffix.lower() == ".zst":
            return io.BufferedReader(_Zstd(path), 1 << 20)
        return path.open("rb")
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, a file is wanted") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


class _Zstd(io.RawIOBase):
    """A .zst file, frame after frame. One that ends inside a frame is damaged, which
    `zstandard.open` does not notice."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._chunks = _frames(self._file)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._ready = memoryview(chunk)
        given = min(len(into), len(self._ready))
        into[:given], self._ready = self._ready[:given], self._ready[given:]
        return given

    def close(self) -> None:
        self._file.close()
        super().close()


def _frames(file: IO[bytes]) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor()
    frame = None
    while data := file.read(1 << 17):
        while data:
            frame = frame or decompressor.decompressobj()
            yield frame.decompress(data)
            data, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        raise EOFError("it ends inside a zstd frame")


def _lines(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    number = 0
    try:
        for number, line in enumerate(file, 1):  # noqa: B007
            yield line
    except _DAMAGE as error:
        raise UserError(
            f"{path}, after line {number}: damaged file ({_first_line(error)})"
        ) from None


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
