"""Sets of real numbers: intervals, unions and inequalities as one sorted list of pieces."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from filters.verifiers.equality.single_values import Comparer, NeedsSymbolic
from filters.verifiers.grammar.nodes import Node, free_names
from filters.verifiers.grammar.tokens import TooLarge

MAX_PIECES = 100
INFINITE: Node = ("c", "oo")
MINUS_INFINITE: Node = ("neg", INFINITE)
_INEQUALITIES = frozenset(("<", "<=", ">", ">=", "!="))


class Piece(NamedTuple):
    low: Node
    low_closed: bool
    high: Node
    high_closed: bool


Region = list[Piece]


def is_region(node: Node) -> bool:
    """Whether the tree can be read as a set of real numbers."""
    kind = node[0]
    if kind == "tuple":
        return len(node[1]) == 2 and node[2] in "([]"
    if kind in ("cup", "cap", "minus"):
        return is_region(node[1]) and is_region(node[2])
    if kind == "rel":
        if node[1] == ("in",):
            return is_region(node[2][1])
        if not all(sign in _INEQUALITIES for sign in node[1]) or len(node[1]) > 2:
            return False
        about = [part for part in node[2] if free_names(part)]
        if len(node[1]) == 2:
            return _is_name(node[2][1]) and node[2][1] not in (node[2][0], node[2][2])
        return len(about) == 1 and _is_name(about[0])
    if kind == "list":
        return all(item[0] in ("rel", "tuple", "cup") and is_region(item) for item in node[1])
    if kind == "builder":
        return is_region(node[2])
    return kind == "set" or node == ("v", "set R")


def surely_region(node: Node) -> bool:
    """Whether it can hardly be anything else: `(1, 2)` alone may be a point as well."""
    if node[0] == "tuple":
        return "[" in node[2:] or "]" in node[2:] or any(_unbounded(item) for item in node[1])
    if node[0] == "list":
        return any(surely_region(item) for item in node[1])
    return node[0] in ("rel", "cup", "cap", "minus", "builder") or node == ("v", "set R")


def _unbounded(node: Node) -> bool:
    return node in (INFINITE, MINUS_INFINITE)


def region(node: Node, comparer: Comparer) -> Region:
    """The pieces of a region, sorted and merged; `NeedsSymbolic` where its ends are not known."""
    kind = node[0]
    if kind == "tuple":
        return _interval(node)
    if kind == "set":
        return _merged([Piece(item, True, item, True) for item in node[1]], comparer)
    if node == ("v", "set R"):
        return [Piece(MINUS_INFINITE, False, INFINITE, False)]
    if kind == "rel":
        return region(node[2][1], comparer) if node[1] == ("in",) else _inequality(node, comparer)
    if kind == "builder":
        return region(node[2], comparer)
    if kind == "list":
        return _merged([piece for item in node[1] for piece in region(item, comparer)], comparer)
    return _COMBINE[kind](region(node[1], comparer), region(node[2], comparer), comparer)


def _interval(node: Node) -> Region:
    low, high = node[1]
    return [Piece(low, node[2] == "[" and low != MINUS_INFINITE, high, node[3] == "]")]


def _inequality(node: Node, comparer: Comparer) -> Region:
    """`a < x ≤ b`, `x ≠ a`, and `|x| < a`, `|x| ≥ a`."""
    signs, parts = node[1], node[2]
    if len(signs) == 2:
        if parts[1][0] == "f" and all(sign in ("<", "<=") for sign in signs):  # a ≤ |x| ≤ b
            low, high = (("neg", parts[2]), signs[1] == "<="), (("neg", parts[0]), signs[0] == "<=")
            up, top = (parts[0], signs[0] == "<="), (parts[2], signs[1] == "<=")
            return _merged([Piece(*low, *high), Piece(*up, *top)], comparer)
        if all(sign in ("<", "<=") for sign in signs):
            return [Piece(parts[0], signs[0] == "<=", parts[2], signs[1] == "<=")]
        first = _half_line(parts[1], _MIRRORED.get(signs[0], signs[0]), parts[0])
        return _intersect(first, _half_line(parts[1], signs[1], parts[2]), comparer)
    if _is_name(parts[0]):
        return _half_line(parts[0], signs[0], parts[1])
    return _half_line(parts[1], _MIRRORED.get(signs[0], signs[0]), parts[0])


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _is_name(node: Node) -> bool:
    if node[0] == "f" and node[1] == "abs":
        return bool(node[2][0][0] == "v")
    return node[0] in ("v", "call") or _is_function_value(node)


def _is_function_value(node: Node) -> bool:
    """`f(x)`, which is read as a product."""
    return node[0] == "*" and node[1] in (("v", "f"), ("v", "g"), ("v", "h")) and node[2][0] == "v"


def _half_line(name: Node, sign: str, bound: Node) -> Region:
    """Where name < bound and the like; a name may be |x|."""
    absolute, closed = name[0] == "f", sign in ("<=", ">=")
    if _is_name(bound) or (absolute and sign == "!="):
        raise NeedsSymbolic("regions with unknown ends")
    if sign in ("<", "<="):
        low = ("neg", bound) if absolute else MINUS_INFINITE
        return [Piece(low, absolute and closed, bound, closed)]
    above = Piece(bound, closed, INFINITE, False)
    if absolute:
        return [Piece(MINUS_INFINITE, False, ("neg", bound), closed), above]
    return [Piece(MINUS_INFINITE, False, bound, False), above] if sign == "!=" else [above]


def order(left: Node, right: Node, comparer: Comparer) -> int:
    """-1, 0, 1, with the infinities at the ends."""
    ranks = {MINUS_INFINITE: -1, INFINITE: 1, ("+", INFINITE): 1}
    a, b = ranks.get(left, 0), ranks.get(right, 0)
    if a or b:
        return (a > b) - (a < b)
    return comparer.order(left, right)


def _merged(pieces: Region, comparer: Comparer) -> Region:
    """Sorted, empty pieces gone, touching ones joined."""
    if len(pieces) > MAX_PIECES:
        raise TooLarge(f"a region of more than {MAX_PIECES} pieces")
    kept: Region = []
    for piece in pieces:
        width = order(piece.low, piece.high, comparer)
        if width > 0 or (width == 0 and not (piece.low_closed and piece.high_closed)):
            continue
        place = 0
        while place < len(kept) and _before(kept[place], piece, comparer):
            place += 1
        kept.insert(place, piece)
    joined: Region = []
    for piece in kept:
        if joined and _touch(joined[-1], piece, comparer):
            joined[-1] = _join(joined[-1], piece, comparer)
        else:
            joined.append(piece)
    return joined


def _before(left: Piece, right: Piece, comparer: Comparer) -> bool:
    place = order(left.low, right.low, comparer)
    return place < 0 or (place == 0 and (left.low_closed or not right.low_closed))


def _touch(left: Piece, right: Piece, comparer: Comparer) -> bool:
    gap = order(left.high, right.low, comparer)
    return gap > 0 or (gap == 0 and (left.high_closed or right.low_closed))


def _join(left: Piece, right: Piece, comparer: Comparer) -> Piece:
    ends = order(left.high, right.high, comparer)
    if ends == 0:
        return left._replace(high_closed=left.high_closed or right.high_closed)
    longer = left if ends > 0 else right
    return left._replace(high=longer.high, high_closed=longer.high_closed)


def _union(left: Region, right: Region, comparer: Comparer) -> Region:
    return _merged([*left, *right], comparer)


def _intersect(left: Region, right: Region, comparer: Comparer) -> Region:
    found = []
    for a in left:
        for b in right:
            low = order(a.low, b.low, comparer)
            high = order(a.high, b.high, comparer)
            start = a if low > 0 else b
            end = a if high < 0 else b
            found.append(
                Piece(
                    start.low,
                    start.low_closed if low else a.low_closed and b.low_closed,
                    end.high,
                    end.high_closed if high else a.high_closed and b.high_closed,
                )
            )
    return _merged(found, comparer)


def _complement(pieces: Region) -> Region:
    found, low, closed = [], MINUS_INFINITE, False
    for piece in pieces:
        found.append(Piece(low, closed, piece.low, not piece.low_closed))
        low, closed = piece.high, not piece.high_closed
    return [*found, Piece(low, closed, INFINITE, False)]


def _minus(left: Region, right: Region, comparer: Comparer) -> Region:
    return _intersect(left, _complement(right), comparer)


_COMBINE: dict[str, Callable[[Region, Region, Comparer], Region]] = {
    "cup": _union,
    "cap": _intersect,
    "minus": _minus,
}


def same_region(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Of two trees that are regions: whether they are the same set, ends included."""
    golds, answers = region(gold, comparer), region(answer, comparer)
    if len(golds) > 1 or len(answers) > 1:
        golds, answers = _merged(golds, comparer), _merged(answers, comparer)
    return len(golds) == len(answers) and all(
        (g.low_closed, g.high_closed) == (a.low_closed, a.high_closed)
        and order(g.low, a.low, comparer) == 0
        and order(g.high, a.high, comparer) == 0
        for g, a in zip(golds, answers, strict=True)
    )
