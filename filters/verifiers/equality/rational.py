"""Exact values of trees that have one: rational arithmetic with every size bounded beforehand."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.tokens import TooLarge

MAX_BITS = 20_000
MAX_FACTORIAL = 1_000


class NotRational(ValueError):
    """The tree has no rational value, or none that this stage can see."""


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


def _power(node: Node) -> Fraction:
    base, exponent = rational(node[1]), rational(node[2])
    return power(base, exponent)


def power(base: Fraction, exponent: Fraction) -> Fraction:
    """base ** exponent where that is rational; a root is taken only when it comes out even."""
    if exponent.denominator != 1:
        if exponent.denominator > 64:
            raise NotRational("no such root is tried")
        return power(_exact_root(base, exponent.denominator), Fraction(exponent.numerator))
    times = exponent.numerator
    if base == 0 and times <= 0:
        raise NotRational("zero to no positive power")
    if base in (0, 1, -1):
        return base if times % 2 or base != -1 else Fraction(1)
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(times) > MAX_BITS or size * abs(times) > MAX_BITS:
        raise TooLarge("a power beyond the size that is computed")
    return base**times


def _root(node: Node) -> Fraction:
    degree = rational(node[2])
    if degree.denominator != 1 or not 0 < degree <= 64:
        raise NotRational("no such root is tried")
    return power(rational(node[1]), 1 / degree)


def _exact_root(value: Fraction, degree: int) -> Fraction:
    if value < 0:
        if degree % 2 == 0:
            raise NotRational("even root of a negative number")
        return -_exact_root(-value, degree)
    top, bottom = _whole_root(value.numerator, degree), _whole_root(value.denominator, degree)
    return Fraction(top, bottom)


def _whole_root(value: int, degree: int) -> int:
    if degree == 2:
        root = math.isqrt(value)
    elif value.bit_length() > 1_000:
        raise NotRational("too big a root to try")
    else:
        root = (
            round(value ** (1 / degree))
            if value.bit_length() < 50
            else _integer_root(value, degree)
        )
    if root**degree != value:
        raise NotRational("an irrational root")
    return root


def _integer_root(value: int, degree: int) -> int:
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if middle**degree <= value else (low, middle - 1)
    return low


def _function(node: Node) -> Fraction:
    compute = _FUNCTIONS.get(node[1])
    if compute is None:
        raise NotRational(node[1])
    return _bounded(compute(*[rational(argument) for argument in node[2]]))


def _factorial(value: Fraction) -> Fraction:
    if value.denominator != 1 or value < 0:
        raise NotRational("factorial of no whole number")
    if value > MAX_FACTORIAL:
        raise TooLarge(f"factorial beyond {MAX_FACTORIAL}")
    return Fraction(math.factorial(value.numerator))


def _binomial(top: Fraction, below: Fraction) -> Fraction:
    if top.denominator != 1 or below.denominator != 1 or top < 0 or below < 0:
        raise NotRational("binomial of no whole numbers")
    if top > MAX_FACTORIAL:
        raise TooLarge(f"binomial beyond {MAX_FACTORIAL}")
    return Fraction(math.comb(top.numerator, below.numerator))


def _gcd(*values: Fraction) -> Fraction:
    below = math.lcm(*(v.denominator for v in values))
    return Fraction(math.gcd(*(int(v * below) for v in values)), below)


def _lcm(*values: Fraction) -> Fraction:
    below = math.lcm(*(v.denominator for v in values))
    return Fraction(math.lcm(*(int(v * below) for v in values)), below)


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
    "factorial": _factorial,
    "binom": _binomial,
    "gcd": _gcd,
    "lcm": _lcm,
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
    "^": _power,
    "root": _root,
    "f": _function,
    "set": _lone_item,
}
