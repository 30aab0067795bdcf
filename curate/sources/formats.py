"""Rows out of one file of each format, one at a time, with the number of its line or row."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from curate.sources.layouts.layout import Row
from curate.sources.packed import DAMAGE, STDIN, unpacked_bytes
from filters.errors import UserError, first_line

Numbered = Iterator[tuple[int, Row]]


def format_of(path: Path) -> str | None:
    """The suffix that says how to read it; stdin says so by how it begins."""
    suffixes = [s.lower() for s in path.suffixes]
    if suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    return suffixes[-1] if suffixes and suffixes[-1] in READERS else None


def rows_of(path: Path) -> Numbered:
    if str(path) == STDIN:
        yield from _stdin()
    else:
        yield from READERS[format_of(path) or ""](path)


def _stdin() -> Numbered:
    with _text(Path(STDIN)) as text:
        head = _peek(text).lstrip("\ufeff \t\r\n")
        if head.startswith("PAR1") or head.startswith("ARROW1"):
            raise UserError("stdin: Parquet and Arrow are read from files alone")
        read = _lines_of if head.startswith("{") else _array_of if head[:1] == "[" else _csv_of
        yield from read(Path("stdin"), text)


def _text(path: Path, newline: str = "\n") -> io.TextIOWrapper:
    """As UTF-8 whose broken bytes survive; as UTF-16 where its mark says so."""
    file = unpacked_bytes(path)
    try:
        head = file.peek(2)[:2]
    except DAMAGE as error:
        raise UserError(f"{path}: damaged file ({first_line(error)})") from None
    if head in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.TextIOWrapper(file, "utf-16", newline=newline)
    return io.TextIOWrapper(file, "utf-8-sig", errors="surrogateescape", newline=newline)


def _peek(text: io.TextIOWrapper) -> str:
    """How the text begins, left in place."""
    return text.buffer.peek(1 << 12).decode(text.encoding, "replace")  # type: ignore[attr-defined]


def _jsonl(path: Path) -> Numbered:
    with _text(path) as text:
        yield from _lines_of(path, text)


def _lines_of(path: Path, text: io.TextIOWrapper) -> Numbered:
    number = 0
    try:
        for number, line in enumerate(text, 1):
            begun = line.lstrip("\ufeff \t\r\n")
            if begun:
                yield number, _object(path, number, begun)
    except DAMAGE as error:
        raise UserError(
            f"{path}, after line {number}: damaged file ({first_line(error)})"
        ) from None


def _object(path: Path, number: int, text: str) -> Row:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}, line {number}: broken JSON ({first_line(error)})") from None
    return _row(f"{path}, line {number}", row)


def _row(where: str, value: Any) -> Row:
    """An object; a list of objects is a conversation."""
    if isinstance(value, list) and value and all(isinstance(turn, dict) for turn in value):
        return {"messages": value}
    if not isinstance(value, dict):
        raise UserError(f"{where}: a JSON object is wanted, not {json.dumps(value)[:40]}")
    return value


def _json(path: Path) -> Numbered:
    """An array of objects; what begins otherwise may be lines of objects under this name."""
    with _text(path) as text:
        is_array = _peek(text).lstrip("\ufeff \t\r\n").startswith("[")
        yield from (_array_of if is_array else _lines_of)(path, text)


def _array_of(path: Path, text: io.TextIOWrapper) -> Numbered:
    """Objects as they come. Where one is cut off by the end of what was read, twice as much is read
    before it is tried again, so the time stays linear."""
    decoder, number, buffer, size = json.JSONDecoder(), 0, "", 1 << 16
    try:
        buffer = text.read(size).lstrip()[1:]
        while True:
            buffer = buffer.lstrip(", \t\r\n")
            if buffer.startswith("]"):
                return
            try:
                row, end = decoder.raw_decode(buffer)
            except (ValueError, RecursionError) as error:
                size *= 2
                more = text.read(size)
                if not more or isinstance(error, RecursionError):
                    what = f"{path}, row {number + 1}: broken JSON ({first_line(error)})"
                    raise UserError(what) from None
                buffer += more
                continue
            number += 1
            yield number, _row(f"{path}, row {number}", row)
            buffer, size = buffer[end:], 1 << 16
    except DAMAGE as error:
        raise UserError(f"{path}, after row {number}: damaged file ({first_line(error)})") from None


def _csv(path: Path) -> Numbered:
    with _text(path, newline="") as text:
        yield from _csv_of(path, text)


def _csv_of(path: Path, text: io.TextIOWrapper) -> Numbered:
    csv.field_size_limit(1 << 30)
    reader = csv.reader(text, delimiter=_delimiter(text), strict=True)
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
    except (csv.Error, *DAMAGE) as error:
        raise UserError(f"{path}, line {reader.line_num}: broken CSV ({error})") from None


def _delimiter(text: io.TextIOWrapper) -> str:
    """The commonest in the header: comma, semicolon or tab."""
    header = _peek(text).partition("\n")[0]
    return max(",;\t", key=header.count)


def _parquet(path: Path) -> Numbered:
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
        raise UserError(f"{path} is not a readable Parquet file: {first_line(error)}") from None


def _arrow(path: Path) -> Numbered:
    """As `datasets` keeps its tables (a stream), or a file with its index (Feather)."""
    import pyarrow as pa

    number = 0
    try:
        with pa.memory_map(str(path)) as source:
            for batch in _arrow_batches(source):
                for start in range(0, batch.num_rows, 100):
                    for row in batch.slice(start, 100).to_pylist():
                        number += 1
                        yield number, row
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path} is not a readable Arrow file: {first_line(error)}") from None


def _arrow_batches(source: Any) -> Iterator[Any]:
    import pyarrow as pa

    if source.read(6) == b"ARROW1":
        file = pa.ipc.open_file(source)
        yield from (file.get_batch(n) for n in range(file.num_record_batches))
    else:
        source.seek(0)
        yield from pa.ipc.open_stream(source)


READERS: dict[str, Callable[[Path], Numbered]] = {
    ".jsonl": _jsonl,
    ".ndjson": _jsonl,
    ".json": _json,
    ".csv": _csv,
    ".tsv": _csv,
    ".parquet": _parquet,
    ".arrow": _arrow,
}
FORMATS = tuple(READERS)
