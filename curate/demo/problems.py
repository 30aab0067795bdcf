"""What the mini road's tasks (`addition.py`, `guess.py`) have in common: problems in English and in
Chinese, one in ten of which is held out by a hash. No text and no training problem is one of those,
and evaluation has nothing else."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Protocol

from filters.schema import content_id

LANGUAGES = ("en", "zh")
CHINESE_SHARE = 0.25
HELD_OUT = 10
"""one problem in so many"""


class Problem(Protocol):
    @property
    def question(self) -> str: ...
    @property
    def gold(self) -> str: ...
    @property
    def language(self) -> str: ...


def drawn_language(rng: random.Random) -> str:
    return "zh" if rng.random() < CHINESE_SHARE else "en"


def is_held_out(task: str, *key: object) -> bool:
    """`key`: what tells one problem from another."""
    return int(content_id(task, *map(str, key))[:8], 16) % HELD_OUT == 0


def rows(
    draw: Callable[[random.Random, bool], Problem], count: int, seed: str, held_out: bool
) -> list[dict[str, str]]:
    """Problems of a task as a user's file would hold them."""
    rng = random.Random(f"problems {seed}")
    drawn: dict[str, Problem] = {}
    while len(drawn) < count:
        problem = draw(rng, held_out)
        drawn.setdefault(problem.question, problem)
    return [
        {
            "problem": problem.question,
            "gold": problem.gold,
            "kind": "math",
            "language": problem.language,
            "source": "coldstart-curate mini road",
            "license": "CC0-1.0",
        }
        for problem in drawn.values()
    ]
