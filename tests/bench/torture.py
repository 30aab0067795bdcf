"""A road from import to GRPO killed (-9) at random moments and refused the disk, round after round:
does it end in the same dataset?

    nice python tests/bench/torture.py FOLDER --kills 200

Rounds go in turn over one process, two workers, an object store (S3 as moto speaks it) and a Ray
cluster of two nodes, all on this machine; each first undisturbed, which must make no difference
either. `--ways` names some of them.
"""

from __future__ import annotations

import argparse
import itertools
import logging
import os
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "curate"), str(TESTS / "filters"), str(TESTS), str(TESTS.parent)]
TRAINED = {
    "sft": {"max_steps": 6, "batch_size": 4, "max_length": 500},
    "grpo": {
        **{"max_steps": 3, "group_size": 4, "prompts_per_step": 2, "batch_size": 8},
        **{"max_tokens": 8, "rewards": {"torture.road:length": 1.0}},
    },
}
WAYS = ("one process", "two workers", "object store", "Ray")


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--each", type=int, default=3, help="kills of a stage in a round at most")
    asked.add_argument("--refusals", type=int, default=1, help="of the disk, a stage and round")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    options = asked.parse_args()
    folder = options.folder.resolve()
    folder.mkdir(parents=True)
    # the processes that are started inherit it
    os.environ |= {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    if "object store" in options.ways:
        start_store(folder)
    if "Ray" in options.ways:
        start_cluster()
    fight(folder, options)


def start_store(folder: Path) -> None:
    import fsspec
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    os.environ |= {
        "AWS_ENDPOINT_URL": "http://{}:{}".format(*server.get_host_and_port()),
        **{"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        **{"AWS_DEFAULT_REGION": "us-east-1", "XDG_CACHE_HOME": str(folder / "copies")},
    }
    fsspec.filesystem("s3").mkdir("runs")


def start_cluster() -> None:
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    cluster.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = cluster.address


def fight(folder: Path, options: argparse.Namespace) -> None:
    # here, as every worker process reads this file
    from tiny_checkpoint import make_checkpoint
    from torture.fire import LOADED, TRAINERS_LOADED, WORKER, Fire, under_fire, undisturbed
    from torture.road import STAGES, Road, prepared

    model = {"model": make_checkpoint(folder / "model"), "save_steps": 1, "learning_rate": 1e-3}
    trained = {stage: model | settings for stage, settings in TRAINED.items()}

    def road(way: str, name: object) -> Road:
        name = f"{way}-{name}".replace(" ", "-")
        run = f"s3://runs/{name}" if way == "object store" else None
        jobs, executor = 1 + (way == "two workers"), "ray" if way == "Ray" else "local"
        return prepared(folder, name, run, jobs=jobs, executor=executor, **trained)

    fires = {}
    for way in options.ways:
        fires[way] = Fire(options.seed, LOADED + TRAINERS_LOADED)
        if way in ("two workers", "Ray"):
            fires[way].victims += (WORKER,)
        found = undisturbed(fires[way], road(way, "whole"), STAGES)
        if way == options.ways[0]:
            expected = found
        tell(way, "undisturbed", found, expected, fires[way].took)
    for number, way in enumerate(itertools.cycle(options.ways), 1):
        found = under_fire(fires[way], road(way, number), STAGES, options.each, options.refusals)
        tell(way, number, found, expected, fires[way].kills)
        if sum(fire.kills.total() for fire in fires.values()) >= options.kills:
            break
    for way, fire in fires.items():
        print(f"{way}: {fire.kills.total()} kills {dict(fire.kills)}")
        print(f"  {fire.refusals.total()} refusals; said: {dict(fire.lines)}")


def tell(
    way: str,
    name: object,
    found: dict[str, str],
    expected: dict[str, str],
    stages: dict[str, float],
) -> None:
    wrong = sorted(key for key in expected | found if expected.get(key) != found.get(key))
    figures = {stage: round(figure, 1) for stage, figure in stages.items()}
    print(f"{time.strftime('%X')} {way}, {name}: {wrong or 'equal'} {figures}", flush=True)


if __name__ == "__main__":
    main()
