"""Word problems whose numbers are worked out here and told in any language by `texts/`."""

from __future__ import annotations

from itertools import accumulate, product
from random import Random
from typing import Any

from .texts import lines

Values = dict[str, Any]

WEEKDAYS = {
    "en": ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    "zh": ["星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日"],
}
KNIGHT = {
    "en": ("a knight", "a knave"),
    "zh": ("骑士", "无赖"),
}


def _names(rng: Random, language: str, count: int) -> list[str]:
    return rng.sample(lines(language, "names"), count)


def shop(rng: Random, language: str) -> Values:
    item1, item2 = rng.sample(lines(language, "items"), 2)
    n1, n2, p1, p2 = rng.randint(2, 19), rng.randint(2, 14), rng.randint(2, 17), rng.randint(3, 23)
    c1, c2 = n1 * p1, n2 * p2
    total = c1 + c2
    paid = next(note for note in (50, 100, 200, 500, 1000) if note > total)
    return {
        "name": _names(rng, language, 1)[0],
        **{"item1": item1, "item2": item2, "n1": n1, "n2": n2, "p1": p1, "p2": p2},
        **{"c1": c1, "c2": c2, "total": total, "paid": paid, "change": paid - total},
        "gold": paid - total,
    }


def trip(rng: Random, language: str) -> Values:
    """Speeds are drawn until the mean is whole and not the plain mean of the two."""
    while True:
        h1, h2 = rng.randint(1, 7), rng.randint(1, 7)
        v1, v2 = rng.randrange(30, 120, 2), rng.randrange(30, 120, 2)
        d = h1 * v1 + h2 * v2
        if h1 != h2 and v1 != v2 and d % (h1 + h2) == 0:
            break
    return {
        **{"h1": h1, "h2": h2, "v1": v1, "v2": v2, "d1": h1 * v1, "d2": h2 * v2, "d": d},
        **{"h": h1 + h2, "gold": d // (h1 + h2)},
    }


def pages(rng: Random, language: str) -> Values:
    a, d, n = rng.randint(6, 30), rng.randint(2, 9), rng.randint(5, 14)
    terms = [a + i * d for i in range(n)]
    sums = list(accumulate(terms))
    steps = [f"{s} + {t} = {r}" for s, t, r in zip(sums, terms[1:], sums[1:], strict=False)]
    return {
        **{"name": _names(rng, language, 1)[0], "a": a, "d": d, "n": n, "m": n - 1},
        **{"terms": ", ".join(map(str, terms)), "running": ", ".join(steps)},
        **{"last": terms[-1], "second": terms[1], "ends": a + terms[-1], "gold": sums[-1]},
    }


def cages(rng: Random, language: str) -> Values:
    rabbits, hens = rng.randint(4, 40), rng.randint(4, 40)
    heads, legs = rabbits + hens, 4 * rabbits + 2 * hens
    return {
        **{"heads": heads, "legs": legs, "all2": 2 * heads, "extra": legs - 2 * heads},
        **{"hens": hens, "h2": 2 * hens, "r4": 4 * rabbits, "gold": rabbits},
    }


def weekday(rng: Random, language: str) -> Values:
    days = WEEKDAYS[language]
    start, n = rng.randrange(7), rng.randint(40, 2000)
    rem = n % 7
    walk = [days[(start + i) % 7] for i in range(rem + 1)]
    months = ["March", "May", "August", "October", "January", "June"]
    return {
        **{"date0": f"{rng.choice(months)} {rng.randint(1, 28)}", "day0": days[start], "n": n},
        **{"q": n // 7, "rem": rem, "back": 7 - rem, "walk": " → ".join(walk)},
        "gold": walk[-1],
    }


def sets(rng: Random, language: str) -> Values:
    onlya, onlyb, both = rng.randint(5, 40), rng.randint(5, 40), rng.randint(3, 25)
    neither = rng.randint(1, 30)
    total = onlya + onlyb + both
    return {
        **{"total": total + neither, "a": onlya + both, "b": onlyb + both, "both": both},
        **{"any": total, "onlya": onlya, "onlyb": onlyb, "gold": neither},
    }


def mean(rng: Random, language: str) -> Values:
    """Values with a whole mean, added up in a column."""
    n, centre = rng.randint(8, 22), rng.randint(20, 300)
    data = [centre + rng.randint(-19, 19) for _ in range(n - 1)]
    data.append(centre * n - sum(data))
    rng.shuffle(data)
    column = [f"{r} + {v} = {r + v}" for r, v in zip([0, *accumulate(data)], data, strict=False)]
    return {
        **{"list": ", ".join(map(str, data)), "n": n, "column": "\n".join(column)},
        **{"total": sum(data), "devs": ", ".join(f"{v - centre:+d}" for v in data)},
        **{"far": max(data, key=lambda v: abs(v - centre)), "gold": centre},
    }


CLAIMS = {
    "en": {
        "lies": "{other} is a knave",
        "honest": "{other} is a knight",
        "same": "{other} and I are of the same kind",
        "differ": "{other} and I are of different kinds",
    },
    "zh": {
        "lies": "{other}是无赖",
        "honest": "{other}是骑士",
        "same": "我和{other}是同一类人",
        "differ": "我和{other}不是同一类人",
    },
}
_TRUTH = {
    "lies": lambda me, other: not other,
    "honest": lambda me, other: other,
    "same": lambda me, other: me == other,
    "differ": lambda me, other: me != other,
}


def knights(rng: Random, language: str) -> Values:
    """Claims are drawn until exactly one assignment of types fits all of them."""
    count = rng.choice((2, 3, 3))
    people = _names(rng, language, count)
    while True:
        claims = [
            (me, rng.choice(sorted(_TRUTH)), rng.choice([i for i in range(count) if i != me]))
            for me in range(count)
        ]
        worlds = list(product((True, False), repeat=count))
        if sum(all(_fits(w, c) for c in claims) for w in worlds) == 1:
            break
    said = [_claim(language, people, c) for c in claims]
    truth = next(w for w in worlds if all(_fits(w, c) for c in claims))
    kind = KNIGHT[language]
    verdicts = [f"{p}: {kind[not t]}" for p, t in zip(people, truth, strict=True)]
    rng.shuffle(worlds)
    cases = [_case(language, people, w, claims) for w in worlds]
    quote = "{}说：“{}。”" if language == "zh" else '{} says: "{}."'
    return {
        "names": ("、" if language == "zh" else ", ").join(people),
        "says": " ".join(quote.format(p, s) for p, s in zip(people, said, strict=True)),
        **{"count": len(worlds), "cases": "\n\n".join(cases), "gold": ", ".join(verdicts)},
        "bullets": "\n".join(f"- {v}" for v in verdicts),
    }


def _fits(world: tuple[bool, ...], claim: tuple[int, str, int]) -> bool:
    me, what, other = claim
    return _TRUTH[what](world[me], world[other]) == world[me]


def _claim(language: str, people: list[str], claim: tuple[int, str, int]) -> str:
    return CLAIMS[language][claim[1]].format(other=people[claim[2]])


def _case(
    language: str, people: list[str], world: tuple[bool, ...], claims: list[tuple[int, str, int]]
) -> str:
    kind = KNIGHT[language]
    setting = ", ".join(f"{p} = {kind[not t]}" for p, t in zip(people, world, strict=True))
    wrong = next((c for c in claims if not _fits(world, c)), None)
    if language == "zh":
        if wrong is None:
            return f"假设{setting}：每个人的话都与身份相符，没有矛盾。"
        who = people[wrong[0]]
        return f"假设{setting}：{who}说“{_claim(language, people, wrong)}”，与身份不符，矛盾。"
    if wrong is None:
        return f"Suppose {setting}. Every statement then fits its speaker. No contradiction."
    who, said = people[wrong[0]], _claim(language, people, wrong)
    truth = "true" if world[wrong[0]] is False else "false"
    return f'Suppose {setting}. Then "{said}" would be {truth}, but {who} says it. Contradiction.'


TOLD_IN_ALL = {"shop": shop, "trip": trip, "pages": pages}
"""families every language of `texts/` with problems can tell"""
