"""A Ray cluster of two nodes on this machine, one of which is lost in mid-run."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
import slow_writer
import writers
from small_runs import contents, files, finished, imported, only, stored, trace
from torture.fire import on_tasks

from curate.config import Config, Generate, Refine
from curate.judging.filter_stage import filter_traces
from curate.records.export import export
from curate.records.normalize import normalize
from curate.refining.refine import refine
from curate.sampling.generate import generate
from curate.store.run_folder import Run
from curate.store.shards import commit
from curate.workers import in_order
from filters.errors import UserError
from filters.schema import PROBLEM
from filters.trace_format import render

ray = pytest.importorskip("ray", reason="Ray is not installed")

from ray.cluster_utils import Cluster  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as inherited:
        inherited.setenv(slow_writer.ASKED, str(tmp_path_factory.mktemp("asked")))
        inherited.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        yield cluster
        ray.shutdown()
        cluster.shutdown()


def test_samples_and_verdicts_are_those_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    local, spread = (sampled(tmp_path / name, executor) for name, executor in NAMES)
    names = ("problems", "traces", "verdicts")
    one, many = contents(local), contents(spread)
    for name in names:
        moment = [c for c in ("created_at",) if c in one[name].columns]
        assert one[name].drop(moment).equals(many[name].drop(moment))
    assert one["traces"].height == 24


NAMES = (("local", "local"), ("spread", "ray"))


def sampled(folder: Path, executor: str) -> Run:
    replies = {f"q{n}": [f"<think>\nI think of {n}.\n</think>\n\nSo {n}."] for n in range(8)}
    scripted = Generate(engine="scripted", model="x", samples=3, options={"answers": replies})
    run = Run.create(folder, Config(generate=scripted, executor=executor, jobs=1))
    rows = [{"problem_id": f"p{n}", "problem": f"q{n}", "kind": "open"} for n in range(8)]
    commit(run.folder("problems"), pl.DataFrame(rows), PROBLEM)
    assert generate(run)["requested"] == 24
    filter_traces(run)
    return run


def test_work_of_a_lost_node_is_done_again(cluster: Cluster, tmp_path: Path) -> None:
    def slow_square(number: int) -> int:
        time.sleep(0.3)
        return number * number

    lost = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    losing = threading.Timer(1.0, cluster.remove_node, (lost,))
    losing.start()
    done = list(in_order(slow_square, iter(range(20)), 1, "ray"))
    losing.join()
    assert done == [(n, n * n) for n in range(20)]


def test_filter_on_the_cluster_after_the_loss(cluster: Cluster, tmp_path: Path) -> None:
    rows = [trace(n, answer=9 if n % 3 == 0 else None) for n in range(1, 40)]
    one = contents(finished(tmp_path / "one" / "run", rows))
    many = contents(finished(tmp_path / "many" / "run", rows, executor="ray"))
    assert all(one[name].equals(many[name]) for name in one)


def test_road_with_a_node_lost_in_the_middle_ends_in_the_same_files(
    cluster: Cluster, tmp_path: Path
) -> None:
    one = road(tmp_path / "one", "local")
    asked = len(marks())
    lost = cluster.add_node(num_cpus=1)
    cluster.wait_for_nodes()
    losing = threading.Thread(target=lose, args=(cluster, lost, asked + 6))
    losing.start()
    many = road(tmp_path / "many", "ray")
    losing.join()
    assert many == one
    assert len(marks()) >= 2 * asked  # more, where the node had answers that were not committed


def asked_slowly(folder: Path) -> Run:
    """A run that has 24 samples to ask for, a tenth of a second each."""
    slow = Generate(
        engine="scripted", samples=1, batch_size=2, options={"answers": "slow_writer:sample"}
    )
    run = Run.create(folder, Config(generate=slow, executor="ray"))
    rows = [{"problem_id": f"p{n}", "problem": f"q{n}", "kind": "open"} for n in range(24)]
    commit(run.folder("problems"), pl.DataFrame(rows), PROBLEM)
    return run


def wait_for(number: int) -> None:
    """Until so many were asked for."""
    ends = time.monotonic() + 40
    while len(marks()) < number:
        assert time.monotonic() < ends
        time.sleep(0.02)


def test_what_a_killed_driver_leaves_running_writes_nothing(
    cluster: Cluster, tmp_path: Path
) -> None:
    run, asked = asked_slowly(tmp_path / "run"), len(marks())
    command = [sys.executable, "-m", "curate.cli", "generate", str(run.path)]
    driver = subprocess.Popen(command, env={**os.environ, "RAY_ADDRESS": cluster.address})
    wait_for(asked + 6)
    driver.kill()
    driver.wait()
    left = files(run.path)
    ended = 0
    while len(marks()) > ended:  # its tasks go on until Ray ends them
        ended = len(marks())
        time.sleep(1)
    assert files(run.path) == left
    assert generate(run)["requested"] == 24
    assert stored(run, "traces")["trace_id"].n_unique() == stored(run, "traces").height == 24


def test_what_a_killed_worker_said_is_not_asked_for_again(cluster: Cluster, tmp_path: Path) -> None:
    run, asked = asked_slowly(tmp_path / "run"), len(marks())

    def kill() -> None:
        wait_for(asked + 8)
        on_tasks()[0].kill()

    killing = threading.Thread(target=kill)
    killing.start()
    assert generate(run)["requested"] == 24
    killing.join()
    assert stored(run, "traces")["trace_id"].n_unique() == stored(run, "traces").height == 24
    assert 24 < len(marks()) - asked <= 24 + 3


def marks() -> list[str]:
    return os.listdir(os.environ[slow_writer.ASKED])


def lose(cluster: Cluster, node: object, after: int) -> None:
    """Once the writer was asked so often."""
    wait_for(after)
    cluster.remove_node(node)


def road(folder: Path, executor: str) -> dict[str, bytes]:
    """Import, filter, refine, normalize, export: the dataset's files."""
    mixed = writers.filled(writers.MIXED, 1, 15)
    texts = (render(f"{mixed} {n}", "It is \\boxed{16}.") for n in range(24))
    rows = [{"problem": writers.problem(1, 15), "gold": "16", "response": t} for t in texts]
    writer = Refine(engine="scripted", options={"answers": "slow_writer:write"}, batch_size=2)
    on = only("finish", "language", "correctness", "faithful")
    run = imported(folder / "run", rows, filters=on, refine=writer, executor=executor)
    filter_traces(run)
    assert refine(run) == {"already": 0, "rewritten": 24}
    filter_traces(run)
    assert normalize(run)["made"] == 24
    export(run, folder / "dataset")
    return {path.name: path.read_bytes() for path in (folder / "dataset").rglob("*.parquet")}


def test_error_of_a_user_is_its_one_line_from_another_node_too(cluster: Cluster) -> None:
    def refuses(number: int) -> int:
        raise UserError(f"no {number} here")

    with pytest.raises(UserError) as told:
        list(in_order(refuses, iter([3]), 1, "ray"))
    assert str(told.value) == "no 3 here"
