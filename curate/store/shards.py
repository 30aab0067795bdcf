"""Parquet shards: the truth of a run. `commit` is the only place that makes one visible.

A shard is written under a hidden name in its folder and then given its own (`placing.py`), so
readers see all of it or nothing, without locks. Where two shards hold the same row, that of the
later number counts (`names.py`).
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl

from curate.store import seal
from curate.store.disk import discard, hidden, make_folder, writing
from curate.store.names import content_hash, live_shards, next_number, span
from curate.store.placing import place, remove
from curate.store.remote import present
from curate.store.run_folder import newer_version
from filters.errors import UserError, first_line
from filters.schema import SCHEMA_VERSION, conform

ROW_GROUP_BYTES = 48 << 20
TEXT_ROWS = 4000
"""rows of a trace shard's row group at most: what is judged at once, and again after a kill"""
SHARD_BYTES = 64 << 20
_VERSION_KEY, _ROWS_KEY, _GROUP_KEY = "schema_version", "rows", "row_group_rows"


Schema = Mapping[str, pl.DataType]


def commit(folder: Path, frame: pl.DataFrame, schema: Schema) -> Path | None:
    """One frame as one visible shard; an empty frame writes nothing."""
    paths = commit_all(folder, [frame], schema)
    return paths[0] if paths else None


def commit_all(folder: Path, frames: Iterable[pl.DataFrame], schema: Schema) -> list[Path]:
    """All frames or none: see `Staging`."""
    with Staging() as staging:
        for frame in frames:
            staging.add(folder, frame, schema)
    return staging.published


class Staging:
    """Shards that become visible together, in the order added, when the block ends well. If
    anything fails on the way (a broken line in the input, a full disk) none does, and nothing is
    left behind."""

    def __init__(self) -> None:
        self.staged: list[tuple[Path, str]] = []
        self.published: list[Path] = []

    def __enter__(self) -> Staging:
        return self

    def add(self, folder: Path, frame: pl.DataFrame, schema: Schema) -> list[Path]:
        """Where its rows are until then; an empty frame is nowhere."""
        if not frame.height:
            return []
        with writing(folder):
            make_folder(folder)
            self.staged.append(_stage(folder, frame, schema, len(self.staged)))
        return [self.staged[-1][0]]

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind is None:
                for path, digest in self.staged:
                    with writing(path.parent):
                        self.published.append(_publish(path, digest))
        finally:
            for path, _ in self.staged:
                discard(path)


def replace(path: Path, frame: pl.DataFrame, schema: Schema) -> None:
    """A shard of a fixed name that is always written whole (all verdicts of a group filter); its
    hash is inside."""
    with writing(path.parent):
        make_folder(path.parent)
        staged, _ = _stage(path.parent, frame, schema, 0, {seal.KEY: seal.UNSEALED})
        try:
            seal.seal(staged)
            place(staged, path)
        finally:
            discard(staged)


def merge(shards: Sequence[Path], frame: pl.DataFrame, schema: Schema) -> Path:
    """One shard with what counts of several neighbours, which go when it is there."""
    folder = shards[0].parent
    spans = [found for found in map(span, shards) if found]
    with writing(folder):
        staged, digest = _stage(folder, frame, schema, 0)
        path = folder / f"{spans[0][0]:08d}-{spans[-1][1]:08d}-{digest}.parquet"
        try:
            place(staged, path, new=True)
        finally:
            discard(staged)
    remove(shards)
    return path


def read(
    paths: Iterable[Path], schema: Schema, columns: Iterable[str] | None = None
) -> pl.DataFrame:
    """The shards as one frame with the schema's columns (or those named), absent ones null."""
    wanted = {name: schema[name] for name in (columns or schema)}
    frames = [_read_one(path, wanted) for path in paths]
    return pl.concat(frames) if frames else pl.DataFrame(schema=wanted)


def read_where(paths: Iterable[Path], schema: Schema, wanted: pl.Expr) -> pl.DataFrame:
    """The rows for which `wanted` holds, in their order; no shard is held whole."""
    frames = [frame.filter(wanted) for path in paths for frame in batches(path, schema)]
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def batches(
    path: Path, schema: Schema, columns: Iterable[str] | None = None
) -> Iterator[pl.DataFrame]:
    """One shard, row group by row group: memory is bounded by `ROW_GROUP_BYTES`."""
    wanted = {name: schema[name] for name in (columns or schema)}
    for offset, length in row_groups(path):
        yield read_rows(path, wanted, offset, length)


def row_groups(path: Path) -> list[tuple[int, int]]:
    """(first row, number of rows) of each row group."""
    facts = _metadata(path)
    rows, step = int(facts[_ROWS_KEY]), int(facts[_GROUP_KEY])
    return [(at, min(step, rows - at)) for at in range(0, rows, step)]


def read_rows(path: Path, wanted: Schema, offset: int, length: int) -> pl.DataFrame:
    scan, present = _scan(path, wanted)
    return conform(scan.select(present).slice(offset, length).collect(), wanted)


def _scan(path: Path, wanted: Schema) -> tuple[pl.LazyFrame, list[str]]:
    """The shard, and which of the wanted columns it has."""
    present(path)
    scan = pl.scan_parquet(path, glob=False)  # a folder's name may hold brackets
    have = scan.collect_schema()
    return scan, [name for name in wanted if name in have]


def check_version(path: Path) -> None:
    """Refuse a shard written by a newer version: its columns may mean something else."""
    found = int(_metadata(path).get(_VERSION_KEY, 1))
    if found > SCHEMA_VERSION:
        raise UserError(newer_version(path, found))


def _metadata(path: Path) -> dict[str, str]:
    present(path)
    try:
        return pl.read_parquet_metadata(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UserError(f"{path} is not a readable Parquet shard: {first_line(error)}") from error


def _read_one(path: Path, wanted: Schema) -> pl.DataFrame:
    check_version(path)
    _, present = _scan(path, wanted)
    return conform(pl.read_parquet(path, columns=present, glob=False), wanted)


def _stage(
    folder: Path,
    frame: pl.DataFrame,
    schema: Schema,
    number: int,
    more: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Path, str]:
    frame = conform(frame, schema)
    path = folder / f"{hidden(folder, 'staged').name}-{number}.parquet"
    fit = frame.height * ROW_GROUP_BYTES // max(1, int(frame.estimated_size()))
    most = TEXT_ROWS if "response" in schema else frame.height
    step = max(1, min(fit, most, frame.height))
    try:
        content = write_parquet(
            path,
            frame,
            row_group_size=step,
            metadata={
                _VERSION_KEY: str(SCHEMA_VERSION),
                _ROWS_KEY: str(frame.height),
                _GROUP_KEY: str(step),
                **more,
            },
        )
    except BaseException:
        discard(path)
        raise
    return path, content_hash(content)


def write_parquet(path: Path, frame: pl.DataFrame, level: int = 1, **options: Any) -> memoryview:
    """What the file holds now. By way of memory, as polars itself hides what the system says of a
    disk that is full. `level` is zstd's: at 3 texts come out a fifth smaller for half as much time
    again."""
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=level, **options)
    path.write_bytes(buffer.getbuffer())
    return buffer.getbuffer()


def _publish(staged: Path, digest: str) -> Path:
    folder = staged.parent
    path = folder / f"{next_number(live_shards(folder)):08d}-{digest}.parquet"
    place(staged, path, new=True)
    return path
