"""Random data as a program may write it to the pipe: plain values packed and then spoilt, tagged
forms with bodies of any kind, text that is no JSON. Seeded, so that a failure can be had again."""

import json
import random

from filters.verifiers.sandbox import wire

TAGS = [*"ifcbatszd", "", "ts", "x", "__class__"]
SCALARS = [
    *(None, True, False, 0, -1, 2**63, 10**299, -(10**400), 0.5, -0.0, 1e308, 1e-320),
    *("", "nan", "inf", "0x", "0x1f", "-0xff", "zz", "ff", "1e999", "1_0", "\x00", "\ud800", "é"),
]
LITERALS = [
    *("NaN", "-Infinity", "1e999", "1" * 4300, "1" * 5000, '"\\ud800"', "\ufeff1", "'a'", ""),
    *("[" * 2000, '{"t":' * 600, '[{"t":' * 400 + "1", '{"i": 1, "i": "0x1"}', '{"": 1}', "01"),
    *('{"i": "0x' + "f" * 9000 + '"}', '{"d": [[{"a": "00"}, 1]]}', '{"s": [[], {"s": []}]}'),
    *('{"c": []}', '{"c": [1e999, 2]}', '{"c": ["x", "y"]}', '{"c": ["' + "9" * 5000 + '", 0]}'),
]


def tagged(rng: random.Random, depth: int = 0) -> object:
    """A JSON value in which objects look like tags."""
    kind = rng.randrange(6 if depth < 5 else 3)
    if kind < 3:
        return rng.choice(SCALARS)
    items = [tagged(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == 3:
        return items
    body = items if rng.random() < 0.7 else rng.choice([*SCALARS, {"t": items}, [[1, 2]], [[1]]])
    return {rng.choice(TAGS): body} | ({rng.choice(TAGS): 1} if rng.random() < 0.05 else {})


def value(rng: random.Random, depth: int = 0) -> object:
    """Plain data that `pack` takes."""
    kind = rng.randrange(9 if depth < 4 else 3)
    if kind < 3:
        return rng.choice([*SCALARS, float("nan"), float("inf"), 1j, b"\xff", 10**5000])
    items = [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    keys = [rng.choice([1, "a", None, (1, 2), 2.5, frozenset({1})]) for _ in items]
    made = [items, tuple(items), dict(zip(keys, items, strict=True)), set(keys), frozenset(keys)]
    return rng.choice([*made, bytearray(b"ab")])


def line(rng: random.Random) -> bytes:
    """One line of a report."""
    how = rng.randrange(5)
    if how == 0:
        return rng.choice(LITERALS).encode("utf-8", "surrogatepass")
    if how == 1:
        return bytes(rng.randrange(256) for _ in range(rng.randrange(20)))
    head = rng.choice(["r", "r", "r", "n", "e", "v", "", None, 5])
    if how == 2:
        return json.dumps([head, tagged(rng)]).encode()
    packed = wire.pack([head, value(rng)])
    return (packed if how == 3 else spoilt(rng, packed)).encode("utf-8", "surrogatepass")


def spoilt(rng: random.Random, text: str) -> str:
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        piece = rng.choice(["", *'[]{}":,\\0"i', "{", "null", '"t"', text[: at // 2], "9" * 50])
        text = text[:at] + piece + text[at + rng.randrange(3) :]
    return text
