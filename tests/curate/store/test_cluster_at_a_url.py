"""Ray's workers read and commit at a URL, in the name of the run's one writer."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from small_runs import CHEAP, contents, only

from curate.config import Config, Generate
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.sampling.generate import generate
from curate.store.run_folder import Run
from curate.store.shards import commit
from curate.store.urls import folder_of
from filters.schema import PROBLEM

ray = pytest.importorskip("ray", reason="Ray is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def cluster(s3: str) -> Iterator[str]:
    """Started when the store's address is in the environment, as a node has it from its own."""
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield s3
    ray.shutdown()


def whole(folder: Path, executor: str) -> Run:
    replies = {f"q{n}": [f"<think>\nI think of {n}.\n</think>\n\nSo {n}."] for n in range(6)}
    scripted = Generate(engine="scripted", model="x", samples=2, options={"answers": replies})
    filters = only(*CHEAP) | {"length": False}
    run = Run.create(folder, Config(generate=scripted, executor=executor, filters=filters, jobs=1))
    rows = [{"problem_id": f"p{n}", "problem": f"q{n}", "kind": "open"} for n in range(6)]
    commit(run.folder("problems"), pl.DataFrame(rows), PROBLEM)
    assert generate(run)["requested"] == 12
    filter_traces(Run.open(folder))
    normalize(Run.open(folder))
    return Run.open(folder)


def test_samples_and_records_are_those_of_one_process(cluster: str, tmp_path: Path) -> None:
    one = contents(whole(tmp_path / "run", "local"))
    many = contents(whole(folder_of(f"{cluster}/run"), "ray"))
    assert one["records"].height == 12
    for name, rows in one.items():
        moment = [column for column in ("created_at",) if column in rows.columns]
        assert rows.drop(moment).equals(many[name].drop(moment)), name
