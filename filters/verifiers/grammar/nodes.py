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


def spelling(node: Node) -> str:
    """A node as one word, for names such as the ij of x_{ij}."""
    if node[0] == "n":
        return str(node[1])
    if node[0] in ("v", "c", "text"):
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


def children(node: Node) -> list[Node]:
    """The trees directly below a tree."""
    found: list[Node] = []
    for part in node[1:]:
        if not isinstance(part, tuple) or not part:
            continue
        if isinstance(part[0], str):
            if len(part) > 1:
                found.append(part)
        else:
            found += [
                p
                for p in part
                if isinstance(p, tuple) and p and isinstance(p[0], str) and node[0] != "u"
            ]
    return found


def free_names(node: Node) -> frozenset[str]:
    """The variables of a tree."""
    if node[0] == "v":
        return frozenset((node[1],))
    if node[0] == "call":
        return frozenset((node[1],)).union(*(free_names(a) for a in node[2]))
    return frozenset[str]().union(*(free_names(part) for part in children(node)))
