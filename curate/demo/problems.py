"""The mini road's problems: three-digit additions, asked in English and in Chinese.

One pair of numbers in ten is held out by a hash, whichever of the two comes first: no text and no
training problem has it, and evaluation has nothing else. (`guess.py` has another task.)
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from filters.schema import content_id

LANGUAGES = ("en", "zh")
QUESTIONS = {
    "en": ("What is {a} + {b}?", "Compute {a} + {b}.", "How much is {a} + {b}?"),
    "zh": ("{a} + {b} 等于多少？", "请计算 {a} + {b}。"),
}
CHINESE_SHARE = 0.25
HELD_OUT = 10
"""one pair in so many"""


class Problem(Protocol):
    @property
    def question(self) -> str: ...
    @property
    def gold(self) -> str: ...
    @property
    def language(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Addition:
    a: int
    b: int
    language: str
    question: str

    @property
    def gold(self) -> str:
        return str(self.a + self.b)


def is_held_out(a: int, b: int) -> bool:
    low, high = sorted((a, b))
    return int(content_id("addition", str(low), str(high))[:8], 16) % HELD_OUT == 0


def draw(rng: random.Random, held_out: bool = False) -> Addition:
    """An addition that is held out, or one of the others."""
    while True:
        a, b = rng.randint(100, 999), rng.randint(100, 999)
        if is_held_out(a, b) == held_out:
            break
    language = drawn_language(rng)
    return Addition(a, b, language, rng.choice(QUESTIONS[language]).format(a=a, b=b))


def drawn_language(rng: random.Random) -> str:
    return "zh" if rng.random() < CHINESE_SHARE else "en"


def rows(
    count: int, seed: str, held_out: bool, draw: Callable[[random.Random, bool], Problem] = draw
) -> list[dict[str, str]]:
    """Problems as a user's file would hold them."""
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
