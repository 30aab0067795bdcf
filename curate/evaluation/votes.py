"""Which answers are one answer: the majority vote counts `1/2`, `0.5` and `\\frac12` together.

Two answers are the same where the verifier, given the one as gold, finds the other correct. Those
that are right are one answer by that already, so only wrong ones are compared with each other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

from filters.verifiers import verify
from filters.verifiers.math import squash
from filters.verifiers.outcome import CORRECT, Case

VOTED = ("math", "choice", "logic", "exact")
"""kinds whose answers can be compared; programs and free texts have no vote"""
RIGHT = "right"
"""the class of all correct answers"""


@dataclass
class Poll:
    """The samples of one problem: what each answered, and whether that was correct."""

    kind: str
    choices: tuple[str, ...] | None
    answers: list[str | None]
    correct: list[bool | None]
    classes: dict[str, str] = field(default_factory=dict)
    """wrong answer, squashed -> the first found of those that are the same"""

    def __post_init__(self) -> None:
        wrong = [a for a, c in zip(self.answers, self.correct, strict=True) if a and not c]
        often = Counter(map(squash, wrong))
        texts = {squash(answer): answer for answer in sorted(wrong)}
        self.left = sorted(texts.values(), key=lambda a: (-often[squash(a)], a))
        """wrong answers without a class, the most frequent first"""

    def cases(self) -> list[Case]:
        """Is it the same as the first of those that are left?"""
        first, *others = self.left
        same = partial(Case, gold=first, kind=self.kind, bare=True, choices=self.choices)
        return [same(other) for other in others]

    def classify(self, same: Sequence[bool]) -> None:
        """`same`: the answers to `cases`."""
        first, *others = self.left
        alike = [first, *(other for other, is_it in zip(others, same, strict=True) if is_it)]
        self.classes |= {squash(answer): first for answer in alike}
        self.left = [other for other in others if squash(other) not in self.classes]

    @property
    def votes(self) -> list[str | None]:
        """The class of each answer; null where there is none."""
        return [
            None if not answer else RIGHT if correct else f"wrong: {self.classes[squash(answer)]}"
            for answer, correct in zip(self.answers, self.correct, strict=True)
        ]


def count(polls: Sequence[Poll], jobs: int = 1) -> None:
    """Give every answer its class, round by round: one comparison with the most frequent answer
    that has none yet, of all problems at once."""
    while open_ := [poll for poll in polls if poll.left]:
        cases_of = [poll.cases() for poll in open_]
        outcomes = iter(verify([case for cases in cases_of for case in cases], jobs=jobs))
        for poll, cases in zip(open_, cases_of, strict=True):
            poll.classify([next(outcomes).outcome == CORRECT for _ in cases])
