"""The demo's problems: two-digit additions, asked in English and in Chinese."""

from __future__ import annotations

import random
from dataclasses import dataclass

LANGUAGES = ("en", "zh")
QUESTIONS = {
    "en": (
        "What is {a} + {b}?",
        "Compute {a} + {b}.",
        "Find the sum of {a} and {b}.",
        "How much is {a} plus {b}?",
    ),
    "zh": ("{a} + {b} 等于多少？", "请计算 {a} + {b}。", "求 {a} 与 {b} 的和。"),
}
CHINESE_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Addition:
    a: int
    b: int
    language: str
    question: str

    @property
    def gold(self) -> str:
        return str(self.a + self.b)


def draw(rng: random.Random, held_out: bool = False) -> Addition:
    """An addition from the eleventh that is held out of the corpus, or from the rest."""
    while True:
        a, b = rng.randint(10, 99), rng.randint(10, 99)
        if ((7 * a + b) % 11 == 0) == held_out:
            break
    language = "zh" if rng.random() < CHINESE_SHARE else "en"
    return Addition(a, b, language, rng.choice(QUESTIONS[language]).format(a=a, b=b))


def rows(count: int, seed: int = 0) -> list[dict[str, str]]:
    """Problems as a user's file would hold them; none of these sums is in the corpus."""
    rng = random.Random(f"problems {seed}")
    drawn: dict[str, Addition] = {}
    while len(drawn) < count:
        addition = draw(rng, held_out=True)
        drawn.setdefault(addition.question, addition)
    return [
        {
            "problem": addition.question,
            "gold": addition.gold,
            "kind": "math",
            "language": addition.language,
            "source": "coldstart-curate demo",
            "license": "CC0-1.0",
        }
        for addition in drawn.values()
    ]
