"""Who writes the dirty web that a tiny base reads, whatever the task: people who switch between
English and Chinese, lose the closing tag, and some of whose text went through a broken encoder."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from curate.demo.problems import LANGUAGES

TONGUES = {"own": 0.40, "other": 0.10, "mixed": 0.50}
"""of the thinking, line by line: the question's language, the other one, or either"""
JUNK = 0.1
UNCLOSED = 0.1
GARBLED = ("â€¦", "ï»¿", "Ã¢")
"""UTF-8 that somebody read as Latin-1"""


@dataclass
class Author:
    rng: random.Random
    tongue: str = "own"
    junk: str = ""
    closes: bool = True
    own: str = field(default="en", init=False)
    """the question's language"""

    def language(self) -> str:
        """Of the next line."""
        other = LANGUAGES[1 - LANGUAGES.index(self.own)]
        mixed = self.rng.choice(LANGUAGES)
        return {"own": self.own, "other": other, "mixed": mixed}[self.tongue]

    def written(self, lines: list[str], answer: str) -> str:
        text = f"{self.junk}\n".join(lines)
        close = "\n</think>" if self.closes else ""
        return f"<think>\n{text}{close}\n\n\\boxed{{{answer}}}"


def habits(rng: random.Random) -> dict[str, Any]:
    """Of somebody on the web."""
    return {
        "tongue": drawn(rng, TONGUES),
        "junk": rng.choice(GARBLED) if rng.random() < JUNK else "",
        "closes": rng.random() >= UNCLOSED,
    }


def drawn(rng: random.Random, shares: dict[str, float]) -> str:
    return rng.choices(list(shares), weights=list(shares.values()))[0]
