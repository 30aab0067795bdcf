"""Exact values of trees that have one, and how the driver compares them: rational arithmetic with
every size bounded beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.tokens import TooLarge

MAX_BITS = 20_000
MAX_FACTORIAL = 1_000
MAX_DEGREE = 64


class Undecided(Exception):
    """This stage cannot tell: in the driver a worker is asked, there the pair is `unsupported`."""


class NotRational(Undecided):
    """The tree has no rational value, or none that this stage can see."""


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


def rational(node: Node) -> Fraction:
    """The exact value of a tree of numbers, or `NotRational`."""
    evaluate = _RULES.get(node[0])
    if evaluate is None:
        raise NotRational(node[0])
    return evaluate(node)


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > MAX_BITS:
        raise TooLarge("a number beyond the size that is computed")
    return value


def _divide(node: Node) -> Fraction:
    below = rational(node[2])
    if below == 0:
        raise NotRational("division by zero")
    return _bounded(rational(node[1]) / below)


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """base ** exponent where that is rational; a root is taken only when it comes out even."""
    degree, times = exponent.denominator, exponent.numerator
    if degree > MAX_DEGREE:
        raise NotRational("no such root is tried")
    if degree > 1:
        base = _exact_root(base, degree)
    if base == 0 and times <= 0:
        raise NotRational("zero to no positive power")
    if base in (0, 1, -1):
        return base if times % 2 or base != -1 else Fraction(1)
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if size * abs(times) > MAX_BITS:
        raise TooLarge("a power beyond the size that is computed")
    return base**times


def _root(node: Node) -> Fraction:
    degree = rational(node[2])
    if degree.denominator != 1 or not 0 < degree <= MAX_DEGREE:
        raise NotRational("no such root is tried")
    return power(rational(node[1]), 1 / degree)


def _exact_root(value: Fraction, degree: int) -> Fraction:
    if value < 0 and degree % 2 == 0:
        raise NotRational("even root of a negative number")
    top, bottom = (_whole_root(part, degree) for part in (abs(value.numerator), value.denominator))
    return Fraction(top if value >= 0 else -top, bottom)


def _whole_root(value: int, degree: int) -> int:
    if degree == 2:
        root = math.isqrt(value)
    elif value.bit_length() > 1_000:
        raise NotRational("too big a root to try")
    else:
        low, high = 0, 1 << (value.bit_length() // degree + 1)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
        root = low
    if root**degree != value:
        raise NotRational("an irrational root")
    return root


def _function(node: Node) -> Fraction:
    compute = _FUNCTIONS.get(node[1])
    if compute is None:
        raise NotRational(node[1])
    return _bounded(compute(*[rational(argument) for argument in node[2]]))


def _counting(compute: Callable[..., int]) -> Callable[..., Fraction]:
    """Of whole numbers from 0 to a limit: factorials and binomials."""

    def apply(*values: Fraction) -> Fraction:
        if any(value.denominator != 1 or value < 0 for value in values):
            raise NotRational("a factorial of no whole number")
        if values[0] > MAX_FACTORIAL:
            raise TooLarge(f"a factorial beyond {MAX_FACTORIAL}")
        return Fraction(compute(*(value.numerator for value in values)))

    return apply


def _scaled(compute: Callable[..., int]) -> Callable[..., Fraction]:
    """gcd and lcm, of fractions over their common denominator."""

    def apply(*values: Fraction) -> Fraction:
        below = math.lcm(*(value.denominator for value in values))
        return Fraction(compute(*(int(value * below) for value in values)), below)

    return apply


def _mod(value: Fraction, modulus: Fraction) -> Fraction:
    if modulus == 0:
        raise NotRational("modulus zero")
    return value % modulus


def _logarithm(value: Fraction, base: Fraction = Fraction(0)) -> Fraction:
    """log_2 8 and its like; a base that nobody named is left to the symbolic stage."""
    if value == 1:
        return Fraction(0)
    if base < 2 or base.denominator != 1 or value <= 0 or 1 not in value.as_integer_ratio():
        raise NotRational("an irrational logarithm")
    whole, power_of = max(value.as_integer_ratio()), 0
    while whole % base.numerator == 0:
        whole //= base.numerator
        power_of += 1
    if whole != 1:
        raise NotRational("an irrational logarithm")
    return Fraction(power_of if value > 1 else -power_of)


def _lone_item(node: Node) -> Fraction:
    """`\\{1 + 2\\}` inside a product is only a bracket."""
    if len(node[1]) != 1:
        raise NotRational("a set")
    return rational(node[1][0])


_FUNCTIONS: dict[str, Callable[..., Fraction]] = {
    "factorial": _counting(math.factorial),
    "binom": _counting(math.comb),
    "gcd": _scaled(math.gcd),
    "lcm": _scaled(math.lcm),
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "abs": abs,
    "floor": lambda value: Fraction(math.floor(value)),
    "ceil": lambda value: Fraction(math.ceil(value)),
    "mod": _mod,
    "log": _logarithm,
    "sign": lambda value: Fraction((value > 0) - (value < 0)),
}
_RULES: dict[str, Callable[[Node], Fraction]] = {
    "n": lambda node: node[1],
    "+": lambda node: _bounded(rational(node[1]) + rational(node[2])),
    "*": lambda node: _bounded(rational(node[1]) * rational(node[2])),
    "/": _divide,
    "neg": lambda node: -rational(node[1]),
    "mixed": lambda node: rational(node[1]) + rational(node[2]),
    "^": lambda node: power(rational(node[1]), rational(node[2])),
    "root": _root,
    "f": _function,
    "set": _lone_item,
}
