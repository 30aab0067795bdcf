"""What a tiny base is made of: the lessons it is given, and how it reads and learns them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True)
class Lesson:
    source: Callable[[Random], tuple[str, str]]
    """a question, and what was written under it"""
    steps: int
    ends: float
    """share of the learning rate that its cosine comes down to"""


@dataclass(frozen=True)
class Course:
    lessons: tuple[Lesson, ...]
    """the tokenizer is learnt from the last: what the base will write"""
    pieces: str
    """no token reaches over the edge of a match of this"""
    vocabulary: int
    spread: float
    """standard deviation of the weights at first"""
    muon: float | None = None
    """learning rate of the layers' matrices by Muon; without one AdamW trains these too"""
