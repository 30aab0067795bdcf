"""Questions that need no thinking, with replies that have none: which number is the larger?"""

from __future__ import annotations

import random

from curate.demo.addition import draw

QUESTIONS = {"en": "Which is larger, {a} or {b}?", "zh": "{a} 和 {b} 哪个大？"}


def rows(count: int, seed: str, held_out: bool) -> list[dict[str, str]]:
    """As a user's file would hold them: to mix into a training, and to evaluate."""
    rng = random.Random(f"general {seed}")
    drawn: dict[str, dict[str, str]] = {}
    while len(drawn) < count:
        pair = draw(rng, held_out)
        question = QUESTIONS[pair.language].format(a=pair.a, b=pair.b)
        gold = str(max(pair.a, pair.b))
        drawn[question] = {
            "problem": question,
            "gold": gold,
            "response": f"\\boxed{{{gold}}}",
            "language": pair.language,
        }
    return list(drawn.values())
