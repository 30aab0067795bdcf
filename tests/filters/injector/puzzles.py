"""English logic and code problems, solved by search or by running the program they are about."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from itertools import groupby, permutations
from math import gcd
from random import Random
from typing import Any

from .texts import lines

Values = dict[str, Any]

ORDINALS = ("first", "second", "third", "fourth", "fifth")


def order(rng: Random, language: str) -> Values:
    """A race: clues are drawn until they leave a single order."""
    count = rng.choice((4, 4, 5))
    people = rng.sample(lines("en", "names"), count)
    truth = tuple(rng.sample(people, count))
    clues: list[tuple[str, str, str]] = []
    while len(left := [o for o in permutations(people) if _all_hold(clues, o)]) > 1:
        clue = (rng.choice(("before", "next", "not first", "not last")), *rng.sample(people, 2))
        if _holds(clue, truth) and any(not _holds(clue, o) for o in left):
            clues.append(clue)
    steps = []
    for i in range(1, len(clues) + 1):
        remaining = sum(_all_hold(clues[:i], o) for o in permutations(people))
        word = rng.choice(("leaves", "brings it down to", "narrows it to"))
        steps.append(f"Clue {i} ({_told(clues[i - 1])}) {word} {remaining} possible orders.")
    places = {p: ORDINALS[i] for i, p in enumerate(truth)}
    verify = [f"{_told(c)}: {places[c[1]]} and {places[c[2]]}, fine" for c in clues]
    return {
        **{"count": count, "names": ", ".join(people), "steps": "\n\n".join(steps)},
        "clues": " ".join(_sentence(_told(c)) for c in clues),
        "clues2": "; ".join(f"({i}) {_told(c)}" for i, c in enumerate(clues, 1)) + ".",
        **{"verify": "; ".join(verify) + ".", "gold": ", ".join(truth)},
    }


def _told(clue: tuple[str, str, str]) -> str:
    what, one, other = clue
    return {
        "before": f"{one} finished before {other}",
        "next": f"{one} finished directly before {other}",
        "not first": f"neither {one} nor {other} won",
        "not last": f"neither {one} nor {other} came last",
    }[what]


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def _holds(clue: tuple[str, str, str], ranking: tuple[str, ...]) -> bool:
    what, one, other = clue
    i, j, last = ranking.index(one), ranking.index(other), len(ranking) - 1
    return {
        "before": i < j,
        "next": i + 1 == j,
        "not first": 0 not in (i, j),
        "not last": last not in (i, j),
    }[what]


def _all_hold(clues: list[tuple[str, str, str]], ranking: tuple[str, ...]) -> bool:
    return all(_holds(clue, ranking) for clue in clues)


def jugs(rng: Random, language: str) -> Values:
    while True:
        a, b = rng.sample(range(3, 12), 2)
        t = rng.randint(1, max(a, b))
        if t % gcd(a, b) == 0 and t not in (a, b):
            break
    levels, path = _pour(a, b, t)
    moves = [f"{what}: ({x}, {y})" for what, (x, y) in path]
    counts = ", ".join(f"{n} new states after {i}" for i, n in enumerate(levels, 1))
    return {
        **{"a": a, "b": b, "t": t, "steps": "\n".join(moves), "levels": counts},
        "bullets": "\n".join(f"{i}. {move}" for i, move in enumerate(moves, 1)),
        "gold": len(moves),
    }


def _pour(a: int, b: int, t: int) -> tuple[list[int], list[tuple[str, tuple[int, int]]]]:
    """New states per level and the shortest path from (0, 0) to a state that holds t."""
    paths: dict[tuple[int, int], list[tuple[str, tuple[int, int]]]] = {(0, 0): []}
    queue, levels = deque([(0, 0)]), list[int]()
    while queue:
        state = queue.popleft()
        if t in state:
            return levels, paths[state]
        for what, new in _moves(a, b, *state):
            if new not in paths:
                paths[new] = [*paths[state], (what, new)]
                levels.extend([0] * (len(paths[new]) - len(levels)))
                levels[len(paths[new]) - 1] += 1
                queue.append(new)
    raise AssertionError("unreachable: t is a multiple of the gcd")


def _moves(a: int, b: int, x: int, y: int) -> Iterator[tuple[str, tuple[int, int]]]:
    ab, ba = min(x, b - y), min(y, a - x)
    yield f"Fill the {a}-litre jug", (a, y)
    yield f"Fill the {b}-litre jug", (x, b)
    yield f"Empty the {a}-litre jug", (0, y)
    yield f"Empty the {b}-litre jug", (x, 0)
    yield f"Pour from the {a}-litre into the {b}-litre jug", (x - ab, y + ab)
    yield f"Pour from the {b}-litre into the {a}-litre jug", (x + ba, y - ba)


def window(rng: Random, language: str) -> Values:
    values = [rng.randint(-9, 20) for _ in range(rng.randint(6, 11))]
    k = rng.randint(2, 4)
    sums = [sum(values[i : i + k]) for i in range(len(values) - k + 1)]
    moves = [
        f"drop {values[i]} and add {values[i + k]}, so {sums[i + 1]}" for i in range(len(sums) - 1)
    ]
    trace = f"The first block sums to {sums[0]}. Then {'; '.join(moves)}."
    return {"values": values, "k": k, "trace": trace, "best": max(sums), "gold": None}


def runs(rng: Random, language: str) -> Values:
    letters = [rng.choice("abcdxyz") * rng.randint(1, 4) for _ in range(rng.randint(3, 7))]
    text = "".join(letters)
    found = [(char, len(list(run))) for char, run in groupby(text)]
    told = [f'"{char}" {"once" if n == 1 else f"{n} times"}' for char, n in found]
    code = "".join(f"{char}{n}" for char, n in found)
    return {"text": text, "trace": ", then ".join(told), "code": code, "gold": None}


def brackets(rng: Random, language: str) -> Values:
    partner = {")": "(", "]": "[", "}": "{"}
    text = "".join(rng.choice(("()", "[]", "{}", "([])", "{[]}", "(]", "[(")) for _ in range(3))
    stack, told = list[str](), []
    for char in text:
        if char not in partner:
            stack.append(char)
            told.append(f"{char} is pushed ({len(stack)} on the stack)")
        elif stack and stack[-1] == partner[char]:
            stack.pop()
            told.append(f"{char} matches the top ({len(stack)} left)")
        else:
            told.append(f"{char} finds the wrong partner, so stop")
            break
    verdict = "balanced" if not stack and "wrong" not in told[-1] else "not balanced"
    return {"text": text, "trace": ", ".join(told) + ".", "verdict": verdict, "gold": None}


def grid(rng: Random, language: str) -> Values:
    rows, cols = rng.randint(3, 4), rng.randint(3, 5)
    while True:
        cells = [["#" if rng.random() < 0.25 else "." for _ in range(cols)] for _ in range(rows)]
        cells[0][0] = cells[-1][-1] = "."
        levels = _levels(cells)
        if (rows - 1, cols - 1) in levels[-1]:
            break
    told = [f"{i}: {len(level)}" for i, level in enumerate(levels)]
    return {
        "picture": "\n".join("  " + "".join(row) for row in cells),
        **{"levels": ", ".join(told), "best": len(levels) - 1, "gold": None},
    }


def _levels(cells: list[list[str]]) -> list[set[tuple[int, int]]]:
    """Cells by distance from the top left, until the goal or nothing more is reached."""
    levels, seen = [{(0, 0)}], {(0, 0)}
    goal = (len(cells) - 1, len(cells[0]) - 1)
    while goal not in levels[-1]:
        near = {
            (r + dr, c + dc) for r, c in levels[-1] for dr, dc in ((1, 0), (-1, 0), (0, 1), (0, -1))
        }
        new = {
            (r, c)
            for r, c in near - seen
            if 0 <= r <= goal[0] and 0 <= c <= goal[1] and cells[r][c] == "."
        }
        if not new:
            break
        levels.append(new)
        seen |= new
    return levels
