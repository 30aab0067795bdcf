"""A run that is killed (SIGKILL) and started again ends like one that never was."""

import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_runs import contents, only, write
from tiny_checkpoint import make_checkpoint

from curate.config import load_config
from curate.demo import addition, base, problems, smollm2
from curate.pipeline import run_all
from curate.store.run_folder import Run

CURATE = (
    "import curate.sampling.rows as r; r.COMMIT_EVERY_S = 0; from curate.cli import main; main()"
)
"""the command itself, committing after every unit of work"""


def test_killed_while_sampling(tmp_path: Path) -> None:
    model = make_checkpoint(tmp_path / "model")
    file = write(tmp_path / "p.jsonl", [{"problem": f"{i}?", "gold": str(i)} for i in range(8)])
    config = written(tmp_path, file, model, max_tokens=60, filters=only("finish", "format"))
    killed, straight = both(config, tmp_path, kills=["traces", "traces"])
    check_equal(killed, straight, samples=32)


@pytest.mark.slow
def test_tiny_base_killed_three_times(tmp_path: Path) -> None:
    model = base.build(tmp_path / "model", addition.COURSE)
    file = write(tmp_path / "p.jsonl", problems.rows(addition.draw, 40, "test", held_out=True))
    filters = {"length": {"thinking_min": 8}}
    config = written(tmp_path, file, str(model), filters=filters, max_tokens=72, batch_size=16)
    killed, straight = both(config, tmp_path, kills=["traces", "traces", "verdicts"])
    check_equal(killed, straight, samples=160)
    assert contents(straight)["records"].height > 3


@pytest.mark.slow
def test_smollm2_on_gsm8k_killed_three_times(tmp_path: Path, shared: Path) -> None:
    model = str(smollm2.checkpoint())
    source = {"path": str(shared / "gsm8k_train_2000.jsonl"), "limit": 40}
    config = written(tmp_path, source, model, max_tokens=48, batch_size=32)
    killed, straight = both(config, tmp_path, kills=["traces", "traces", "verdicts"])
    check_equal(killed, straight, samples=160)


def written(
    folder: Path, source: Path | dict[str, Any], model: str, filters: Any = None, **generate: Any
) -> Path:
    generate = {"model": model, "samples": 4, "batch_size": 4, "device": "cpu", **generate}
    config = {
        "problems": [source if isinstance(source, dict) else {"path": str(source)}],
        "generate": generate,
        "filters": filters or {},
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(config))))
    return path


def both(config: Path, folder: Path, kills: list[str]) -> tuple[Run, Run]:
    """One run killed as often as named, while it writes that table, and one left in peace."""
    moments = random.Random(str(kills))
    for table in kills:
        process = started(config, folder / "killed")
        before = written_files(folder / "killed" / table)
        while written_files(folder / "killed" / table) <= before and process.poll() is None:
            time.sleep(0.01)
        time.sleep(moments.uniform(0, 0.3))
        assert process.poll() is None, "ended before it could be killed"
        process.kill()
        process.wait()
    killed, straight = (
        run_all(load_config(config), folder / name) for name in ("killed", "straight")
    )
    return killed, straight


def started(config: Path, out: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", CURATE, "run", str(config), "--out", str(out)]
    return subprocess.Popen(command, env={**os.environ, "OMP_NUM_THREADS": "1"})


def written_files(table: Path) -> int:
    return sum(1 for _ in table.rglob("*.parquet"))


def check_equal(killed: Run, straight: Run, samples: int) -> None:
    found, expected = contents(killed), contents(straight)
    assert expected["traces"].height == samples
    assert found["traces"]["trace_id"].n_unique() == samples
    for table, rows in expected.items():
        assert found[table].equals(rows), table
