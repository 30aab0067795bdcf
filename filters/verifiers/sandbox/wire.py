"""Plain data as JSON text: how arguments and results cross the wall. Not pickle, so that reading
runs nothing; a value of any type but the plain ones does not cross, so that no `__eq__`, no
subclass and no object of the program ever meets an expected value.

None, bool, str, finite float and int stand as they are, a list as a list; the rest is an object
with one key that names the type: {"t": [...]} is a tuple. Readers expect lies: `load` and `unpack`
raise `Unreadable`, and nothing else, on any text that `pack` cannot have written.
"""

from __future__ import annotations

import json
import math
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any

MAX_DEPTH = 100
_INT_AS_TEXT = 10**300  # well below the digits that Python refuses to read
_LETTERS: dict[type, str] = {tuple: "t", set: "s", frozenset: "z"}
_DICTS = (dict, Counter, OrderedDict, defaultdict)  # each equals the dict of its items


class NotPlain(Exception):
    """The value is no plain data; the message names its type."""


class Unreadable(ValueError):
    """Not what `pack` writes."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A container that JSON lacks, read but not built: nothing in it has been hashed."""

    kind: str
    """t tuple, s set, z frozenset, d dict"""
    items: list[Any]
    """of a dict: pairs, each a list of two"""


def pack(value: object) -> str:
    return json.dumps(_tag(value, 0))


def load(text: str | bytes) -> Any:
    """The value, its tuples, sets and dicts still `Tagged`; at most a little over MAX_DEPTH deep,
    so that whoever walks it may recurse."""
    try:
        text = text if isinstance(text, str) else text.decode("ascii")
        loaded = json.loads(text, object_pairs_hook=_read_tagged, parse_constant=_refuse)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise Unreadable(f"not plain data: {error}"[:100]) from None
    level: Iterable[Any] = [loaded]
    for _ in range(MAX_DEPTH + 5):
        level = [item for value in level for item in items_of(value)]
        if not level:
            return loaded
    raise Unreadable("nested too deeply")


def items_of(loaded: Any) -> Iterable[Any]:
    """What stands directly in it; the keys and values of a dict."""
    if type(loaded) is list:
        return loaded
    if type(loaded) is not Tagged:
        return ()
    return chain.from_iterable(loaded.items) if loaded.kind == "d" else loaded.items


def unpack(text: str | bytes) -> Any:
    return _built(load(text))


def _tag(value: Any, depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH:
        raise NotPlain("data nested too deeply")
    if value is None or kind is bool or kind is str:
        return value
    if kind is int:
        return value if -_INT_AS_TEXT < value < _INT_AS_TEXT else {"i": hex(value)}
    if kind is float:
        return value if math.isfinite(value) else {"f": repr(value)}
    if kind is complex:
        return {"c": [repr(value.real), repr(value.imag)]}
    if kind is bytes or kind is bytearray:
        return {"b" if kind is bytes else "a": value.hex()}
    if kind in _DICTS:
        return {"d": [[_tag(part, depth + 1) for part in pair] for pair in value.items()]}
    if kind is list or kind is tuple or kind is set or kind is frozenset:
        items = [_tag(item, depth + 1) for item in value]
        return items if kind is list else {_LETTERS[kind]: items}
    raise NotPlain(f"a value of type {kind.__name__}")


def _read_tagged(pairs: list[tuple[str, Any]]) -> Any:
    """An object of the text, whose items have been read before it."""
    [(tag, body)] = pairs
    return _READ[tag](body)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _list(body: Any) -> list[Any]:
    if type(body) is not list:
        raise ValueError("a container of no items")
    return body


def _pairs(body: Any) -> Tagged:
    if any(type(pair) is not list or len(pair) != 2 for pair in _list(body)):
        raise ValueError("a dict of no pairs")
    return Tagged("d", body)


def _complex(body: Any) -> complex:
    real, imaginary = body
    return complex(float(real), float(imaginary))


_READ: dict[str, Callable[[Any], Any]] = {
    "i": lambda body: int(body, 16),
    "f": lambda body: {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}[body],
    "t": lambda body: Tagged("t", _list(body)),
    "s": lambda body: Tagged("s", _list(body)),
    "z": lambda body: Tagged("z", _list(body)),
    "d": _pairs,
    "b": bytes.fromhex,
    "a": bytearray.fromhex,
    "c": _complex,
}


def _built(loaded: Any) -> Any:
    if type(loaded) is list:
        return [_built(item) for item in loaded]
    if type(loaded) is not Tagged:
        return loaded
    try:
        return _BUILD[loaded.kind](_built(loaded.items))
    except TypeError:  # an item or a key that no honest set or dict holds
        raise Unreadable("a container of what cannot be hashed") from None


_BUILD = {"t": tuple, "s": set, "z": frozenset, "d": dict}
