"""The road of a run at a URL, by the commands themselves, which are killed (SIGKILL) at random
moments and started again: its dataset is that of an undisturbed run on a disk.

Fifty times: `pytest -m slow tests/curate/store/test_killed_at_a_url.py`."""

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from small_runs import CHEAP, Curate, files, only, trace, write


def road(folder: str, file: Path, config: Path, out: Path) -> list[list[str]]:
    """The commands from traces to a dataset."""
    return [
        ["import", folder, str(file), "--config", str(config)],
        ["filter", folder],
        ["normalize", folder],
        ["export", folder, str(out)],
    ]


def dataset(folder: Path) -> str:
    """Hash of all files of an exported dataset."""
    whole = hashlib.blake2b()
    for name in files(folder / "data"):
        whole.update(name.encode() + (folder / "data" / name).read_bytes())
    return whole.hexdigest()


def curate_(command: list[str], seconds: float | None = None) -> bool:
    """Whether it ended in that time; if not it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-m", "curate.cli", *command], stderr=subprocess.PIPE, text=True
    )
    try:
        _, told = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return False
    assert process.returncode == 0, told
    return True


def disturbed(tmp_path: Path, place: str, rows: int, kills: int, longest: float) -> int:
    """Roads with a kill whenever a command takes longer than a random moment, until there were so
    many; how many roads that were."""
    texts = [trace(n, answer=9 if n % 7 == 3 else None) for n in range(rows)]
    file, config = write(tmp_path / "t.jsonl", texts), tmp_path / "c.yaml"
    config.write_text(json.dumps({"filters": only(*CHEAP, "language", "duplicate"), "jobs": 1}))
    for command in road(str(tmp_path / "run"), file, config, tmp_path / "out"):
        curate_(command)
    moments = random.Random(kills)
    struck = roads = 0
    while struck < kills:
        out = tmp_path / f"out-{roads}"
        for command in road(f"{place}/run-{roads}", file, config, out):
            while not curate_(command, moments.uniform(1, longest) if struck < kills else None):
                struck += 1
        assert dataset(out) == dataset(tmp_path / "out")
        roads += 1
    return roads


def test_road_then_sql(s3: str, tmp_path: Path, curate: Curate) -> None:
    roads = disturbed(tmp_path, s3, rows=60, kills=4, longest=6)
    run = f"{s3}/run-{roads - 1}"
    (row,) = curate("sql", run, "select count(*) as n from records", "--json").json
    assert row["n"] > 40
    assert curate("check", run).code == 0


@pytest.mark.slow
def test_fifty_kills(s3: str, tmp_path: Path) -> None:
    disturbed(tmp_path, s3, rows=3000, kills=50, longest=12)
