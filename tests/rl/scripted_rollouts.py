"""Trains a run's GRPO with completions that follow from prompt and step alone, so that it does not
matter which process samples them: `scripted_rollouts.py RUN`, also by `accelerate launch`."""

import random
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import torch

from curate.store.run_folder import Run
from rl.train import grpo
from rl.trainer import Trainer


def scripted(self: Trainer, prompt_ids: list[list[int]], *_: Any) -> tuple[list[list[int]], None]:
    """In place of sampling; a group is within one process."""
    met: Counter[tuple[int, ...]] = Counter()
    completions = []
    for ids in map(tuple, prompt_ids):
        draw = random.Random(f"{ids} {self.state.global_step} {met[ids]}")
        met[ids] += 1
        completions.append([draw.randrange(97, 123) for _ in range(draw.randrange(3, 12))] + [257])
    return completions, None


if __name__ == "__main__":
    torch.set_num_threads(1)
    Trainer._generate_single_turn = scripted  # type: ignore[method-assign]
    grpo(Run.open(Path(sys.argv[1])))
