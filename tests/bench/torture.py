"""A road from import to GRPO killed (-9) at random moments, refused the disk and damaged: does it
end in the same dataset?

    nice python tests/bench/torture.py FOLDER --kills 200
    nice python tests/bench/torture.py FOLDER --kills 40 --executor ray
    nice python tests/bench/torture.py FOLDER --kills 50 --run s3://bucket/runs/x

Round after round, each a run folder of its own, until there were so many kills.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "curate"), str(TESTS / "filters"), str(TESTS)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("folder", type=Path)
    asked.add_argument("--kills", type=int, default=200)
    asked.add_argument("--refusals", type=int, default=1, help="of the disk, a stage and round")
    asked.add_argument("--each", type=int, default=3, help="kills of a stage in a round at most")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--executor", default="local")
    asked.add_argument("--jobs", type=int, default=2)
    asked.add_argument("--no-trainers", action="store_true")
    asked.add_argument("--run", help="a URL for the run in place of a folder")
    options = asked.parse_args()
    # here, as every worker process reads this file
    from tiny_checkpoint import make_checkpoint
    from torture.fire import PRELOADED, TRAINERS_PRELOADED, Fire, under_fire, undisturbed
    from torture.road import DATA, TRAINERS, prepared

    folder = options.folder.resolve()
    folder.mkdir(parents=True)
    stages, more = DATA, {"executor": options.executor, "jobs": options.jobs}
    fire = Fire(options.seed, PRELOADED)
    if not options.no_trainers:
        stages += TRAINERS
        model = make_checkpoint(folder / "model")
        more |= trained(model)
        fire = Fire(options.seed, PRELOADED + TRAINERS_PRELOADED)
    expected = undisturbed(fire, prepared(folder, "whole", **more), stages)
    print({stage: round(seconds, 1) for stage, seconds in fire.took.items()}, flush=True)
    began, rounds = time.monotonic(), 0
    while fire.struck.total() < options.kills:
        rounds += 1
        name = f"round-{rounds}"
        run = f"{options.run}-{rounds}" if options.run else None
        found = under_fire(
            fire, prepared(folder, name, run, **more), stages, options.each, options.refusals
        )
        wrong = sorted(key for key in expected | found if expected.get(key) != found.get(key))
        print(f"{name}: {wrong or 'equal'}", flush=True)
        print(
            f"  kills {dict(fire.struck)}, refusals {dict(fire.refused)}: {dict(fire.lines)}",
            flush=True,
        )
    print(f"{fire.struck.total()} kills, {rounds} rounds, {time.monotonic() - began:.0f} s")


def trained(model: str) -> dict[str, object]:
    common = {"model": model, "save_steps": 1, "learning_rate": 1e-3}
    return {
        "sft": {**common, "max_steps": 6, "batch_size": 4, "max_length": 500},
        "grpo": {
            **{**common, "model": model, "max_steps": 3, "group_size": 4, "max_tokens": 8},
            **{"prompts_per_step": 2, "batch_size": 8, "rewards": {"torture.road:length": 1.0}},
        },
    }


if __name__ == "__main__":
    main()
