"""Comparing two single values that are not both rational: the comparer of the worker process."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from filters.verifiers.equality.numeric import MAX_TERMS, Evaluator, Undefined, Unsupported
from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.equality.single_values import ExactComparer, GoldUnparseable, NeedsSymbolic
from filters.verifiers.grammar.nodes import Node, counted, free_names
from filters.verifiers.grammar.tokens import TooLarge

PRECISION = 256  # bits
POINTS = 12
ENOUGH = 4


class SymbolicComparer:
    """Equal where both sides are defined, at several points, to more digits than chance allows."""

    def __init__(self, decimals: int | None = None) -> None:
        self.exact = ExactComparer(decimals)

    def equal(self, gold: Node, answer: Node) -> bool:
        gold, answer = resolved(gold), resolved(answer)
        with contextlib.suppress(NeedsSymbolic, TooLarge):
            return self.exact.equal(gold, answer)
        if _infinite(gold) or _infinite(answer):
            return _infinite(gold) == _infinite(answer)
        if self._equal_values(gold, answer):
            return True
        if not (_mentions(gold, ("f", "log")) or _mentions(answer, ("f", "log"))):
            return False
        return self._equal_values(_to_base_ten(gold), _to_base_ten(answer))

    def _equal_values(self, gold: Node, answer: Node) -> bool:
        names = sorted(free_names(gold) | free_names(answer))
        if not names:
            return self._equal_constants(gold, answer)
        return _agree(gold, answer, names)

    def _equal_constants(self, gold: Node, answer: Node) -> bool:
        complex_values = _mentions_i(gold) or _mentions_i(answer)
        try:
            a, b = _constant_pair(gold, answer, complex_values)
        except Undefined:
            return False  # 1/0 is nobody's answer
        if self.exact.tolerance:
            slack = mpmath.mpf(1) + mpmath.mpf(2) ** -40
            bound = mpmath.mpf(self.exact.tolerance.numerator) / self.exact.tolerance.denominator
            return bool(abs(a - b) <= bound * slack)
        return _close(a, b)

    def order(self, left: Node, right: Node) -> int:
        left, right = resolved(left), resolved(right)
        with contextlib.suppress(NeedsSymbolic, TooLarge):
            return self.exact.order(left, right)
        names = sorted(free_names(left) | free_names(right))
        if names:
            return 0 if _agree(left, right, names) else _symbolic_order(left, right, names)
        a, b = _constant_pair(left, right, complex_values=False)
        if _close(a, b):
            return 0
        return 1 if mpmath.re(a) > mpmath.re(b) else -1

    def same_equation(self, gold: Node, answer: Node) -> bool:
        """gold = 0 and answer = 0 say the same when one is a constant times the other."""
        names = sorted(free_names(gold) | free_names(answer))
        if not names or free_names(gold) != free_names(answer):
            return self.equal(gold, answer)
        return _proportional(gold, answer, names)


_OPERATORS = frozenset(("int", "lim", "sum", "prod"))


def resolved(node: Node) -> Node:
    """The tree with integrals, limits, sums and the like replaced by their values."""
    if node[0] in _OPERATORS and not _adds_up(node):
        from filters.verifiers.equality.algebra import worked_out

        return worked_out(node)
    if node[0] == "f" and node[1] in ("gcd", "lcm") and free_names(node):
        from filters.verifiers.equality.algebra import worked_out

        return worked_out(node)
    if node[0] == "f":
        return ("f", node[1], tuple(resolved(argument) for argument in node[2]))
    if node[0] in ("+", "*", "/", "neg", "^", "root"):
        return (node[0], *(resolved(part) for part in node[1:]))
    return node


def _adds_up(node: Node) -> bool:
    """A finite sum or product, done term by term with the rest."""
    bounds = counted(node) if node[0] in ("sum", "prod") else None
    if bounds is None:
        return False
    try:
        return rational(bounds[2]) - rational(bounds[1]) <= MAX_TERMS
    except (NotRational, TooLarge):
        return False


def _to_base_ten(node: Any) -> Any:
    """A log that names no base may be to base ten, then everywhere in both answers."""
    if not isinstance(node, tuple):
        return node
    if node[:2] == ("f", "log") and len(node[2]) == 1:
        return ("f", "log", (_to_base_ten(node[2][0]), ("n", Fraction(10))))
    return tuple(_to_base_ten(part) for part in node)


def _infinite(node: Node) -> str | None:
    if node == ("c", "oo"):
        return "oo"
    if node == ("neg", ("c", "oo")):
        return "-oo"
    return None


def _mentions(node: Any, wanted: tuple[str, str]) -> bool:
    if not isinstance(node, tuple):
        return False
    return node[:2] == wanted or any(_mentions(part, wanted) for part in node)


def _mentions_i(node: Node) -> bool:
    return _mentions(node, ("c", "i"))


def _evaluate(node: Node, point: Mapping[str, Any], complex_values: bool) -> tuple[Any, int]:
    evaluator = Evaluator(point, complex_values)
    value = evaluator.value(node)
    return value, evaluator.magnitude


def _constant_pair(gold: Node, answer: Node, complex_values: bool) -> tuple[Any, Any]:
    """Both values, with more digits than the largest number on the way has."""
    mpmath.mp.prec = PRECISION
    try:
        a, size_a = _gold_value(gold, complex_values)
        b, size_b = _evaluate(answer, {}, complex_values)
    except Undefined:
        if complex_values:
            raise
        return _constant_pair(gold, answer, complex_values=True)
    difference = abs(a - b)
    clear = difference and mpmath.mag(difference) > max(size_a, size_b) - 64
    if clear:
        return a, b
    mpmath.mp.prec = 2 * PRECISION + 4 * (max(size_a, size_b) + _literal_bits(gold, answer))
    return _evaluate(gold, {}, complex_values)[0], _evaluate(answer, {}, complex_values)[0]


def _gold_value(gold: Node, complex_values: bool) -> tuple[Any, int]:
    try:
        return _evaluate(gold, {}, complex_values)
    except Undefined as reason:
        if complex_values:
            raise GoldUnparseable(f"the gold has no value: {reason}") from None
        raise


def _literal_bits(*nodes: Any) -> int:
    """Digits written in the trees: what is written that finely is not to be rounded away."""
    total = 0
    for node in nodes:
        if isinstance(node, Fraction):
            total += node.numerator.bit_length() + node.denominator.bit_length()
        elif isinstance(node, tuple):
            total += _literal_bits(*node)
    return min(total, 20_000)


def _close(a: Any, b: Any) -> bool:
    """Relative agreement in three quarters of the bits; zero vanishes with the precision."""
    largest = max(abs(a), abs(b))
    floor = mpmath.mpf(2) ** (-mpmath.mp.prec // 2)
    if largest < floor:
        return True
    return bool(abs(a - b) <= largest * mpmath.mpf(2) ** (-(3 * mpmath.mp.prec) // 4))


def _points(names: list[str]) -> Iterator[dict[str, Any]]:
    """Fixed points: all positive, all negative, signs mixed, then large and small ones."""
    state = 20_250_120
    for number in range(POINTS):
        point = {}
        for place, name in enumerate(names):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
            size = mpmath.mpf(state >> 11) / 2**53
            value = mpmath.mpf("0.3") + 3 * size if number < 8 else mpmath.mpf("0.05") + 9 * size
            sign = (1, 1, -1, 1 if place % 2 else -1)[number % 4]
            point[name] = value * sign
        yield point


def _agree(gold: Node, answer: Node, names: list[str]) -> bool:
    mpmath.mp.prec = PRECISION
    complex_values = _mentions_i(gold) or _mentions_i(answer)
    both = 0
    one_sided = 0
    for point in _points(names):
        values = []
        for node in (gold, answer):
            try:
                values.append(_evaluate(node, point, complex_values)[0])
            except Undefined:
                values.append(None)
        if values[0] is not None and values[1] is not None:
            if not _near(values[0], values[1]):
                return False
            both += 1
        elif values[0] is not None or values[1] is not None:
            one_sided += 1
    if both < ENOUGH:
        return (both > 0 and not one_sided) or _undecided(one_sided)
    domain_matters = _mentions(gold, ("f", "abs")) != _mentions(answer, ("f", "abs"))
    return not (one_sided and domain_matters)


def _undecided(one_sided: int) -> bool:
    if one_sided:
        return False
    raise Unsupported("defined at too few points to compare")


def _near(a: Any, b: Any) -> bool:
    largest = max(abs(a), abs(b))
    if largest < mpmath.mpf(2) ** (-PRECISION // 2):
        return True
    return bool(abs(a - b) <= largest * mpmath.mpf(2) ** (-PRECISION // 2))


def _symbolic_order(left: Node, right: Node, names: list[str]) -> int:
    """Ends of intervals that hold letters have no order; equal was asked before."""
    found = {_sign_at(left, right, point) for point in _points(names)} - {0}
    if len(found) == 1:
        return found.pop()
    raise Unsupported("the order of two expressions with unknowns")


def _sign_at(left: Node, right: Node, point: Mapping[str, Any]) -> int:
    try:
        a, b = _evaluate(left, point, False)[0], _evaluate(right, point, False)[0]
    except Undefined:
        return 0
    return 1 if mpmath.re(a) > mpmath.re(b) else -1


def _proportional(gold: Node, answer: Node, names: list[str]) -> bool:
    mpmath.mp.prec = PRECISION
    complex_values = _mentions_i(gold) or _mentions_i(answer)
    ratio = None
    seen = 0
    for point in _points(names):
        try:
            a = _evaluate(gold, point, complex_values)[0]
            b = _evaluate(answer, point, complex_values)[0]
        except Undefined:
            continue
        if not a or not b:
            return bool(a == b)
        if ratio is not None and not _near(a / b, ratio):
            return False
        ratio, seen = a / b, seen + 1
    if seen < ENOUGH:
        raise Unsupported("equations defined at too few points to compare")
    return True
