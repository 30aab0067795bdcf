"""The tree of an answer: plain tuples `(op, …)`, and what every stage asks of them.

("n", Fraction), ("v", name), ("c", "pi" | "e" | "i" | "oo"), ("+", a, b), ("*", a, b), ("/", a, b),
("^", a, b), ("neg", a), ("mixed", whole, part), ("root", a, degree), ("pm", a, b, "pm" | "mp"),
("f", name, arguments), ("call", name, arguments), ("int" | "sum" | "prod" | "lim", a, low, high),
("tuple", items, "(", ")"), ("set", items), ("list", items), ("matrix", rows),
("cup" | "cap" | "minus", a, b), ("builder", name, condition), ("rel", signs, operands),
("approx", exact, rounded), ("u", value, unit), ("compound", quantities…), ("label", value, noun),
("ratio", items), ("base", digits, base), ("time", seconds, marked, (hour, minute, …)),
("text", words).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

Node = tuple[Any, ...]


def number(value: int) -> Node:
    return ("n", Fraction(value))


def whole(node: Node) -> bool:
    return node[0] == "n" and node[1].denominator == 1


def letter(name: str) -> Node:
    return ("c", name) if name in ("e", "i") else ("v", name)


def bare_value(node: Node) -> Node:
    """A value without its unit or noun."""
    return node[1] if node[0] in ("u", "label") else node


def unsigned(node: Node) -> Node:
    return node[1] if node[0] == "neg" else node


def negated(node: Node) -> Node:
    """`-3 °C` is a value of its unit."""
    return ("u", negated(node[1]), node[2]) if node[0] == "u" else ("neg", node)


def mixed(left: Node, part: Node) -> Node:
    """`-2 1/4` is minus the whole of it."""
    both: Node = ("mixed", unsigned(left), part)
    return ("neg", both) if left[0] == "neg" else both


_ALONE = ("n", "neg", "/", "root", "^", "+", "*", "mixed")


def as_set(node: Node) -> Node:
    """A side of ∪, ∩ or ∖: `{1, 2}` and `{2}` without backslashes are sets there."""
    if node[0] == "list":
        return ("set", node[1])
    return ("set", (node,)) if node[0] in _ALONE else node


def subtrees(tree: Any) -> Iterator[Node]:
    """The tree and every tree below it."""
    if not isinstance(tree, tuple) or not tree:
        return
    if isinstance(tree[0], str):
        yield tree
    for part in tree:
        yield from subtrees(part)


def mentions(tree: Node, *beginning: str) -> bool:
    """Whether a tree below begins so, as ("c", "i")."""
    return any(part[: len(beginning)] == beginning for part in subtrees(tree))


def free_names(tree: Node) -> frozenset[str]:
    """The variables of a tree, and its unknown functions."""
    return frozenset(part[1] for part in subtrees(tree) if part[0] in ("v", "call"))


def spelling(node: Node) -> str:
    """A node as one word, for names such as the ij of x_{ij}."""
    if node[0] in ("n", "v", "c", "text"):
        return str(node[1])
    return "".join(
        spelling(part) for part in node[1:] if isinstance(part, tuple) and part and part[0] != ","
    )


def counted(node: Node) -> tuple[str, Node, Node] | None:
    """(letter, first, last) of a sum or product that counts one up: n = 1 to 10."""
    low, high = node[2], node[3]
    if low is None or high is None or low[:2] != ("rel", ("=",)) or low[2][0][0] != "v":
        return None
    return low[2][0][1], low[2][1], high
