"""A run at a URL is trained on by one machine and gone on with by another."""

import json
import shutil
from pathlib import Path

import pytest
from trained_run import SUMS, sum_row

from curate.config import Config, Sft, Source
from curate.judging.filter_stage import filter_traces
from curate.manifest import ask as manifest
from curate.records.normalize import normalize
from curate.sources.imported_traces import import_traces
from curate.store.run_folder import Run
from curate.store.urls import folder_of
from filters import FILTERS
from sft.train import sft


def test_checkpoint_is_known_on_another_machine(
    checkpoint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    traces = tmp_path / "traces.jsonl"
    traces.write_text("\n".join(json.dumps(row) for row in map(sum_row, SUMS)))
    off = {name: False for name in FILTERS if name != "format"}
    settings = Sft(model=checkpoint, epochs=1, batch_size=4)
    run = Run.create(folder_of("memory://trained/run"), Config(filters=off, jobs=1, sft=settings))
    import_traces(run, Source(path=str(traces)))
    filter_traces(run)
    normalize(run)
    report = sft(run)
    weights = (run.path / "sft" / "model.safetensors").read_bytes()
    shutil.rmtree(run.path)
    elsewhere = Run.open(run.path)
    assert not (run.path / "sft").exists()
    assert sft(elsewhere) == report | {"already_done": True}
    assert (run.path / "sft" / "model.safetensors").read_bytes() == weights
    assert len(manifest.rows(elsewhere, "select * from checkpoints")) == 1
