"""English problems in mathematics: numbers drawn, every step worked out."""

from __future__ import annotations

from fractions import Fraction
from math import comb
from random import Random
from typing import Any

Values = dict[str, Any]


def _signed(value: int) -> str:
    return f"{'+' if value >= 0 else '-'} {abs(value)}"


def quadratic(rng: Random, language: str) -> Values:
    r, s = rng.sample([i for i in range(-12, 13) if i], 2)
    total, prod = r + s, r * s
    divisors = [d for d in range(1, abs(prod) + 1) if prod % d == 0][:6]
    pairs = [f"({d}, {prod // d})" for d in divisors]
    return {
        **{"r": r, "s": s, "b": _signed(-total), "c": _signed(prod), "sum": total, "prod": prod},
        **{"mb": -total, "pairs": ", ".join(pairs), "disc": total**2 - 4 * prod},
        **{"root": abs(r - s), "hi": max(r, s), "lo": min(r, s), "r2": r * r, "s2": s * s},
        **{"sum2": total**2, "gold": r * r + s * s},
    }


def digit(rng: Random, language: str) -> Values:
    base, exp = rng.choice((2, 3, 7, 8, 12, 13, 17, 23, 4, 9, 14, 19)), rng.randint(60, 2500)
    unit = base % 10
    cycle = [unit]
    while cycle[-1] * unit % 10 != unit:
        cycle.append(cycle[-1] * unit % 10)
    period = len(cycle)
    rem, quot = exp % period, exp // period
    place = rem or period
    remark = f"Remainder {rem} means position {place} in the cycle."
    if rem == 0:
        remark = f"Remainder 0 means the last position of the cycle, number {period}."
    return {
        **{"base": base, "exp": exp, "u": unit, "cycle": ", ".join(map(str, cycle))},
        **{"period": period, "quot": quot, "rem": rem, "pq": period * quot, "remark": remark},
        **{"small": place, "smallpow": base**place, "gold": cycle[place - 1]},
    }


def committee(rng: Random, language: str) -> Values:
    w, m, k = rng.randint(4, 8), rng.randint(4, 8), rng.randint(3, 4)
    q = rng.randint(1, k - 1)
    counts = [comb(w, j) * comb(m, k - j) for j in range(q, k + 1)]
    cases = [
        f"Case {i}: exactly {j} women and {k - j} men. "
        f"C({w}, {j}) × C({m}, {k - j}) = {comb(w, j)} × {comb(m, k - j)} = {count}."
        for i, (j, count) in enumerate(zip(range(q, k + 1), counts, strict=True), 1)
    ]
    every, gold = comb(w + m, k), sum(counts)
    return {
        **{"w": w, "m": m, "k": k, "q": q, "top": k, "all": w + m, "every": every},
        **{"cases": "\n\n".join(cases), "sumline": " + ".join(map(str, counts))},
        **{"fewer": every - gold, "gold": gold},
    }


