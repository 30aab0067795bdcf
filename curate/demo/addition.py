"""The mini road's first task: three-digit additions, worked out column by column, and the text that
the base learns them from, first clean, then dirty.

The dirty text stands for the web. Its authors answer at once, skip carries or forget them, slip,
switch between English and Chinese, lose the closing tag, and some of it went through a broken
encoder: what R1-Zero starts from (arXiv 2501.12948) in small. Reinforcement learning finds the
careful author in it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from curate.demo import authors, problems
from curate.demo.authors import drawn, habits
from curate.demo.course import Course, Lesson

QUESTIONS = {
    "en": ("What is {a} + {b}?", "Compute {a} + {b}.", "How much is {a} + {b}?"),
    "zh": ("{a} + {b} 等于多少？", "请计算 {a} + {b}。"),
}
CARRY = {"en": " so carry {carry}", "zh": " 所以进 {carry}"}
SUM = {"en": "so {sum}", "zh": "所以 {sum}"}
WAIT = {"en": "wait ", "zh": "等等 "}

STYLES = {"direct": 0.15, "short": 0.25, "full": 0.45, "checked": 0.15}
"""an answer at once; columns without a word on carries; with it; with a column done twice"""
GUESS_WRONG = 0.7
CARRY_SKIPPED = 0.4
CARRY_FORGOTTEN = 0.45
SLIP = 0.12


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
    """An addition that is held out, or one of the others."""
    while True:
        a, b = rng.randint(100, 999), rng.randint(100, 999)
        if problems.is_held_out("addition", *sorted((a, b))) == held_out:
            break
    language = problems.drawn_language(rng)
    return Addition(a, b, language, rng.choice(QUESTIONS[language]).format(a=a, b=b))


@dataclass
class Author(authors.Author):
    """How an addition is written down."""

    style: str = "full"
    forgotten: float = 0.0
    slip: float = 0.0

    def thinking(self, addition: Addition) -> tuple[list[str], str]:
        """The lines, and the sum they come to."""
        self.own = addition.language
        if self.style == "direct":
            lines, total = list[str](), self._guess(addition)
        else:
            lines, total = self._columns(addition)
        conclusion = SUM[self.language()].format(sum=total)
        return [*lines, conclusion], total

    def reply(self, addition: Addition) -> str:
        return self.written(*self.thinking(addition))

    def _columns(self, addition: Addition) -> tuple[list[str], str]:
        pairs = list(zip(reversed(str(addition.a)), reversed(str(addition.b)), strict=True))
        lines: list[str] = []
        digits, carry = "", 0
        again = self.rng.randrange(len(pairs)) if self.style == "checked" else -1
        for place, (x, y) in enumerate(pairs):
            last = place == len(pairs) - 1
            right = int(x) + int(y) + carry
            column = self._column(x, y, carry, right, last)
            lines.append(column[0])
            if place == again:
                column = self._column(x, y, carry, right, last)
                lines.append(WAIT[self.language()] + column[0])
            digits = str(column[1] if last else column[1] % 10) + digits
            carry = column[1] // 10
            if carry and self.rng.random() < self.forgotten:
                carry = 0
        return lines, digits

    def _column(self, x: str, y: str, carry: int, right: int, last: bool) -> tuple[str, int]:
        found = right
        if self.rng.random() < self.slip:
            found = max(0, right + self.rng.choice((-1, 1)))
        if self.style == "short":
            return f"{x}+{y}={found}", found
        line = f"{x}+{y}+{carry}={found}"
        carried = CARRY[self.language()].format(carry=found // 10)
        return line + ("" if last else carried), found

    def _guess(self, addition: Addition) -> str:
        if self.rng.random() >= GUESS_WRONG:
            return addition.gold
        return str(addition.a + addition.b + self.rng.choice((-110, -100, -10, -1, 1, 10, 100)))


def textbook(rng: random.Random) -> tuple[str, str]:
    """A question of the clean textbook and its page: all right, in one language, without tags."""
    addition = draw(rng)
    lines, _ = Author(rng).thinking(addition)
    return addition.question, "\n".join(lines)


def dirty(rng: random.Random) -> tuple[str, str]:
    """A question and what somebody wrote under it."""
    addition = draw(rng)
    author = Author(rng, style=drawn(rng, STYLES), slip=SLIP, **habits(rng))
    author.forgotten = CARRY_SKIPPED if author.style == "short" else CARRY_FORGOTTEN
    return addition.question, author.reply(addition)


COURSE = Course(
    # the textbook's rate is taken up again by the web
    lessons=(Lesson(textbook, steps=400, ends=0.5), Lesson(dirty, steps=500, ends=0.05)),
    pieces=r"</?think>|\\boxed\{|\d| ?\p{L}+|[^\s\p{L}\d]+|\s+",  # digits stay single
    vocabulary=320,
    spread=0.1,  # with the usual 0.02 it learns to copy digits far later
)
