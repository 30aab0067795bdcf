"""What is promised is on the disk: content before its name, a folder's names after it."""

import os
from pathlib import Path

import polars as pl
import pytest

from curate.config import Config
from curate.store.disk import FULL, writing
from curate.store.run_folder import RUN_FILE, Run
from curate.store.shards import commit, replace
from filters.errors import UserError

SCHEMA = {"id": pl.String()}
FRAME = pl.DataFrame({"id": ["a"]})


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What was synced and renamed, in order."""
    done: list[tuple[str, str]] = []
    fsync, rename = os.fsync, os.replace

    def synced(file: int) -> None:
        done.append(("sync", os.path.basename(os.readlink(f"/proc/self/fd/{file}"))))
        fsync(file)

    def renamed(source: Path, target: Path) -> None:
        done.append(("rename", f"{source.name} {target.name}"))
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    return done


def check_order(done: list[tuple[str, str]], folder: Path, name: str) -> None:
    """Around the step that made `name` visible."""
    ((at, staged),) = [
        (at, told.split()[0])
        for at, (what, told) in enumerate(done)
        if what == "rename" and told.endswith(f" {name}")
    ]
    assert done[at - 1] == ("sync", staged)
    assert done[at + 1] == ("sync", folder.name)


def test_shard_is_synced_before_and_its_folder_after_it_is_named(
    tmp_path: Path, done: list[tuple[str, str]]
) -> None:
    path = commit(tmp_path / "new" / "traces", FRAME, SCHEMA)
    assert path is not None
    assert done[:2] == [("sync", tmp_path.name), ("sync", "new")]
    check_order(done, path.parent, path.name)


def test_replaced_shard_too(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    replace(tmp_path / "0-fixed.parquet", FRAME, SCHEMA)
    check_order(done, tmp_path, "0-fixed.parquet")


def test_settings_too(tmp_path: Path, done: list[tuple[str, str]]) -> None:
    Run.create(tmp_path / "run", Config())
    check_order(done, tmp_path / "run", RUN_FILE)


@pytest.mark.parametrize(
    "told",
    [
        "Error while serializing: I/O error: No space left on device (os error 28)",
        "[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file data/0",
        "[errno 28] No space left on device",
    ],
)
def test_full_disk_is_known_by_what_libraries_say(told: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the disk is full"), writing(tmp_path, FULL):
        raise RuntimeError(told)


def test_what_is_not_about_writing_passes(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writing(tmp_path, FULL):
        (tmp_path / "none").read_text()
