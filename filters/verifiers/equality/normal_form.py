"""The form of a tree in which it is compared: signs of ± written out, `x = 1 or x = 2` gathered
into a list, `k = 45, n = 2` into a record, sets worked out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.verifiers.equality.matrices import determinant, matrix_value
from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.grammar.nodes import Node, free_names, mentions
from filters.verifiers.grammar.units import measure


def normal_form(node: Node) -> Node:
    """Signs of ± written out, records and repeated names gathered, sets worked out."""
    kind = node[0]
    if kind == "list":
        return _list_form(node)
    if kind == "set":
        named = _assignments(node[1])
        if named and len(named) > 1:  # {a = 1, b = 2}
            return _gathered(named, node[1])
        return ("set", tuple(_spread(node[1])))
    if kind == "compound":
        return node
    if kind == "builder":
        return _family(node)
    if node[:2] == ("f", "det") and (rows := matrix_value(node[2][0])) is not None:
        return determinant(rows) or node
    if kind == "tuple" and node[2:] == ("[", "]") and len(node[1]) > 2:
        return ("list", node[1])  # how a program prints one; of two items it is an interval
    signs = _spread([node])
    if len(signs) > 1:
        return ("list", tuple(signs))
    return _finite_sets(node) if kind in ("cup", "cap", "minus") else node


def _family(node: Node) -> Node:
    """`{kπ : k ∈ ℤ}`, `{x | x = kπ, k ∈ ℤ}` as `kπ`, `x = kπ`."""
    conditions = node[2][1] if node[2][0] == "list" else (node[2],)
    rest = [c for c in conditions if c[:2] != ("rel", ("in",)) or c[2][1] != ("v", "set Z")]
    if len(rest) == len(conditions):
        return node
    if not rest and node[1][0] != "v":
        return node[1]
    return rest[0] if len(rest) == 1 and assigned(rest[0]) else node


def _list_form(node: Node) -> Node:
    items = _spread(node[1])
    if _is_one_quantity(items):
        return ("compound", *items)
    if named := _assignments(items):
        return _gathered(named, items)
    first = assigned(items[0])
    if first is not None and all(item[0] != "rel" for item in items[1:]):  # n = 2, 3, 4
        return ("list", (first[1], *items[1:]))
    return ("list", tuple(items))


def _is_one_quantity(items: Sequence[Node]) -> bool:
    """`18 hours and 48 minutes`: same dimension, units getting smaller, none of
    them full: `1 hour or 60 minutes` is said twice."""
    if not all(item[0] == "u" for item in items):
        return False
    sizes, dimensions = zip(*(measure(item[2]) for item in items), strict=True)
    if len(set(dimensions)) > 1 or list(sizes) != sorted(set(sizes), reverse=True):
        return False
    parts = [
        item[1][1] * size for item, size in zip(items, sizes, strict=True) if item[1][0] == "n"
    ]
    return all(part < size for part, size in zip(parts[1:], sizes, strict=False))


def _assignments(items: Sequence[Node]) -> list[tuple[str, Node]] | None:
    """(name, value) of each item, where all have one."""
    named = [pair for pair in map(assigned, items) if pair is not None]
    return named if len(named) == len(items) else None


def _gathered(pairs: list[tuple[str, Node]], items: Sequence[Node]) -> Node:
    names, values = zip(*pairs, strict=True)
    width = len(set(names))
    if len({name.split("_")[0].rstrip("'") for name in names}) == 1:
        return ("list", values)  # x = 1 or x = 2; x_1 = …, x_2 = …
    if width == len(names):
        return ("record", tuple(sorted(pairs, key=lambda pair: pair[0])), values)
    if names == names[:width] * (len(names) // width):  # x = 1, y = 2; x = 3, y = 4
        rows = (values[i : i + width] for i in range(0, len(values), width))
        return ("list", tuple(("tuple", row, "(", ")") for row in rows))
    return ("list", tuple(items))


def _spread(items: Sequence[Node]) -> list[Node]:
    """The items, each `a ± b` as its two values (several ± of one item move together)."""
    found = []
    for item in items:
        ups = (True, False) if mentions(item, "pm") else ()
        found += [_with_sign(item, up) for up in ups] or [item]
    return found


def _with_sign(node: Any, up: bool) -> Any:
    if not isinstance(node, tuple) or not node:
        return node
    if node[0] == "pm":
        right = _with_sign(node[2], up)
        right = right if up == (node[3] == "pm") else ("neg", right)
        return right if node[1] is None else ("+", _with_sign(node[1], up), right)
    return tuple(_with_sign(part, up) for part in node)


def _finite_sets(node: Node) -> Node:
    """Union, intersection and difference of finite sets, worked out on exact items."""
    if node[0] == "set":
        return ("set", tuple(_spread(node[1])))
    if node[0] not in ("cup", "cap", "minus"):
        return node
    left, right = _finite_sets(node[1]), _finite_sets(node[2])
    if left[0] != "set" or right[0] != "set":
        return node
    try:
        mine, theirs = ({_exact(item): item for item in side[1]} for side in (left, right))
    except NotRational:
        return node
    if node[0] == "cup":
        return ("set", tuple((theirs | mine).values()))
    kept = [item for key, item in mine.items() if (key in theirs) == (node[0] == "cap")]
    return ("set", tuple(kept))


def _exact(node: Node) -> Any:
    if node[0] == "tuple":
        return tuple(map(_exact, node[1]))
    return node if node[0] == "v" else rational(node)


def assigned(node: Node) -> tuple[str, Node] | None:
    """(name, value) of `x = 5`, `f(x) = y = 5`, `k ∈ {1, 2}`, `(p, q) = (3, 2)`."""
    if node[0] != "rel" or any(sign not in ("=", "in") for sign in node[1]):
        return None
    name, value = _name_of(node[2][0]), node[2][-1]
    return None if name is None or ("v", name) == value else (name, value)


def is_wanted(relation: Node) -> bool:
    """`a + b = 7` answers a question for a + b; `x + 1 = 5`, `x^2 = 4` are still to be solved."""
    left = relation[2][0]
    if not all(sign == "=" for sign in relation[1]):
        return False
    return not holds_number(left, exponents=len(free_names(left)) < 2)


def holds_number(tree: Any, exponents: bool = True) -> bool:
    """Outside of the arguments of functions, of events (`P(X = 2)`) and of limits."""
    if not isinstance(tree, tuple) or not tree or tree[0] in ("f", "rel", "lim"):
        return False
    if tree[0] == "*" and tree[1][0] == "v" and tree[1][1] in "fghFGHPE":  # f(g(2))
        return False
    if tree[0] == "^" and not exponents:
        return holds_number(tree[1], exponents)
    if tree[0] == "+":  # a - b
        terms = [part[1] if part[0] == "neg" else part for part in tree[1:]]
        return any(holds_number(term, exponents) for term in terms)
    return tree[0] in ("n", "neg", "pm") or any(holds_number(part, exponents) for part in tree)


def _name_of(node: Node) -> str | None:
    """The name a left side is, if it is one: x, x_1, f(x), AB, (p, q), P(A)."""
    if node[0] in ("v", "call"):
        return str(node[1])
    if node[0] == "tuple" and all(item[0] == "v" for item in node[1]):
        return ",".join(item[1] for item in node[1])
    return _name_of_product(node[1], node[2]) if node[0] == "*" else None


def _name_of_product(left: Node, right: Node) -> str | None:
    """What is read as a product of letters: AB, f(x), P(A), ∠ABC, f^{-1}(x)."""
    second = right[1] if right[0] == "v" else ""
    if second.startswith(("angle ", "triangle ")):
        return second if left[0] == "v" else None
    if left[0] == "^" and left[1][0] == "v" and second:
        return f"{left[1][1]}^{left[2]}"
    first = _name_of_product(left[1], left[2]) if left[0] == "*" else left[1]
    if left[0] not in ("v", "*") or first is None:
        return None
    if first.isupper() and second.isupper():
        return first + second
    applied = right[0] in ("v", "n", "tuple") and left[0] == "v"
    return first if applied and first in _FUNCTION_NAMES else None


_FUNCTION_NAMES = frozenset("fghFGHPQRTWpqyxaEV")
