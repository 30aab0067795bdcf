"""How two single values are compared, and the exceptions that say "not here" and "not at all"."""

from __future__ import annotations

from fractions import Fraction
from typing import Protocol

from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.grammar.nodes import Node


class NeedsSymbolic(Exception):
    """Only the symbolic stage can compare these."""


class GoldUnparseable(ValueError):
    """The gold claims to be a formula and is none."""


class Comparer(Protocol):
    """How two single values are compared."""

    def equal(self, gold: Node, answer: Node) -> bool: ...

    def order(self, left: Node, right: Node) -> int:
        """-1, 0 or 1."""
        ...

    def same_equation(self, gold: Node, answer: Node) -> bool:
        """Whether gold = 0 and answer = 0 say the same."""
        ...


class ExactComparer:
    """Rationals, compared exactly, or within half a unit of the decimal place the row names."""

    def __init__(self, decimals: int | None = None) -> None:
        self.tolerance = tolerance(decimals)

    def equal(self, gold: Node, answer: Node) -> bool:
        return gold == answer or abs(_difference(gold, answer)) <= self.tolerance

    def order(self, left: Node, right: Node) -> int:
        difference = _difference(left, right)
        return (difference > 0) - (difference < 0)

    def same_equation(self, gold: Node, answer: Node) -> bool:
        raise NeedsSymbolic("equations")


def _difference(left: Node, right: Node) -> Fraction:
    try:
        return rational(left) - rational(right)
    except NotRational as reason:
        raise NeedsSymbolic(str(reason)) from None


def tolerance(decimals: int | None) -> Fraction:
    """Half a unit in the last place that counts; zero unless the row asks."""
    return Fraction(0) if decimals is None else Fraction(1, 2 * 10 ** max(0, min(decimals, 50)))