def euclid(rng: Random, language: str) -> Values:
    g = rng.randint(2, 30)
    a, b = sorted((g * rng.randint(20, 99), g * rng.randint(7, 60)), reverse=True)
    a += g * (a == b)
    steps, table, high, low = [], [], a, b
    old, new = (1, 0), (0, 1)
    while low:
        quotient, rest = divmod(high, low)
        steps.append(f"{high} = {quotient} × {low} + {rest}")
        table.append(f"| {len(steps)} | {high} ÷ {low} = {quotient} | {rest} |")
        old, new = new, (old[0] - quotient * new[0], old[1] - quotient * new[1])
        high, low = low, rest
    x, y = old
    return {
        **{"a": a, "b": b, "gold": high, "qa": a // high, "qb": b // high, "x": x, "y": y},
        **{"ax": a * x, "by": b * y, "steps": "\n".join(steps), "table": "\n".join(table)},
    }


def dice(rng: Random, language: str) -> Values:
    f = rng.choice((4, 6, 6, 8, 10))
    t, at_least = rng.randint(4, 2 * f - 3), rng.random() < 0.5
    counts = []
    for first in range(1, f + 1):
        fits = [x for x in range(1, f + 1) if (first + x >= t if at_least else first + x <= t)]
        counts.append((first, fits))
    rows = [
        f"- first die {first}: second can be {', '.join(map(str, fits)) or 'nothing'} ({len(fits)})"
        for first, fits in counts
    ]
    good, every = sum(len(fits) for _, fits in counts), f * f
    return {
        **{"f": f, "t": t, "rel": "at least" if at_least else "at most", "all": every},
        **{"rows": "\n".join(rows), "sumline": " + ".join(str(len(fits)) for _, fits in counts)},
        **{"good": good, "bad": every - good, "gold": Fraction(good, every)},
    }


def triangle(rng: Random, language: str) -> Values:
    u, v = rng.choice(((2, 1), (3, 2), (4, 1), (4, 3), (5, 2), (5, 4)))
    k = rng.randint(1, 9)
    a, b, c = k * (u * u - v * v), k * 2 * u * v, k * (u * u + v * v)
    return {
        **{"a": a, "b": b, "c": c, "a2": a * a, "b2": b * b, "c2": c * c},
        **{"area": a * b // 2, "semi": (a + b + c) // 2, "gold": (a + b - c) // 2},
    }


def system(rng: Random, language: str) -> Values:
    x, y = rng.randint(-9, 9), rng.randint(-9, 9)
    while True:
        a1, b1, a2, b2 = (rng.randint(2, 9) for _ in range(4))
        if a1 * b2 != a2 * b1:
            break
    e1, e2 = a1 * x + b1 * y, a2 * x + b2 * y
    return {
        **{"a1": a1, "b1": b1, "e1": e1, "a2": a2, "b2": b2, "e2": e2, "x": x, "y": y},
        **{"a1b2": a1 * b2, "b1b2": b1 * b2, "e1b2": e1 * b2, "a2b1": a2 * b1, "e2b1": e2 * b1},
        **{"det": a1 * b2 - a2 * b1, "detx": e1 * b2 - e2 * b1, "rest": e1 - a1 * x},
        "gold": x + y,
    }


def parity(rng: Random, language: str) -> Values:
    p, n = rng.choice((3, 5, 7)), rng.randint(3, 14)
    cases = [
        f"Case n ≡ {r} (mod {p}): n^{p} ≡ {r}^{p} = {r**p} ≡ {r**p % p} (mod {p}), "
        f"{rng.choice(('so the difference is 0', 'the same as n', 'fine'))}."
        for r in range(p)
    ]
    return {
        **{"p": p, "n": n, "cases": "\n\n".join(cases), "np": n**p, "diff": n**p - n},
        "gold": (n**p - n) // p,
    }


def extremum(rng: Random, language: str) -> Values:
    a, x, low = rng.randint(1, 6), rng.randint(-7, 7), rng.randint(-40, 40)
    b, c = -2 * a * x, a * x * x + low
    at = lambda point: a * point * point + b * point + c
    # b enters as the signed linear coefficient, in f and in f' alike
    return {
        **{"a": a, "a_2": 2 * a, "b": _signed(b), "c": _signed(c), "x": x, "gold": low},
        **{"t1": a * x * x, "t2": b * x, "t3": c, "xm": x - 1, "xp": x + 1},
        **{"fm": at(x - 1), "fp": at(x + 1)},
    }


def base(rng: Random, language: str) -> Values:
    n, b = rng.randint(200, 9999), rng.choice((2, 3, 5, 7, 8))
    digits, steps, left = [], [], n
    while left:
        steps.append(f"{left} ÷ {b} = {left // b} remainder {left % b}")
        digits.append(left % b)
        left //= b
    expand = [f"{d}·{b}^{i}" for i, d in reversed(list(enumerate(digits))) if d]
    return {
        **{"n": n, "base": b, "steps": "\n".join(steps), "expand": " + ".join(expand)},
        "gold": "".join(map(str, reversed(digits))),
    }


def mixture(rng: Random, language: str) -> Values:
    """Percentages are drawn until the volume is whole."""
    while True:
        q, t, p = sorted(rng.sample(range(5, 90, 5), 3))
        v = rng.randint(2, 40)
        if v * (t - q) % (p - t) == 0:
            break
    gold = v * (t - q) // (p - t)
    return {
        **{"p": p, "q": q, "t": t, "v": v, "qv": q * v, "tv": t * v, "pt": p - t},
        **{"diff": v * (t - q), "salt": p * gold + q * v, "vol": gold + v, "gold": gold},
    }
