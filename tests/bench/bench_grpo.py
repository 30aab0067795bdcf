"""What a step of ours costs beside one of bare TRL with the same settings, and what the rewards are
of it. Processor seconds, the two in turns in one process; first a training of each is thrown away.

    python -m curate.demo.start runs/demo-model
    OMP_NUM_THREADS=1 python tests/bench/bench_grpo.py runs/demo-model [rounds] [rollouts in a pass]
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import torch
from transformers import PrinterCallback, set_seed
from trl import GRPOTrainer

from curate.config import Config, Grpo, Source
from curate.sources.problems import latest_problems, load_problems
from curate.store.run_folder import Run
from rl.arguments import arguments
from rl.problems import dataset, usable
from rl.reader import Reader
from rl.rewards import WeightedSum
from rl.rewards.accuracy import accuracy
from rl.rewards.format import format_reward
from rl.rollouts import Rollouts
from rl.trainer import Trainer
from sft.trainer.arguments import quiet
from sft.trainer.base_model import Base

STEPS = 3
ROOM = 72


def timed(call: Callable[..., Any], spent: list[float]) -> Callable[..., Any]:
    """The same, and the processor seconds it took."""

    def wrapped(*args: Any, **given: Any) -> Any:
        began = time.process_time()
        try:
            return call(*args, **given)
        finally:
            spent.append(time.process_time() - began)

    wrapped.__name__ = "reward"
    return wrapped


def trained(run: Run, base: Base, folder: Path, ours: bool) -> tuple[float, float]:
    """Processor seconds of a step, and of the rewards in it."""
    settings = run.config.grpo
    assert settings is not None
    set_seed(0)
    model = base.load()
    args = arguments(settings, 0, folder, ROOM)
    args.save_strategy = "no"
    problems = usable(latest_problems(run), base)
    shared = {"model": model, "args": args, "train_dataset": dataset(problems, base)}
    shared |= {"processing_class": base.tokenizer}
    spent: list[float] = []
    if ours:
        facts = {"training_id": "bench", "checkpoint": "", "temperature": 1.0, "max_tokens": ROOM}
        rewards = WeightedSum(settings, Reader(base), ROOM)
        rewards.judge = timed(rewards.judge, spent)  # type: ignore[method-assign]
        rollouts = Rollouts(run, facts, lambda *_: None)
        trainer: Any = Trainer(rewards=rewards, rollouts=rollouts, callbacks=[rollouts], **shared)
    else:
        args.reward_weights = list(settings.rewards.values())
        names = [timed(accuracy, spent), format_reward]
        trainer = GRPOTrainer(reward_funcs=names, **shared)
    trainer.remove_callback(PrinterCallback)
    began = time.process_time()
    trainer.train()
    return (time.process_time() - began) / STEPS, sum(spent) / STEPS


def main(model: str, rounds: int, together: int) -> None:
    torch.set_num_threads(1)
    quiet()
    settings = Grpo(
        model=f"{model}/base",
        **{"max_steps": STEPS, "prompts_per_step": 32, "group_size": 8, "max_tokens": ROOM},
        **{"batch_size": together, "loss": "dapo", "scale_rewards": "none", "kl": 0},
        **{"learning_rate": 1e-6, "rewards": {"accuracy": 1.0, "format": 0.1}},
    )
    with tempfile.TemporaryDirectory() as scratch:
        run = Run.create(Path(scratch) / "run", Config(grpo=settings))
        load_problems(run, Source(path=f"{model}/problems.jsonl"))
        base = Base(settings.model, None, "grpo.model")
        found: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for number in range(rounds + 1):
            for ours in (True, False) if number % 2 else (False, True):
                costs = trained(run, base, Path(scratch) / "out", ours)
                if number:
                    found[ours].append(costs)
                    print(
                        "ours" if ours else "bare", *(f"{cost:.3f}" for cost in costs), flush=True
                    )
    for ours, name in ((False, "bare TRL"), (True, "ours")):
        step, rewards = (median(column) for column in zip(*found[ours], strict=True))
        print(f"{name:<9} {step:.3f} CPU s a step, rewards {rewards / step:.2%} of it")
    ratios = [a[0] / b[0] for a, b in zip(found[True], found[False], strict=True)]
    print(f"ours / bare: median {median(ratios):.3f}, {min(ratios):.3f} to {max(ratios):.3f}")


if __name__ == "__main__":
    given = [*sys.argv[1:], "", ""]
    main(given[0], int(given[1] or 5), int(given[2] or 64))
