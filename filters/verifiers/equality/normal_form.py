"""The form of a tree in which it is compared: signs of ± written out, `x = 1 or x = 2` gathered
into a list, `k = 45, n = 2` into a record, sets worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.verifiers.equality.matrices import determinant, matrix_value
from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.grammar.nodes import Node, children
from filters.verifiers.grammar.units import measure


def normal_form(node: Node) -> Node:
    """Signs of ± written out, records and repeated names gathered, one-name sets unwrapped."""
    if node[0] == "list":
        return _list_form(node)
    if node[0] == "set":
        named = [assigned(item) for item in node[1]]
        if len(named) > 1 and all(named):  # {a = 1, b = 2}
            return _gather([pair for pair in named if pair is not None], node[1])
        return ("set", tuple(_spread(node[1])))
    if node[0] == "compound":
        return node
    if node[:2] == ("f", "det") and (rows := matrix_value(node[2][0])) is not None:
        return determinant(rows) or node
    if node[0] == "tuple" and _one_long_list(node):
        return ("list", node[1])
    signs = _written_out(node)
    if len(signs) > 1:
        return ("list", tuple(signs))
    if node[0] in ("cup", "cap", "minus"):
        return _finite_sets(node)
    return node


def _one_long_list(node: Node) -> bool:
    """`[1, 2, 3]` is how a program prints a list; two items in square brackets are an interval."""
    return node[2] == "[" and node[3] == "]" and len(node[1]) > 2


def _list_form(node: Node) -> Node:
    items = _spread(node[1])
    if all(item[0] == "u" for item in items) and (total := _compound(items)) is not None:
        return total
    named = [assigned(item) for item in items]
    if named[0] is not None and len(named) > 1 and not any(named[1:]) and _plain(items[1:]):
        return ("list", (named[0][1], *items[1:]))  # n = 2, 3, 4
    if all(named):
        return _gather([pair for pair in named if pair is not None], items)
    return ("list", tuple(items))


def _plain(items: Sequence[Node]) -> bool:
    return all(item[0] != "rel" for item in items)


def _compound(items: Sequence[Node]) -> Node | None:
    """`18 hours and 48 minutes` is one quantity: same dimension, units getting smaller."""
    measured = [measure(item[2]) for item in items]
    sizes = [size for size, _ in measured]
    if len({dimension for _, dimension in measured}) > 1 or sizes != sorted(set(sizes))[::-1]:
        return None
    return ("compound", *items)


def _gather(pairs: list[tuple[str, Node]], items: Sequence[Node]) -> Node:
    names = [name for name, _ in pairs]
    stems = {name.split("_")[0].rstrip("'") for name in names}
    if len(set(names)) == 1 or len(stems) == 1:
        return ("list", tuple(value for _, value in pairs))  # x = 1 or x = 2; x_1 = …, x_2 = …
    width = len(set(names))
    values = tuple(value for _, value in pairs)
    if width == len(names):
        return ("record", tuple(sorted(pairs, key=lambda pair: pair[0])), values)
    if names == names[:width] * (len(names) // width):  # x = 1, y = 2; x = 3, y = 4
        rows = (values[i : i + width] for i in range(0, len(values), width))
        return ("list", tuple(("tuple", row, "(", ")") for row in rows))
    return ("list", tuple(items))


def _spread(items: Sequence[Node]) -> list[Node]:
    return [node for item in items for node in _written_out(item)]


def _written_out(node: Node) -> list[Node]:
    """`a ± b` as its two values (both signs of several ± move together)."""
    if not _holds_sign(node):
        return [node]
    return [_with_sign(node, up=True), _with_sign(node, up=False)]


def _holds_sign(node: Node) -> bool:
    if node[0] == "pm":
        return True
    if node[0] in ("n", "v", "c", "text"):
        return False
    return any(_holds_sign(part) for part in children(node))


def _with_sign(node: Any, up: bool) -> Any:
    if not isinstance(node, tuple) or not node:
        return node
    if node[0] == "pm":
        positive = up == (node[3] == "pm")
        right = _with_sign(node[2], up)
        right = right if positive else ("neg", right)
        return right if node[1] is None else ("+", _with_sign(node[1], up), right)
    return tuple(_with_sign(part, up) for part in node)


def _finite_sets(node: Node) -> Node:
    """Union, intersection and difference of finite sets, worked out on exact items."""
    if node[0] not in ("cup", "cap", "minus"):
        return ("set", tuple(_spread(node[1]))) if node[0] == "set" else node
    left, right = _finite_sets(node[1]), _finite_sets(node[2])
    if left[0] != "set" or right[0] != "set":
        return node
    try:
        keys = {_exact_key(item) for item in right[1]}
        if node[0] == "cup":
            mine = {_exact_key(item) for item in left[1]}
            return ("set", left[1] + tuple(i for i in right[1] if _exact_key(i) not in mine))
        kept = [i for i in left[1] if (_exact_key(i) in keys) == (node[0] == "cap")]
    except NotRational:
        return node
    return ("set", tuple(kept))


def _exact_key(node: Node) -> Any:
    if node[0] == "tuple":
        return tuple(_exact_key(item) for item in node[1])
    return node if node[0] == "v" else rational(node)


def assigned(node: Node) -> tuple[str, Node] | None:
    """(name, value) of `x = 5`, `f(x) = y = 5`, `k ∈ {1, 2}`, `(p, q) = (3, 2)`."""
    if node[0] != "rel" or any(sign not in ("=", "in") for sign in node[1]):
        return None
    name = name_of(node[2][0])
    value = node[2][-1]
    if name is None or ("v", name) == value:
        return None
    return name, value


def is_wanted(relation: Node) -> bool:
    """`a + b = 7` answers a question for a + b; `x + 1 = 5`, `x^2 = 4` are still to be solved."""
    signs, parts = relation[1], relation[2]
    return all(sign == "=" for sign in signs) and not _holds_number(parts[0])


def _holds_number(node: Node) -> bool:
    if node[0] == "f":
        return False
    return node[0] in ("n", "neg", "pm") or any(_holds_number(part) for part in children(node))


def name_of(node: Node) -> str | None:
    """The name a left side is, if it is one: x, x_1, f(x), AB, (p, q), P(A)."""
    if node[0] == "v":
        return str(node[1])
    if node[0] == "call":
        return str(node[1])
    if node[0] == "*" and node[1][0] == "v":
        right = node[2]
        if right[0] == "v" and right[1].startswith(("angle ", "triangle ")):
            return str(right[1])
        if right[0] == "v" and node[1][1].isupper() and right[1].isupper():
            return str(node[1][1] + right[1])
        if right[0] in ("v", "n", "tuple") and node[1][1] in _FUNCTION_NAMES:
            return str(node[1][1])
    if node[0] == "*" and node[1][0] == "^" and node[1][1][0] == "v" and node[2][0] == "v":
        return f"{node[1][1][1]}^{node[1][2]}"  # f^{-1}(x)
    if node[0] == "*" and node[1][0] == "*" and (left := name_of(node[1])) and node[2][0] == "v":
        return left + node[2][1] if left.isupper() and node[2][1].isupper() else None
    if node[0] == "tuple" and all(item[0] == "v" for item in node[1]):
        return ",".join(item[1] for item in node[1])
    return None


_FUNCTION_NAMES = frozenset("fghFGHPQRTWpqyxaEV")
