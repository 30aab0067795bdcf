"""Plain data as JSON text: how arguments and results cross the wall. Not pickle, so that reading
runs nothing; a value of any type but the plain ones does not cross, so that no `__eq__`, no
subclass and no object of the program ever meets an expected value.

None, bool, str, finite float and int stand as they are, a list as a list; the rest is an object
with one key that names the type: {"t": [...]} is a tuple.
"""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, defaultdict
from typing import Any

MAX_DEPTH = 100
_INT_AS_TEXT = 10**300
_DICTS = (dict, Counter, OrderedDict, defaultdict)  # each equals the dict of its items


class NotPlain(Exception):
    """The value is no plain data; the message names its type."""


def pack(value: object) -> str:
    return json.dumps(_tag(value, 0))


def unpack(text: str | bytes) -> Any:
    """The value again; ValueError on what `pack` cannot have written."""
    return untag(load(text))


def load(text: str | bytes) -> Any:
    """The tagged form, with nothing hashed or built from it yet."""
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _tag(value: object, depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH:
        raise NotPlain("data nested too deeply")
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_INT_AS_TEXT < value < _INT_AS_TEXT else {"i": hex(value)}  # type: ignore
    if kind is float:
        return value if math.isfinite(value) else {"f": repr(value)}  # type: ignore[arg-type]
    if kind is list:
        return [_tag(item, depth + 1) for item in value]  # type: ignore[attr-defined]
    return {**_tag_rest(value, kind, depth + 1)}


def _tag_rest(value: Any, kind: type, depth: int) -> dict[str, Any]:
    if kind is tuple:
        return {"t": [_tag(item, depth) for item in value]}
    if kind in _DICTS:
        return {"d": [[_tag(key, depth), _tag(item, depth)] for key, item in value.items()]}
    if kind is set or kind is frozenset:
        return {"s" if kind is set else "z": [_tag(item, depth) for item in value]}
    if kind is bytes or kind is bytearray:
        return {"b" if kind is bytes else "a": value.hex()}
    if kind is complex:
        return {"c": [repr(value.real), repr(value.imag)]}
    raise NotPlain(f"a value of type {kind.__name__}")


def untag(wire: Any, depth: int = 0) -> Any:
    if depth > MAX_DEPTH + 1:
        raise ValueError("nested too deeply")
    if type(wire) is list:
        return [untag(item, depth + 1) for item in wire]
    if type(wire) is not dict:
        return wire
    if len(wire) != 1:
        raise ValueError("not plain data")
    [(tag, body)] = wire.items()
    try:
        return _UNTAG[tag](body, depth + 1)
    except (KeyError, TypeError, AttributeError):
        raise ValueError(f"not plain data: {tag!r:.20}") from None


def _items(body: Any, depth: int) -> list[Any]:
    if type(body) is not list:
        raise ValueError("not plain data")
    return [untag(item, depth) for item in body]


_UNTAG = {
    "i": lambda body, depth: int(body, 16),
    "f": lambda body, depth: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body],
    "t": lambda body, depth: tuple(_items(body, depth)),
    "s": lambda body, depth: set(_items(body, depth)),
    "z": lambda body, depth: frozenset(_items(body, depth)),
    "d": lambda body, depth: {untag(key, depth): untag(item, depth) for key, item in body},
    "b": lambda body, depth: bytes.fromhex(body),
    "a": lambda body, depth: bytearray.fromhex(body),
    "c": lambda body, depth: complex(float(body[0]), float(body[1])),
}
