"""How two single values are compared in the driver: as exact rationals, or not at all."""

from __future__ import annotations

from fractions import Fraction

from filters.verifiers.equality.rational import Undecided, rational
from filters.verifiers.grammar.nodes import Node


class GoldUnparseable(ValueError):
    """The gold claims to be a formula and is none."""


class ExactComparer:
    """Rationals, compared exactly, or within half a unit of the decimal place the row names.

    Each comparison raises `Undecided` where a side is not rational; `symbolic.py` compares those.
    """

    def __init__(self, decimals: int | None = None) -> None:
        places = None if decimals is None else max(0, min(decimals, 50))
        self.tolerance = Fraction(0) if places is None else Fraction(1, 2 * 10**places)

    def equal(self, gold: Node, answer: Node) -> bool:
        return gold == answer or abs(rational(gold) - rational(answer)) <= self.tolerance

    def order(self, left: Node, right: Node) -> int:
        """-1, 0 or 1."""
        difference = rational(left) - rational(right)
        return (difference > 0) - (difference < 0)

    def same_equation(self, gold: Node, answer: Node) -> bool:
        """Whether gold = 0 and answer = 0 say the same."""
        raise Undecided("equations")
