"""Shards: all of it visible or nothing, the later one counts, newer ones are refused."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from small_runs import files

from curate.store import shards
from curate.store.disk import hidden
from curate.store.names import live_shards
from curate.store.shards import Staging, batches, commit, commit_all, read, row_groups
from filters.errors import UserError
from filters.schema import SCHEMA_VERSION

SCHEMA = {"id": pl.String(), "n": pl.Int64()}


def frame(*ids: str, n: int = 0) -> pl.DataFrame:
    return pl.DataFrame({"id": ids, "n": [n] * len(ids)}, schema=SCHEMA)


def test_what_is_committed_reads_back_in_order(tmp_path: Path) -> None:
    commit(tmp_path, frame("a", "b", n=1), SCHEMA)
    commit(tmp_path, frame("a", n=2), SCHEMA)
    assert read(live_shards(tmp_path), SCHEMA).rows() == [("a", 1), ("b", 1), ("a", 2)]
    assert [name.split("-")[0] for name in files(tmp_path)] == ["00000000", "00000001"]


def test_empty_frame_writes_nothing(tmp_path: Path) -> None:
    assert commit(tmp_path / "new", frame(), SCHEMA) is None
    assert not (tmp_path / "new").exists()


def test_all_frames_or_none(tmp_path: Path) -> None:
    def broken() -> Iterator[pl.DataFrame]:
        yield frame("a")
        raise UserError("line 2: broken JSON")

    with pytest.raises(UserError, match="line 2"):
        commit_all(tmp_path, broken(), SCHEMA)
    assert files(tmp_path) == []


def test_interrupt_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), Staging() as staging:  # noqa: PT012
        staging.add(tmp_path, frame("a"), SCHEMA)
        assert live_shards(tmp_path) == []
        raise KeyboardInterrupt
    assert files(tmp_path) == []


def test_leftovers_of_the_killed_are_swept_and_of_the_living_kept(tmp_path: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    ours = hidden(tmp_path, "staged").name.removesuffix(str(os.getpid()))
    for pid in (gone.pid, os.getppid()):
        (tmp_path / f"{ours}{pid}-0-abc.parquet").write_bytes(b"half")
    (tmp_path / ".staged-other.host-1-0-abc.parquet").write_bytes(b"half")
    commit(tmp_path, frame("a"), SCHEMA)
    assert len(files(tmp_path)) == 3
    assert not any(f"-{gone.pid}-" in name for name in files(tmp_path))


def test_row_groups_are_bounded_by_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "ROW_GROUP_BYTES", 1000)
    text = pl.DataFrame({"id": ["x" * 100] * 25, "n": range(25)}, schema=SCHEMA)
    path = commit(tmp_path, text, SCHEMA)
    assert path is not None
    assert [length for _, length in row_groups(path)] == [9, 9, 7]
    assert pl.concat(batches(path, SCHEMA))["n"].to_list() == list(range(25))
    assert [b.height for b in batches(path, SCHEMA, ["n"])] == [9, 9, 7]


def test_columns_that_an_older_shard_lacks_are_null(tmp_path: Path) -> None:
    commit(tmp_path, frame("a"), SCHEMA)
    wider = {**SCHEMA, "new": pl.String()}
    assert read(live_shards(tmp_path), wider).rows() == [("a", 0, None)]
    assert read([], SCHEMA).schema == SCHEMA


def test_newer_shard_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
    commit(tmp_path, frame("a"), SCHEMA)
    monkeypatch.undo()
    with pytest.raises(UserError, match=r"has version 2, newer than .* upgrade"):
        read(live_shards(tmp_path), SCHEMA)


def test_damaged_shard_is_named(tmp_path: Path) -> None:
    path = commit(tmp_path, frame("a"), SCHEMA)
    assert path is not None
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(UserError, match="is not a readable Parquet shard"):
        read([path], SCHEMA)


def test_folder_name_is_no_pattern(tmp_path: Path) -> None:
    folder = tmp_path / "run [1] *?"
    path = commit(folder, frame("a"), SCHEMA)
    assert path is not None
    assert read([path], SCHEMA).height == 1
    assert [b.height for b in batches(path, SCHEMA)] == [1]
