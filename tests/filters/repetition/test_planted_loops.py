"""Loops of every kind planted in sound traces are found, whatever they say and wherever they are;
what only repeats its form is none. A text takes time in proportion to its length."""

import re
import time
from collections.abc import Callable
from random import Random

import polars as pl
import pytest
from injector import BENIGN, benign, sound_traces
from injector.defects.repetition import COUNTING, COUNTING_ZH, DRIFTING, TOPICS
from injector.places import between
from injector.recall import carriers
from injector.rows import Row, parts, rebuilt
from traces import frame, reasons

from filters.repetition.repetition import Repetition

pytestmark = pytest.mark.usefixtures("uncollected")

SOUND = sound_traces(120, 3)
ENGLISH = [row for row in SOUND if row["language"] == "en"]
CHINESE = [row for row in SOUND if row["language"] == "zh"]


WORDS = re.findall(r"[A-Za-z]{3,}", " ".join(parts(row).thinking for row in ENGLISH))


def words(rng: Random, fewest: int, most: int) -> str:
    """Some in a row as sound traces have them, without marks."""
    begin = rng.randrange(len(WORDS) - most)
    return " ".join(WORDS[begin : begin + rng.randint(fewest, most)])


def clause(rng: Random) -> str:
    return rng.choice(re.findall(r"[\u4e00-\u9fff]{6,}", parts(rng.choice(CHINESE)).thinking))


def counting(rng: Random, told: str, rounds: int) -> list[str]:
    first, x = rng.randint(1, 40), rng.randint(2, 900)
    return [told.format(i=i, j=i - 1, x=x) for i in range(first, first + rounds)]


def apart(rng: Random, rounds: list[str]) -> str:
    return rng.choice((" ", "\n", "\n\n")).join(rounds)


Make = Callable[[Random, int], str]
LOOPS: dict[str, tuple[int, Make]] = {
    "letter": (30, lambda rng, n: rng.choice("aehmnz") * n),
    "stutter": (10, lambda rng, n: (words(rng, 1, 4) + " ") * n),
    "line": (10, lambda rng, n: (words(rng, 2, 5) + ".\n") * n),
    "sentence": (7, lambda rng, n: apart(rng, [words(rng, 9, 20) + "."] * n)),
    "cycle": (7, lambda rng, n: apart(rng, [f"{words(rng, 5, 9)}.\n{words(rng, 4, 9)}!"] * n)),
    "wall": (7, lambda rng, n: apart(rng, [words(rng, 15, 60)] * n)),
    "paragraph": (3, lambda rng, n: (words(rng, 90, 120) + ".\n\n") * n),
    "counting": (15, lambda rng, n: apart(rng, counting(rng, rng.choice(COUNTING), n))),
    "drifting": (
        13,
        lambda rng, n: "\n\n".join(map(rng.choice(DRIFTING).format_map, topics(rng, n))),
    ),
    "chinese": (9, lambda rng, n: (clause(rng) + rng.choice(("，", "。", ""))) * n),
    "chinese counting": (15, lambda rng, n: "".join(counting(rng, rng.choice(COUNTING_ZH), n))),
}
"""the fewest rounds planted, one or two more than a loop needs, as its ends may be cut; the loop"""


def topics(rng: Random, n: int) -> list[dict[str, str]]:
    return [{"topic": topic} for topic in rng.sample(TOPICS, n)]


def planted(kind: str, rng: Random) -> str:
    fewest, make = LOOPS[kind]
    row = rng.choice(CHINESE if kind.startswith("chinese") else ENGLISH)
    loop = make(rng, rng.randint(fewest, 2 * fewest))
    thinking = parts(row).thinking
    at_end = rng.random() < 0.3
    whole = f"{thinking}\n\n{loop}" if at_end else between(rng, thinking, loop)
    return rebuilt(row, thinking=whole)["response"]


@pytest.mark.parametrize("kind", LOOPS)
def test_a_planted_loop_is_found(kind: str):
    rng = Random(f"planted {kind}")
    texts = [planted(kind, rng) for _ in range(25)]
    missed = [t for t, why in zip(texts, reasons(Repetition(), *texts), strict=True) if not why]
    assert missed == []


def test_sound_traces_are_kept():
    texts = [row["response"] for row in SOUND]
    assert [why for why in reasons(Repetition(), *texts) if why] == []


def test_looks_alike_are_kept():
    rng, rows = Random("benign"), list[Row]()
    for kind in BENIGN:
        carriers(lambda row, kind=kind: keep(benign(row, kind, rng), rows), rng, 6)
    texts = [row["response"] for row in rows]
    assert len(texts) > 150
    assert [why for why in reasons(Repetition(), *texts) if why] == []


def keep(row: Row | None, rows: list[Row]) -> Row | None:
    rows.extend([row] if row else [])
    return row


def doubling(n: int) -> str:
    """Each stretch is in the next one two times, and what follows it is new."""
    text = "so it is. "
    while len(text) < n:
        text = f"{text}{text}{len(text)} more\n"
    return text[:n]


HOSTILE: dict[str, Callable[[int], str]] = {
    "dollars": lambda n: "$a " * (n // 3),
    "no blank": lambda n: "ab" * (n // 2),
    "one letter": lambda n: "a" * n,
    "empty lines": lambda n: "\n" * n,
    "counter": lambda n: "".join(f"step {i}. " for i in range(n // 10)),
    "table": lambda n: "".join(f"| {i} | {i * i % 97} | word |\n" for i in range(n // 20)),
    "two words": lambda n: " ".join(Random(1).choices(["and", "so"], k=n // 4)),
    "stutters": lambda n: "".join(f"{i}{f'w{i} ' * 20}\n" for i in range(n // 120)),
    "growing": lambda n: "".join("a" * i + "b" for i in range(int((2 * n) ** 0.5))),
    "doubling": doubling,
    "drifting": lambda n: "".join(
        f"Perhaps the question comes from a {'ab' * (i % 5)} textbook, so I need it.\n"
        for i in range(n // 75)
    ),
    "characters": lambda n: "".join(Random(1).choices("的一是不了在人有我", k=n // 3)),
}


def seconds(text: str) -> float:
    def once() -> float:
        begin = time.process_time()
        Repetition().score(pl.DataFrame({"response": [text]}))
        return time.process_time() - begin

    return min(once() for _ in range(3))


@pytest.mark.parametrize("shape", HOSTILE)
def test_twice_the_text_takes_twice_the_time(shape: str):
    text, double = (HOSTILE[shape](n) for n in (200_000, 400_000))
    assert len(double) > 1.9 * len(text)
    assert seconds(double) < 2.6 * seconds(text) + 0.02


def test_a_text_of_many_loops_tells_where_the_first_of_them_are():
    lines = [
        f"题{a}{b}: {f'{b}再{a}想 ' * 12}" for a in "一二三四五六七八" for b in "甲乙丙丁戊己庚"
    ]
    text = "\n".join(lines)
    (detail,) = Repetition().judge(frame(text)).get_column("detail")
    assert len(detail) == 20
    assert [text[d["start"] : d["end"]][:60] for d in detail] == [d["text"][:60] for d in detail]
