"""Whether what a program gave is what a test expects, read without trust: results stay in their
tagged wire form, in which nothing of the program's is hashed into a table or compared by a method
of its own, so the time is linear in their length."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from filters.verifiers.sandbox.wire import Tagged

_KEY_ITEMS = 100  # a frozenset as a key must be built to be found; beyond this it is not


def same_text(expected: str, got: str, tolerance: float | None = None) -> bool:
    """All of stdout. Blanks at the end of lines and empty lines at the end do not count; with a
    tolerance numbers may differ by it, relative or absolute."""
    lines, ours = _lines(expected), _lines(got)
    if tolerance is None or lines == ours:
        return lines == ours
    pairs = zip_longest(_words(lines), _words(ours))
    return len(lines) == len(ours) and all(_near_word(a, b, tolerance) for a, b in pairs)


def _lines(text: str) -> list[str]:
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _words(lines: list[str]) -> Iterator[str]:
    """Of all lines, each line's end a word of its own."""
    for line in lines:
        yield from line.split()
        yield "\n"


def _near_word(a: str | None, b: str | None, tolerance: float) -> bool:
    if a is None or b is None or a == b:
        return a == b
    try:
        return _near(float(a), float(b), tolerance)
    except ValueError:
        return False


def _near(a: float, b: float, tolerance: float) -> bool:
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def same(expected: Any, got: Any, *, json: bool = False, tolerance: float | None = None) -> bool:
    """`expected == got` as Python has it, `got` in wire form. Where the expected value stood in
    JSON, which has neither tuples nor keys other than text, those count as what JSON writes."""
    kind = type(expected)
    if kind is list or kind is tuple:
        items = _sequence(got, "lt" if json else "l" if kind is list else "t")
        return (
            items is not None
            and len(items) == len(expected)
            and all(
                same(a, b, json=json, tolerance=tolerance)
                for a, b in zip(expected, items, strict=True)
            )
        )
    if kind is dict:
        return _same_dict(expected, got, json, tolerance)
    if kind is set or kind is frozenset:
        return _same_set(expected, got)
    return _same_scalar(expected, got, tolerance)


def _sequence(got: Any, kinds: str) -> list[Any] | None:
    if type(got) is list:
        return got if "l" in kinds else None
    return got.items if type(got) is Tagged and got.kind in kinds else None


def _same_scalar(expected: Any, got: Any, tolerance: float | None) -> bool:
    value = _key(got)
    numbers = isinstance(expected, int | float) and isinstance(value, int | float)
    if tolerance is None or not numbers or bool in (type(expected), type(value)):
        return bool(expected == value)
    try:
        return _near(expected, value, tolerance)
    except OverflowError:
        return bool(expected == value)


def _same_dict(expected: dict[Any, Any], got: Any, json: bool, tolerance: float | None) -> bool:
    pairs = _sequence(got, "d")
    if pairs is None or len(pairs) != len(expected):
        return False
    met = set()
    for raw, value in pairs:
        key = _key(raw)
        if json and key not in expected:
            key = _json_key(key)
        if key not in expected or not same(expected[key], value, json=json, tolerance=tolerance):
            return False
        met.add(key)
    return len(met) == len(expected)


def _json_key(key: Any) -> Any:
    """As `json.dumps` writes a key that is no text."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, int | float) and abs(key) < 1e300 else key


def _same_set(expected: set[Any] | frozenset[Any], got: Any) -> bool:
    items = _sequence(got, "sz")
    if items is None or len(items) != len(expected):
        return False
    return {key for key in map(_key, items) if key in expected} == expected


class _Nothing:
    """Equal to nothing that a test expects."""


def _key(got: Any) -> Any:
    """A scalar, or what may be a key: a tuple, a small frozenset."""
    if type(got) is bytearray:
        return bytes(got)  # its equal, and can be hashed
    if type(got) is list:
        return _Nothing
    if type(got) is not Tagged:
        return got
    if got.kind == "t":
        return tuple(map(_key, got.items))
    small = got.kind == "z" and len(got.items) <= _KEY_ITEMS
    return frozenset(map(_key, got.items)) if small else _Nothing


def truth(got: Any) -> bool:
    """`bool(got)` of a value in wire form."""
    return bool(got.items if type(got) is Tagged else got)


def shown(got: Any, limit: int = 60) -> str:
    """The beginning of `repr` of a value in wire form, made without building the value."""
    text = _shown(got, 10, limit)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


_BRACKETS = {"l": "[]", "t": "()", "s": "{}", "z": ("frozenset({", "})"), "d": "{}"}


def _shown(got: Any, depth: int, width: int) -> str:
    kind = "l" if type(got) is list else got.kind if type(got) is Tagged else ""
    if not kind:
        return _scalar_shown(got)
    opening, closing = _BRACKETS[kind]
    items = (got if kind == "l" else got.items)[:width]
    if not depth:
        return f"{opening}…{closing}" if items else opening + closing
    if kind == "d":
        parts = [": ".join(_shown(part, depth - 1, width) for part in pair) for pair in items]
    else:
        parts = [_shown(item, depth - 1, width) for item in items]
    comma = "," if kind == "t" and len(parts) == 1 else ""
    return f"{opening}{', '.join(parts)}{comma}{closing}"


def _scalar_shown(value: Any) -> str:
    if isinstance(value, int) and abs(value) >= 10**100:
        return "a huge number"
    return repr(value[:100] if isinstance(value, str | bytes | bytearray) else value)


@dataclass(frozen=True, slots=True)
class Check:
    """One call and what must hold of its result (`got`, in wire form)."""

    call: str
    args: list[Any]
    named: dict[str, Any]
    test: str
    """==, !=, is, is not, true, false"""
    expected: Any = None
    json: bool = False
    """whether the expected value stood in JSON"""
    tolerance: float | None = None
    wrapped: bool = False
    """whether what stands in the expected list of one is right, too"""

    def holds(self, got: Any) -> bool:
        wanted = [self.expected, *(self.expected if self.wrapped else [])]
        match self.test:
            case "==" | "!=":
                equal = [
                    same(value, got, json=self.json, tolerance=self.tolerance) for value in wanted
                ]
                return any(equal) == (self.test == "==")
            case "is" | "is not":  # None, True and False are themselves on the wire
                return (self.expected is got) == (self.test == "is")
        return truth(got) == (self.test == "true")
