"""The mini road's second task, where reflection pays: find a number by trying one after the other.

    Which of 24 31 22 40 37 plus 43 makes 74?

    I look for 74
    Try 24 + 43 = 67 no
    Wait, after 24 31 + 43 = 74 yes
    So it is 31

The clean textbook has such pages, and drills of the two things that each new try takes: to go on in
a list, and to see that two numbers are the same. On the dirty web most give up after some failed
tries and answer with the last. One list with its addend in ten is held out by a hash.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from curate.demo import authors, problems
from curate.demo.authors import habits
from curate.demo.course import Course, Lesson

QUESTIONS = {
    "en": "Which of {listed} plus {added} makes {total}?",
    "zh": "在 {listed} 中，哪个数加 {added} 得 {total}？",
}
AIM = {"en": "I look for {total}", "zh": "要得 {total}"}
FIRST = {"en": "Try {sum}", "zh": "试 {sum}"}
NEXT = {"en": "Wait, after {last} {sum}", "zh": "等等，接着 {last} {sum}"}
WORD = {"en": {True: "yes", False: "no"}, "zh": {True: "对", False: "不对"}}
FOUND = {"en": "So it is {number}", "zh": "所以是 {number}"}

NUMBERS, ADDENDS = range(21, 41), range(41, 51)
"""no sum is among the numbers: each is a token of its own, and seen again it means one thing"""
LISTED = (5, 7)
GIVES_UP = (1.0, 0.7, 0.4, 0.1)
"""chance after each failed try, by author"""


@dataclass(frozen=True, slots=True)
class Guess:
    numbers: tuple[int, ...]
    added: int
    sought: int
    language: str

    @property
    def total(self) -> int:
        return self.sought + self.added

    @property
    def gold(self) -> str:
        return str(self.sought)

    @property
    def question(self) -> str:
        question = QUESTIONS[self.language]
        return question.format(listed=_listed(self.numbers), added=self.added, total=self.total)


def draw(rng: random.Random, held_out: bool = False) -> Guess:
    """A list that is held out, or one of the others."""
    while True:
        numbers, added = _some(rng, *LISTED), rng.choice(ADDENDS)
        # whatever the order, and whichever of the numbers is sought
        if problems.is_held_out("guess", *sorted(numbers), added) == held_out:
            break
    return Guess(numbers, added, rng.choice(numbers), problems.drawn_language(rng))


@dataclass
class Author(authors.Author):
    """How somebody looks for the number: from anywhere in the list on, and round its end."""

    gives_up: float = 0.0
    start: int | None = None
    """place of the first try; by lot where it is none"""

    def thinking(self, guess: Guess) -> tuple[list[str], str]:
        """The lines, and the number they come to."""
        self.own = guess.language
        lines = [AIM[self.language()].format(total=guess.total)]
        at = self.rng.randrange(len(guess.numbers)) if self.start is None else self.start
        last: int | None = None
        for number in guess.numbers[at:] + guess.numbers[:at]:
            lines.append(self._try(guess, number, last))
            last = number
            if number == guess.sought or self.rng.random() < self.gives_up:
                break
        lines.append(FOUND[self.language()].format(number=last))
        return lines, str(last)

    def reply(self, guess: Guess) -> str:
        return self.written(*self.thinking(guess))

    def _try(self, guess: Guess, number: int, last: int | None) -> str:
        tongue = self.language()
        form = FIRST[tongue] if last is None else NEXT[tongue]
        total = number + guess.added
        attempt = form.format(last=last, sum=f"{number} + {guess.added} = {total}")
        return f"{attempt} {WORD[tongue][total == guess.total]}"


def copied(rng: random.Random) -> tuple[str, str]:
    """A list, and twice the same list from anywhere on. Of this alone a model learns to go on in a
    list within 200 steps; long lists leave it no other way."""
    numbers = _some(rng, 8, 16)
    at = rng.randrange(len(numbers))
    return f"Read {_listed(numbers)}", f" {_listed((numbers[at:] + numbers[:at]) * 2)}"


def compared(rng: random.Random) -> tuple[str, str]:
    """A number that is looked for, and others of which every second one is it."""
    tongue = problems.drawn_language(rng)
    totals = range(NUMBERS[0] + ADDENDS[0], NUMBERS[-1] + ADDENDS[-1] + 1)
    sought = rng.choice(totals)
    others = [total for total in totals if total != sought]
    seen = [rng.choice((sought, rng.choice(others))) for _ in range(rng.randint(4, 8))]
    lines = [f" = {total} {WORD[tongue][total == sought]}" for total in seen]
    return AIM[tongue].format(total=sought), "\n".join(lines)


def solved(rng: random.Random) -> tuple[str, str]:
    """A question, and its number found; without tags."""
    guess = draw(rng)
    lines, answer = Author(rng).thinking(guess)
    return guess.question, "\n".join([*lines, f"\\boxed{{{answer}}}"])


def textbook(rng: random.Random) -> tuple[str, str]:
    page = rng.choices((copied, compared, solved), weights=(15, 25, 60))[0]
    return page(rng)


def dirty(rng: random.Random) -> tuple[str, str]:
    """A question and what somebody wrote under it."""
    guess = draw(rng)
    author = Author(rng, gives_up=rng.choice(GIVES_UP), **habits(rng))
    return guess.question, author.reply(guess)


def _some(rng: random.Random, least: int, most: int) -> tuple[int, ...]:
    return tuple(rng.sample(NUMBERS, rng.randint(least, most)))


def _listed(numbers: tuple[int, ...]) -> str:
    return " ".join(map(str, numbers))


COURSE = Course(
    lessons=(
        Lesson(copied, steps=300, ends=1.0),
        Lesson(textbook, steps=700, ends=0.5),
        Lesson(dirty, steps=300, ends=0.05),
    ),
    # a number is one token, and the same one after every space
    pieces=r"</?think>|\\boxed\{| ?\d+| ?\p{L}+| ?[^\s\p{L}\d]+|\s+",
    vocabulary=440,
    spread=0.02,
    muon=0.02,  # AdamW alone takes three times as long to go on in a list, if it ever learns to
)
