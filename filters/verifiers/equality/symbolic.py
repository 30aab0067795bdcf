"""Comparing two single values that are not both rational: the comparer of the worker process.

Equal at several points to more digits than chance allows is equal; different by more than the
arithmetic's error is different.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import mpmath

from filters.verifiers.equality.algebra import resolved
from filters.verifiers.equality.numeric import Evaluator, Undefined
from filters.verifiers.equality.rational import ExactComparer, GoldUnparseable, Undecided
from filters.verifiers.grammar.nodes import Node, free_names, mentions
from filters.verifiers.grammar.tokens import TooLarge

PRECISION = 256  # bits
POINTS = 12
ENOUGH = 4
"""points at which both sides have a value, before equal there is equal"""
MAX_LITERAL_BITS = 20_000


class SymbolicComparer(ExactComparer):
    """Exact where that is possible, else by values of high precision."""

    def equal(self, gold: Node, answer: Node) -> bool:
        gold, answer = resolved(gold), resolved(answer)
        with contextlib.suppress(Undecided, TooLarge):
            return super().equal(gold, answer)
        if _is_infinite(gold) or _is_infinite(answer):
            return gold == answer
        if self._equal_values(gold, answer):
            return True
        if not (mentions(gold, "f", "log") or mentions(answer, "f", "log")):
            return False
        return self._equal_values(_to_base_ten(gold), _to_base_ten(answer))

    def _equal_values(self, gold: Node, answer: Node) -> bool:
        names = free_names(gold) | free_names(answer)
        if names:
            return _agree(gold, answer, names)
        try:
            a, b = _constants(gold, answer, _mention_i(gold, answer))
        except Undefined:
            return False  # 1/0 is nobody's answer
        if self.tolerance:
            slack = mpmath.mpf(1) + mpmath.mpf(2) ** -40
            bound = mpmath.mpf(self.tolerance.numerator) / self.tolerance.denominator
            return bool(abs(a - b) <= bound * slack)
        return _near(a, b, 3 * mpmath.mp.prec // 4)

    def order(self, left: Node, right: Node) -> int:
        left, right = resolved(left), resolved(right)
        with contextlib.suppress(Undecided, TooLarge):
            return super().order(left, right)
        names = free_names(left) | free_names(right)
        if not names:
            a, b = _constants(left, right, complex_values=False)
            return 0 if _near(a, b, 3 * mpmath.mp.prec // 4) else _sign(a, b)
        if _agree(left, right, names):
            return 0
        signs = {_sign(a, b) for a, b in _values(left, right, names) if None not in (a, b)}
        if len(signs) != 1:
            raise Undecided("the order of two expressions with unknowns")
        return signs.pop()

    def same_equation(self, gold: Node, answer: Node) -> bool:
        """gold = 0 and answer = 0 say the same when one is a constant times the other."""
        names = free_names(gold)
        if not names or names != free_names(answer):
            return self.equal(gold, answer)
        ratios = []
        for a, b in _values(gold, answer, names):
            if a is None or b is None:
                continue
            if not a or not b:
                return bool(a == b)
            ratios.append(a / b)
            if not _near(ratios[0], ratios[-1]):
                return False
        if len(ratios) < ENOUGH:
            raise Undecided("equations defined at too few points to compare")
        return True


def _to_base_ten(node: Any) -> Any:
    """A log that names no base may be to base ten, then everywhere in both answers."""
    if not isinstance(node, tuple):
        return node
    if node[:2] == ("f", "log") and len(node[2]) == 1:
        return ("f", "log", (_to_base_ten(node[2][0]), ("n", Fraction(10))))
    return tuple(_to_base_ten(part) for part in node)


def _is_infinite(node: Node) -> bool:
    return node in (("c", "oo"), ("neg", ("c", "oo")))


def _mention_i(*nodes: Node) -> bool:
    return any(mentions(node, "c", "i") for node in nodes)


# values without letters


def _constants(gold: Node, answer: Node, complex_values: bool) -> tuple[Any, Any]:
    """Both values, with more digits than the largest number on the way has."""
    mpmath.mp.prec = PRECISION
    evaluator = Evaluator({}, complex_values)
    try:
        a = evaluator.value(gold)
    except Undefined as reason:
        if complex_values:
            raise GoldUnparseable(f"the gold has no value: {reason}") from None
        return _constants(gold, answer, complex_values=True)
    try:
        b = evaluator.value(answer)
    except Undefined:
        if complex_values:
            raise
        return _constants(gold, answer, complex_values=True)
    if a != b and mpmath.mag(a - b) > evaluator.magnitude - 64:
        return a, b
    mpmath.mp.prec = 2 * PRECISION + 4 * (evaluator.magnitude + _literal_bits(gold, answer))
    return evaluator.value(gold), evaluator.value(answer)


def _literal_bits(*nodes: Any) -> int:
    """Digits written in the trees: what is written that finely is not to be rounded away."""
    total = 0
    for node in nodes:
        if isinstance(node, Fraction):
            total += node.numerator.bit_length() + node.denominator.bit_length()
        elif isinstance(node, tuple):
            total += _literal_bits(*node)
    return min(total, MAX_LITERAL_BITS)


def _near(a: Any, b: Any, bits: int = PRECISION // 2) -> bool:
    """Relative agreement in so many bits; zero vanishes with half of the precision."""
    largest = max(abs(a), abs(b))
    if largest < mpmath.mpf(2) ** (-mpmath.mp.prec // 2):
        return True
    return bool(abs(a - b) <= largest * mpmath.mpf(2) ** -bits)


def _sign(a: Any, b: Any) -> int:
    return 1 if mpmath.re(a) > mpmath.re(b) else -1


# values at points


def _points(names: frozenset[str]) -> Iterator[dict[str, Any]]:
    """Fixed points: all positive, all negative, signs mixed, then large and small ones."""
    state = 20_250_120
    for number in range(POINTS):
        point = {}
        for place, name in enumerate(sorted(names)):
            state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
            size = mpmath.mpf(state >> 11) / 2**53
            value = mpmath.mpf("0.3") + 3 * size if number < 8 else mpmath.mpf("0.05") + 9 * size
            sign = (1, 1, -1, 1 if place % 2 else -1)[number % 4]
            point[name] = value * sign
        yield point


def _values(left: Node, right: Node, names: frozenset[str]) -> Iterator[tuple[Any, Any]]:
    """Of both at each point, None where one is undefined."""
    mpmath.mp.prec = PRECISION
    complex_values = _mention_i(left, right)
    for point in _points(names):
        evaluator = Evaluator(point, complex_values)
        found = []
        for node in (left, right):
            try:
                found.append(evaluator.value(node))
            except Undefined:
                found.append(None)
        yield found[0], found[1]


def _agree(gold: Node, answer: Node, names: frozenset[str]) -> bool:
    both = one_sided = 0
    for a, b in _values(gold, answer, names):
        if a is not None and b is not None:
            if not _near(a, b):
                return False
            both += 1
        else:
            one_sided += (a is None) != (b is None)
    if not both and not one_sided:
        raise Undecided("defined at too few points to compare")
    domain_matters = mentions(gold, "f", "abs") != mentions(answer, "f", "abs")
    return not one_sided or (both >= ENOUGH and not domain_matters)
