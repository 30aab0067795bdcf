"""Sets of real numbers: intervals, unions and inequalities.

All ends that occur in two regions, sorted, cut the line into cells, by turns gaps and points; a
region is the set of its cells, and ∪, ∩, ∖ are those of Python's sets.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import cmp_to_key, reduce
from itertools import pairwise
from typing import Any, NamedTuple

from filters.verifiers.equality.normal_form import holds_number
from filters.verifiers.equality.rational import ExactComparer, Undecided
from filters.verifiers.grammar.nodes import Node, free_names
from filters.verifiers.grammar.tokens import TooLarge

MAX_PIECES = 100
INFINITE: Node = ("c", "oo")
MINUS_INFINITE: Node = ("neg", INFINITE)
REALS: Node = ("v", "set R")
_UNBOUNDED = {MINUS_INFINITE: -1, INFINITE: 1}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "!=": "!="}
_COMBINE: dict[str, Callable[[set[int], set[int]], set[int]]] = {
    "cup": operator.or_,
    "cap": operator.and_,
    "minus": operator.sub,
}


class Piece(NamedTuple):
    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


Region = Any
"""a list of pieces, or (cup | cap | minus, region, region, …)"""


def is_region(node: Node) -> bool:
    """Whether the tree can be read as a set of real numbers."""
    kind = node[0]
    if kind == "tuple":
        return len(node[1]) == 2 and node[2] in "([]"
    if kind in _COMBINE:
        return is_region(node[1]) and is_region(node[2])
    if kind == "rel":
        return _is_inequality(node[1], node[2])
    if kind == "list":
        return all(item[0] in ("rel", "tuple", "cup") and is_region(item) for item in node[1])
    if kind == "builder":
        return is_region(node[2])
    return kind == "set" or node == REALS


def _is_inequality(signs: tuple[str, ...], parts: tuple[Node, ...]) -> bool:
    if signs == ("in",):
        return is_region(parts[1])
    if len(signs) > 2 or not all(sign in _MIRRORED for sign in signs):
        return False
    if len(signs) == 2:
        named = _is_name(parts[1]) or _is_quantity(parts[1])
        return named and parts[1] not in (parts[0], parts[2])
    about = [part for part in parts if free_names(part)]
    return len(about) == 1 and _is_name(about[0])


def _is_name(node: Node) -> bool:
    """x, |x|, or f(x), which is read as a product."""
    if node[:2] == ("f", "abs"):
        return bool(node[2][0][0] == "v")
    applied = node[0] == "*" and node[1] in (("v", "f"), ("v", "g"), ("v", "h"))
    return node[0] in ("v", "call") or (applied and node[2][0] == "v")


def _is_quantity(node: Node) -> bool:
    """a/b, sin x, a + b: what a question asks the range of, and not an x to be solved for."""
    return bool(free_names(node)) and node[:2] != ("f", "abs") and not holds_number(node)


def surely_region(node: Node) -> bool:
    """Whether it can hardly be anything else: `(1, 2)` alone may be a point as well."""
    if node[0] == "tuple":
        return "[" in node[2:] or "]" in node[2:] or any(i in _UNBOUNDED for i in node[1])
    if node[0] == "list":
        return any(surely_region(item) for item in node[1])
    return node[0] in ("rel", "builder", *_COMBINE) or node == REALS


def same_region(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """Of two trees that are regions: whether they are the same set, ends included."""
    golds, answers = _region(gold), _region(answer)
    gold_ends, answer_ends = _ends(golds), _ends(answers)
    if _letters(gold_ends) != _letters(answer_ends):
        return False
    if isinstance(golds, list) and isinstance(answers, list) and len(golds) == len(answers) == 1:
        closed = golds[0][1::2] == answers[0][1::2]  # ends with letters have no order
        return closed and all(
            _order(g, a, comparer) == 0 for g, a in zip(gold_ends, answer_ends, strict=True)
        )
    places = _places([*gold_ends, *answer_ends], comparer)
    return _cells(golds, places) == _cells(answers, places)


def _region(node: Node) -> Region:
    kind = node[0]
    if kind == "tuple":
        low, high = node[1]
        return [Piece(low, node[2] == "[" and low != MINUS_INFINITE, high, node[3] == "]")]
    if kind == "set":
        return [Piece(item, True, item, True) for item in node[1]]
    if node == REALS:
        return [Piece(MINUS_INFINITE, False, INFINITE, False)]
    if kind == "rel":
        return _region(node[2][1]) if node[1] == ("in",) else _inequality(node[1], node[2])
    if kind == "builder":
        return _region(node[2])
    if kind in _COMBINE:
        return (kind, *map(_region, node[1:]))
    return ("cup", *map(_region, node[1]))


def _inequality(signs: tuple[str, ...], parts: tuple[Node, ...]) -> Region:
    """`a < x ≤ b`, `x ≠ a`, and `|x| < a`, `|x| ≥ a`."""
    if len(signs) == 2:
        if all(sign in ("<", "<=") for sign in signs) and parts[1][:2] != ("f", "abs"):
            return [Piece(parts[0], signs[0] == "<=", parts[2], signs[1] == "<=")]
        left = _half_line(parts[1], _MIRRORED[signs[0]], parts[0])
        return ("cap", left, _half_line(parts[1], signs[1], parts[2]))
    if _is_name(parts[0]):
        return _half_line(parts[0], signs[0], parts[1])
    return _half_line(parts[1], _MIRRORED[signs[0]], parts[0])


def _half_line(name: Node, sign: str, bound: Node) -> list[Piece]:
    """Where name < bound and the like; a name may be |x|."""
    absolute, closed = name[0] == "f", sign in ("<=", ">=")
    if _is_name(bound) or (absolute and sign == "!="):
        raise Undecided("regions with unknown ends")
    below = Piece(MINUS_INFINITE, False, ("neg", bound) if absolute else bound, closed)
    above = Piece(bound, closed, INFINITE, False)
    if sign == "!=":
        return [below, above]
    if sign in (">", ">="):
        return [below, above] if absolute else [above]
    return [Piece(("neg", bound), closed, bound, closed)] if absolute else [below]


def _ends(region: Region) -> list[Node]:
    if isinstance(region, list):
        return [end for piece in region for end in (piece.low, piece.high)]
    return [end for part in region[1:] for end in _ends(part)]


def _letters(ends: list[Node]) -> frozenset[str]:
    return frozenset[str]().union(*map(free_names, ends))


def _order(left: Node, right: Node, comparer: ExactComparer) -> int:
    """-1, 0, 1, with the infinities at the ends."""
    a, b = _UNBOUNDED.get(left, 0), _UNBOUNDED.get(right, 0)
    return (a > b) - (a < b) if a or b else comparer.order(left, right)


def _places(ends: list[Node], comparer: ExactComparer) -> dict[Node, int]:
    """The cell of each end: 1, 3, 5 … for numbers; -1 and one beyond the last for ∓∞."""
    if len(ends) > 2 * MAX_PIECES:
        raise TooLarge(f"a region of more than {MAX_PIECES} pieces")
    finite = [end for end in dict.fromkeys(ends) if end not in _UNBOUNDED]
    finite.sort(key=cmp_to_key(comparer.order))
    places = dict.fromkeys(finite[:1], 1)
    for before, end in pairwise(finite):
        places[end] = places[before] + 2 * (comparer.order(before, end) != 0)
    beyond = max(places.values(), default=-1) + 2
    return places | {end: -1 if side < 0 else beyond for end, side in _UNBOUNDED.items()}


def _cells(region: Region, places: dict[Node, int]) -> set[int]:
    if not isinstance(region, list):
        return reduce(_COMBINE[region[0]], [_cells(part, places) for part in region[1:]])
    return {
        cell
        for low, low_closed, high, high_closed in region
        for cell in range(places[low] + (not low_closed), places[high] + high_closed)
    }
