"""A disk that is really full, or read-only: a small tmpfs, mounted. Each refusal is one line, and
the same command, given room, goes on to the same dataset."""

import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from small_runs import CHEAP, Curate, files, only, trace, write


class Disk:
    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.folder = folder

    def mount(self, *options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "none", str(self.folder)]
        return subprocess.run(command, capture_output=True).returncode == 0

    def leave(self, kilobytes: int) -> None:
        """So much room beside what is there."""
        facts = os.statvfs(self.folder)
        used = (facts.f_blocks - facts.f_bfree) * facts.f_bsize // 1024
        assert self.mount("remount", f"size={used + kilobytes}k")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    disk = Disk(tmp_path / "disk")
    try:
        if not disk.mount("size=64m"):
            pytest.skip("no file system may be mounted here")
    except FileNotFoundError:
        pytest.skip("there is no `mount` here")
    yield disk
    subprocess.run(["umount", str(disk.folder)], check=True)


def road(run: Path, file: Path, config: Path) -> list[list[str]]:
    return [
        ["import", str(run), str(file), "--config", str(config)],
        ["filter", str(run)],
        ["normalize", str(run)],
        ["export", str(run), str(run.with_name("dataset"))],
    ]


def dataset(folder: Path) -> dict[str, bytes]:
    return {name: (folder / "data" / name).read_bytes() for name in files(folder / "data")}


@pytest.fixture
def inputs(tmp_path: Path) -> tuple[Path, Path]:
    rows = [trace(n, answer=9 if n % 7 == 3 else None) for n in range(400)]
    config = tmp_path / "c.yaml"
    config.write_text(yaml.safe_dump({"filters": only(*CHEAP, "duplicate"), "jobs": 1}))
    return write(tmp_path / "t.jsonl", rows), config


def test_full_disk_loses_nothing(
    disk: Disk, inputs: tuple[Path, Path], tmp_path: Path, curate: Curate
) -> None:
    for command in road(tmp_path / "run", *inputs):
        assert curate(*command).code == 0
    for command in road(disk.folder / "run", *inputs):
        rooms = (8 * 2**n for n in itertools.count())
        disk.leave(next(rooms))
        assert "the disk is full: free some space" in curate(*command).line
        while (answer := curate(*command)).code:
            assert "the disk is full: free some space" in answer.line
            disk.leave(next(rooms))
    assert dataset(disk.folder / "dataset") == dataset(tmp_path / "dataset")
    assert curate("check", disk.folder / "run").code == 0


def test_read_only_disk_is_read_and_refuses_every_stage(
    disk: Disk, inputs: tuple[Path, Path], curate: Curate
) -> None:
    run = disk.folder / "run"
    for command in road(run, *inputs):
        assert disk.mount("remount", "ro")
        before = files(disk.folder)
        assert "the file system is read-only: choose another folder" in curate(*command).line
        if before:
            (row,) = curate("sql", run, "select count(*) as n from traces", "--json").json
            assert row["n"] == 400
        assert files(disk.folder) == before
        assert disk.mount("remount", "rw")
        assert curate(*command).code == 0
