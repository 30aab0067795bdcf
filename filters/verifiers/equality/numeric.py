"""High-precision values of trees, for the worker process: equal at several points with enough
digits is equal, and different by more than the arithmetic's error is different.

Real numbers first: an even root or logarithm of a negative number is undefined there unless the
answer itself speaks of i, and odd roots of negative numbers are real. Every size is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath

from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.grammar.nodes import Node, counted
from filters.verifiers.grammar.tokens import TooLarge
from filters.verifiers.grammar.units import UNITS

MAX_EXPONENT = 20_000  # bits
MAX_TERMS = 2_000


class Undefined(ArithmeticError):
    """No value at this point."""


class Unsupported(ValueError):
    """An operation the numeric stage does not know."""


class Evaluator:
    """Evaluates one tree at one point; remembers the largest magnitude it met, in bits."""

    def __init__(self, point: Mapping[str, Any], complex_values: bool) -> None:
        self.point = point
        self.complex_values = complex_values
        self.magnitude = 0

    def value(self, node: Node) -> Any:
        rule = _RULES.get(node[0])
        if rule is None:
            raise Unsupported(str(node[0]))
        try:
            found = rule(self, node)
        except (Unsupported, NotRational, TooLarge):
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

    def number(self, node: Node) -> Any:
        return _mpf(node[1])

    def variable(self, node: Node) -> Any:
        if node[1] not in self.point:
            raise Unsupported(f"no value for {node[1]}")
        return self.point[node[1]]

    def constant(self, node: Node) -> Any:
        if node[1] == "i":
            return mpmath.mpc(0, 1)
        if node[1] == "oo":
            raise Undefined("infinity")
        return +mpmath.pi if node[1] == "pi" else +mpmath.e

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

    def power(self, node: Node) -> Any:
        return self.raised(self.value(node[1]), node[2])

    def raised(self, base: Any, exponent_node: Node) -> Any:
        try:
            exact: Fraction | None = rational(exponent_node)
        except (NotRational, TooLarge):
            exact = None
        if exact is not None and exact.denominator == 1:
            return self.whole_power(base, exact.numerator)
        exponent = self.value(exponent_node)
        if not base:
            if mpmath.re(exponent) > 0:
                return mpmath.mpf(0)
            raise Undefined("zero to no positive power")
        self.bounded_power(base, exponent)
        if not self.complex_values and _real(base) and mpmath.re(base) < 0:
            if exact is None or exact.denominator % 2 == 0:
                raise Undefined("a negative number to a broken power")
            root = -mpmath.power(-base, mpmath.mpf(1) / exact.denominator)
            return self.whole_power(root, exact.numerator)
        return mpmath.power(base, exponent)

    def whole_power(self, base: Any, times: int) -> Any:
        if not base and times <= 0:
            raise Undefined("zero to no positive power")
        if base:
            self.bounded_power(base, times)
        if abs(times) > 10**9:
            raise TooLarge("a power beyond the size that is computed")
        return base**times

    def bounded_power(self, base: Any, exponent: Any) -> None:
        bits = abs(mpmath.log(abs(base), 2)) * abs(exponent)
        if bits > MAX_EXPONENT:
            raise TooLarge("a power beyond the size that is computed")

    def root(self, node: Node) -> Any:
        degree = rational(node[2]) if node[2][0] == "n" else None
        if degree is None or degree == 0:
            return self.raised(self.value(node[1]), ("/", ("n", Fraction(1)), node[2]))
        return self.raised(self.value(node[1]), ("n", 1 / degree))

    def unit(self, node: Node) -> Any:
        """A unit inside a formula: degrees in an angle, a percentage as a factor."""
        names = [name for name, _ in node[2]]
        if len(names) == 1 and UNITS[names[0]][1] == (("angle", 1),):
            return self.value(node[1]) * mpmath.pi / 180
        if len(names) == 1 and UNITS[names[0]][1] == ():
            return self.value(node[1]) / 100
        raise Unsupported("a unit inside a formula")

    def function(self, node: Node) -> Any:
        compute = _FUNCTIONS.get(node[1])
        if compute is None:
            raise Unsupported(node[1])
        return compute(self, *[self.value(argument) for argument in node[2]])

    def lone_item(self, node: Node) -> Any:
        """Braces that are only a bracket: `\\{x + y\\} z`."""
        if len(node[1]) != 1:
            raise Unsupported("a set inside a formula")
        return self.value(node[1][0])

    def series(self, node: Node) -> Any:
        """A finite sum or product, term by term."""
        bounds = counted(node)
        if bounds is None:
            raise Unsupported("a sum without plain bounds")
        name, first, last = bounds[0], rational(bounds[1]), rational(bounds[2])
        if first.denominator != 1 or last.denominator != 1 or last - first > MAX_TERMS:
            raise Unsupported("a sum too long to add up")
        total = mpmath.mpf(0 if node[0] == "sum" else 1)
        for term in range(int(first), int(last) + 1):
            inner = Evaluator({**self.point, name: mpmath.mpf(term)}, self.complex_values)
            value = inner.value(node[1])
            total = self.checked(total + value if node[0] == "sum" else total * value)
        return total

    def real_log(self, value: Any, base: Any = None) -> Any:
        if not value:
            raise Undefined("logarithm of zero")
        if not self.complex_values and (not _real(value) or mpmath.re(value) < 0):
            raise Undefined("logarithm of a negative number")
        found = mpmath.log(value)
        return found if base is None else found / self.real_log(base)

    def inverse_sine(self, value: Any) -> Any:
        self.inside(value)
        return mpmath.asin(value)

    def inverse_cosine(self, value: Any) -> Any:
        self.inside(value)
        return mpmath.acos(value)

    def inside(self, value: Any) -> None:
        if not self.complex_values and (not _real(value) or abs(value) > 1):
            raise Undefined("outside of [-1, 1]")

    def gamma(self, value: Any) -> Any:
        if abs(value) > MAX_TERMS:
            raise TooLarge(f"a factorial beyond {MAX_TERMS}")
        return mpmath.gamma(value + 1)

    def binomial(self, top: Any, below: Any) -> Any:
        if abs(top) > MAX_TERMS or abs(below) > MAX_TERMS:
            raise TooLarge(f"a binomial beyond {MAX_TERMS}")
        return mpmath.binomial(top, below)

    def exponential(self, value: Any) -> Any:
        if abs(value) > MAX_EXPONENT:
            raise TooLarge("an exponential beyond the size that is computed")
        return mpmath.exp(value)

    def trigonometric(self, compute: Callable[[Any], Any], value: Any) -> Any:
        if abs(value) > 10**30:
            raise TooLarge("an angle beyond the size that is computed")
        return compute(value)


def _mpf(value: Fraction) -> Any:
    return mpmath.mpf(value.numerator) / value.denominator


def _real(value: Any) -> bool:
    return bool(mpmath.im(value) == 0)


def _ordered(compute: Callable[..., Any]) -> Callable[..., Any]:
    def apply(_: Evaluator, *values: Any) -> Any:
        if not all(_real(v) for v in values):
            raise Undefined("an order of complex numbers")
        return compute(*(mpmath.re(v) for v in values))

    return apply


def _trigonometric(compute: Callable[[Any], Any]) -> Callable[..., Any]:
    return lambda evaluator, value: evaluator.trigonometric(compute, value)


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{
        name: _trigonometric(getattr(mpmath, name))
        for name in "sin cos tan cot sec csc sinh cosh tanh coth sech csch".split()
    },
    "arcsin": Evaluator.inverse_sine,
    "arccos": Evaluator.inverse_cosine,
    "arctan": lambda _, v: mpmath.atan(v),
    "arccot": lambda _, v: mpmath.acot(v),
    "arcsec": lambda _, v: mpmath.asec(v),
    "arccsc": lambda _, v: mpmath.acsc(v),
    "arsinh": lambda _, v: mpmath.asinh(v),
    "arcosh": lambda _, v: mpmath.acosh(v),
    "artanh": lambda _, v: mpmath.atanh(v),
    "ln": Evaluator.real_log,
    "log": Evaluator.real_log,
    "lg": lambda evaluator, v, base=10: evaluator.real_log(v, base),
    "exp": Evaluator.exponential,
    "abs": lambda _, v: abs(v),
    "factorial": Evaluator.gamma,
    "gamma": lambda evaluator, v: evaluator.gamma(v - 1),
    "binom": Evaluator.binomial,
    "floor": _ordered(mpmath.floor),
    "ceil": _ordered(mpmath.ceil),
    "max": _ordered(lambda *values: max(values)),
    "min": _ordered(lambda *values: min(values)),
    "mod": _ordered(lambda value, modulus: value - modulus * mpmath.floor(value / modulus)),
    "sign": _ordered(mpmath.sign),
    "re": lambda _, v: mpmath.re(v),
    "im": lambda _, v: mpmath.im(v),
    "arg": lambda _, v: mpmath.arg(v),
}
_RULES: dict[str, Callable[[Evaluator, Node], Any]] = {
    "n": Evaluator.number,
    "v": Evaluator.variable,
    "c": Evaluator.constant,
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
