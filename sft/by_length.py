"""Rows of like length in one step: a batch is as long as its longest row, the rest is padding.

transformers' own sampler groups little where there are few rows, takes the longest first, and a
training cannot go on with it: its order depends on how many random numbers were drawn before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch.utils.data import Sampler

POOL = 50
"""steps whose rows are sorted together: enough for like lengths, and each epoch mixes them anew"""


class ByLength(Sampler[int]):
    def __init__(self, lengths: list[int], step: int, seed: int, epoch: Callable[[], int]) -> None:
        """`step` is the number of rows in a step; `epoch` says which of them begins."""
        self.lengths, self.step, self.seed, self.epoch = lengths, step, seed, epoch

    def __len__(self) -> int:
        return len(self.lengths)

    def __iter__(self) -> Iterator[int]:
        drawn = torch.Generator().manual_seed(self.seed + self.epoch())
        pools = torch.randperm(len(self), generator=drawn).split(POOL * self.step)
        grouped = (sorted(pool.tolist(), key=self.lengths.__getitem__) for pool in pools)
        rows = [row for pool in grouped for row in pool]
        whole = len(rows) // self.step
        for number in torch.randperm(whole, generator=drawn).tolist():
            yield from rows[number * self.step : (number + 1) * self.step]
        yield from rows[whole * self.step :]
