"""High-precision values of trees, for the worker process.

Real numbers first: an even root or logarithm of a negative number is undefined there unless the
answer itself speaks of i, and odd roots of negative numbers are real. Every size is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from filters.verifiers.equality.rational import NotRational, Undecided, rational
from filters.verifiers.grammar.nodes import Node, counted
from filters.verifiers.grammar.tokens import TooLarge
from filters.verifiers.grammar.units import UNITS

MAX_EXPONENT = 20_000  # bits
MAX_TERMS = 2_000


class Undefined(ArithmeticError):
    """No value at this point."""


class Evaluator:
    """Evaluates trees at one point; remembers the largest magnitude it met, in bits."""

    def __init__(self, point: Mapping[str, Any], complex_values: bool) -> None:
        self.point = point
        self.complex_values = complex_values
        self.magnitude = 0

    def value(self, node: Node) -> Any:
        rule = _RULES.get(node[0])
        if rule is None:
            raise Undecided(str(node[0]))
        try:
            found = rule(self, node)
        except TooLarge:
            raise
        except (ArithmeticError, ValueError) as reason:  # mpmath's own: a pole, a complex result
            raise Undefined(str(reason)) from None
        return self.checked(found)

    def checked(self, value: Any) -> Any:
        if mpmath.isinf(value) or mpmath.isnan(value):
            raise Undefined("not finite")
        if value:
            size = abs(int(mpmath.mag(value)))
            if size > MAX_EXPONENT:
                raise TooLarge("a value beyond the size that is computed")
            self.magnitude = max(self.magnitude, size)
        return value

    def variable(self, node: Node) -> Any:
        if node[1] not in self.point:
            raise Undecided(f"no value for {node[1]}")
        return self.point[node[1]]

    def call(self, node: Node) -> Any:
        """An unknown function: any fixed value, the same for the same arguments."""
        arguments = [mpmath.nstr(self.value(a), 25) for a in node[2]]
        digest = hashlib.sha256(repr((node[1], arguments)).encode()).digest()
        return mpmath.mpf(int.from_bytes(digest[:16], "big")) / 2**127

    def divide(self, node: Node) -> Any:
        below = self.value(node[2])
        if abs(below) < mpmath.mpf(2) ** (-mpmath.mp.prec // 2):
            raise Undefined("division by zero")
        return self.value(node[1]) / below

    def root(self, node: Node) -> Any:
        degree = rational(node[2]) if node[2][0] == "n" else None
        inverse = ("n", 1 / degree) if degree else ("/", ("n", Fraction(1)), node[2])
        return self.power(("^", node[1], inverse))

    def power(self, node: Node) -> Any:
        base = self.value(node[1])
        try:
            exact: Fraction | None = rational(node[2])
        except (NotRational, TooLarge):
            exact = None
        if exact is not None and exact.denominator == 1:
            return self.raised(base, exact.numerator)
        exponent = self.value(node[2])
        if self.complex_values or not _real(base) or mpmath.re(base) >= 0:
            return self.raised(base, exponent)
        if exact is None or exact.denominator % 2 == 0:
            raise Undefined("a negative number to a broken power")
        _bound_power(base, exponent)
        return self.raised(-mpmath.power(-base, mpmath.mpf(1) / exact.denominator), exact.numerator)

    def raised(self, base: Any, exponent: Any) -> Any:
        if not base:
            if mpmath.re(exponent) > 0:
                return mpmath.mpf(0)
            raise Undefined("zero to no positive power")
        _bound_power(base, exponent)
        return base**exponent

    def unit(self, node: Node) -> Any:
        """A unit inside a formula: degrees in an angle, a percentage as a factor."""
        dimension = UNITS[node[2][0][0]][1] if len(node[2]) == 1 else None
        if dimension == (("angle", 1),):
            return self.value(node[1]) * mpmath.pi / 180
        if dimension == ():
            return self.value(node[1]) / 100
        raise Undecided("a unit inside a formula")

    def function(self, node: Node) -> Any:
        name = node[1]
        compute = _FUNCTIONS.get(name)
        if compute is None:
            raise Undecided(name)
        values = [self.value(argument) for argument in node[2]]
        if name in _LIMITS and any(abs(value) > _LIMITS[name] for value in values):
            raise TooLarge(f"{name} of a value beyond the size that is computed")
        if name in _ORDERED and not all(map(_real, values)):
            raise Undefined("an order of complex numbers")
        inside = None if self.complex_values else _DOMAINS.get(name)
        if inside and not all(_real(value) and inside(mpmath.re(value)) for value in values):
            raise Undefined(f"{name} outside of its domain")
        return compute(*values)

    def lone_item(self, node: Node) -> Any:
        """Braces that are only a bracket: `\\{x + y\\} z`."""
        if len(node[1]) != 1:
            raise Undecided("a set inside a formula")
        return self.value(node[1][0])

    def series(self, node: Node) -> Any:
        """A finite sum or product, term by term."""
        bounds = counted(node)
        if bounds is None:
            raise Undecided("a sum without plain bounds")
        name, first, last = bounds[0], rational(bounds[1]), rational(bounds[2])
        if first.denominator != 1 or last.denominator != 1 or last - first > MAX_TERMS:
            raise Undecided("a sum too long to add up")
        total = mpmath.mpf(0 if node[0] == "sum" else 1)
        for term in range(int(first), int(last) + 1):
            inner = Evaluator({**self.point, name: mpmath.mpf(term)}, self.complex_values)
            value = inner.value(node[1])
            total = self.checked(total + value if node[0] == "sum" else total * value)
        return total


def _bound_power(base: Any, exponent: Any) -> None:
    if abs(mpmath.log(abs(base), 2)) * abs(exponent) > MAX_EXPONENT or abs(exponent) > 10**9:
        raise TooLarge("a power beyond the size that is computed")


def _real(value: Any) -> bool:
    return bool(mpmath.im(value) == 0)


def _constant(_: Evaluator, node: Node) -> Any:
    if node[1] == "oo":
        raise Undefined("infinity")
    return mpmath.mpc(0, 1) if node[1] == "i" else +getattr(mpmath, node[1])  # pi, e


def _log(value: Any, base: Any = None) -> Any:
    found = mpmath.log(value)
    return found if base is None else found / mpmath.log(base)


def _of_reals(compute: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *values: compute(*map(mpmath.re, values))


_TRIGONOMETRIC = "sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()
_INVERSE = {
    "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arcsec": "asec",
    "arccsc": "acsc", "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
}  # fmt: skip
_ORDERED: dict[str, Callable[..., Any]] = {
    "floor": mpmath.floor,
    "ceil": mpmath.ceil,
    "max": lambda *values: max(values),
    "min": lambda *values: min(values),
    "mod": lambda value, modulus: value - modulus * mpmath.floor(value / modulus),
    "sign": mpmath.sign,
}
"""functions that complex numbers have not"""
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: getattr(mpmath, name) for name in _TRIGONOMETRIC},
    **{name: getattr(mpmath, theirs) for name, theirs in _INVERSE.items()},
    **{name: _of_reals(compute) for name, compute in _ORDERED.items()},
    "ln": _log,
    "log": _log,
    "lg": lambda value, base=10: _log(value, base),
    "exp": mpmath.exp,
    "abs": abs,
    "factorial": lambda value: mpmath.gamma(value + 1),
    "gamma": mpmath.gamma,
    "binom": mpmath.binomial,
    "re": mpmath.re,
    "im": mpmath.im,
    "arg": mpmath.arg,
}
_LIMITS = {
    **dict.fromkeys(_TRIGONOMETRIC, 10**30),
    **dict.fromkeys(("factorial", "gamma", "binom"), MAX_TERMS),
    "exp": MAX_EXPONENT,
}
"""the largest argument of which a function is computed"""
_DOMAINS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("ln", "log", "lg"), lambda value: value > 0),
    **dict.fromkeys(("arcsin", "arccos"), lambda value: abs(value) <= 1),
}
"""where a function is real"""
_RULES: dict[str, Callable[[Evaluator, Node], Any]] = {
    "n": lambda _, node: mpmath.mpf(node[1].numerator) / node[1].denominator,
    "v": Evaluator.variable,
    "c": _constant,
    "call": Evaluator.call,
    "+": lambda e, node: e.value(node[1]) + e.value(node[2]),
    "*": lambda e, node: e.value(node[1]) * e.value(node[2]),
    "/": Evaluator.divide,
    "neg": lambda e, node: -e.value(node[1]),
    "mixed": lambda e, node: e.value(node[1]) + e.value(node[2]),
    "^": Evaluator.power,
    "root": Evaluator.root,
    "u": Evaluator.unit,
    "f": Evaluator.function,
    "set": Evaluator.lone_item,
    "sum": Evaluator.series,
    "prod": Evaluator.series,
}
