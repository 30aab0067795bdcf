"""Integrals, limits, infinite sums and greatest common divisors: worked out by sympy, in a worker.

A sympy expression is built node by node from our own tree; no text of an answer ever reaches a
sympy parser. The result comes back as a tree. What sympy cannot do in its time, the parent ends.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from filters.verifiers.equality.numeric import Unsupported
from filters.verifiers.grammar.nodes import Node, counted

MAX_NODES = 80


def worked_out(node: Node) -> Node:
    """The tree of the value of an operator node, or `Unsupported`."""
    try:
        value = _sympy(node, [MAX_NODES])
        value = value.doit() if hasattr(value, "doit") else value
    except (Unsupported, MemoryError, RecursionError):
        raise
    except Exception as reason:  # sympy raises whatever it likes on what it cannot do
        raise Unsupported(f"{node[0]}: {type(reason).__name__} in sympy") from None
    if value.has(sympy.Integral, sympy.Limit, sympy.Sum, sympy.Product, sympy.nan, sympy.zoo):
        raise Unsupported(f"{node[0]} without a closed form")
    return _tree(value)


def _sympy(node: Node, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise Unsupported("too long a formula to work out")
    build = _BUILD.get(node[0])
    if build is None:
        raise Unsupported(f"{node[0]} inside an operator")
    return build(node, lambda part: _sympy(part, budget))


Build = Callable[[Node, Callable[[Node], Any]], Any]


def _number(node: Node, _: Any) -> Any:
    return sympy.Rational(node[1].numerator, node[1].denominator)


def _constant(node: Node, _: Any) -> Any:
    return {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}[node[1]]


def _power(node: Node, of: Callable[[Node], Any]) -> Any:
    base, exponent = of(node[1]), of(node[2])
    if exponent.is_number and base.is_number and abs(exponent) > 1_000:
        raise Unsupported("too high a power to work out")
    return sympy.Pow(base, exponent)


def _function(node: Node, of: Callable[[Node], Any]) -> Any:
    function = _FUNCTIONS.get(node[1])
    if function is None:
        raise Unsupported(f"{node[1]} inside an operator")
    return function(*(of(argument) for argument in node[2]))


def _integral(node: Node, of: Callable[[Node], Any]) -> Any:
    integrand, name = _without_differential(node[1])
    if node[2] is None or node[3] is None:
        raise Unsupported("an integral without bounds")
    return sympy.Integral(of(integrand), (sympy.Symbol(name, real=True), of(node[2]), of(node[3])))


def _without_differential(node: Node) -> tuple[Node, str]:
    """The integrand and the x of a trailing `dx`, which was read as a product of letters."""
    if node[0] == "*" and node[2][0] == "v" and node[1] == ("v", "d"):
        return ("n", Fraction(1)), node[2][1]
    if node[0] == "*" and node[2][0] == "v" and node[1][0] == "*" and node[1][2] == ("v", "d"):
        return node[1][1], node[2][1]
    if node[0] in ("+", "*"):
        right, name = _without_differential(node[2])
        return (node[0], node[1], right), name
    if node[0] in ("neg", "/"):
        top, name = _without_differential(node[1])
        return (node[0], top, *node[2:]), name
    raise Unsupported("an integral without dx")


def _limit(node: Node, of: Callable[[Node], Any]) -> Any:
    to = node[2]
    if to is None or to[0] != "rel" or to[1] != ("->",) or to[2][0][0] != "v":
        raise Unsupported("a limit without an arrow")
    target, side = to[2][1], "+-"
    if target[0] == "^" and target[2] in (("+",), ("-",)):
        raise Unsupported("a limit from one side")
    symbol = sympy.Symbol(to[2][0][1], real=True)
    infinite = of(target).is_infinite
    return sympy.limit(of(node[1]), symbol, of(target), "-" if infinite else side)


def _series(node: Node, of: Callable[[Node], Any]) -> Any:
    bounds = counted(node)
    if bounds is None:
        raise Unsupported("a sum without plain bounds")
    name, first, last = bounds
    operator = sympy.Sum if node[0] == "sum" else sympy.Product
    return operator(of(node[1]), (sympy.Symbol(name, real=True), of(first), of(last)))


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "cot": sympy.cot, "sec": sympy.sec,
    "csc": sympy.csc, "arcsin": sympy.asin, "arccos": sympy.acos, "arctan": sympy.atan,
    "sinh": sympy.sinh, "cosh": sympy.cosh, "tanh": sympy.tanh, "ln": sympy.log, "log": sympy.log,
    "exp": sympy.exp, "abs": sympy.Abs, "factorial": sympy.factorial, "binom": sympy.binomial,
    "gcd": lambda *values: sympy.gcd_list(list(values)),
    "lcm": lambda *values: sympy.lcm_list(list(values)),
}  # fmt: skip
_BUILD: dict[str, Build] = {
    "n": _number,
    "c": _constant,
    "v": lambda node, _: sympy.Symbol(node[1], real=True),
    "+": lambda node, of: of(node[1]) + of(node[2]),
    "*": lambda node, of: of(node[1]) * of(node[2]),
    "/": lambda node, of: of(node[1]) / of(node[2]),
    "neg": lambda node, of: -of(node[1]),
    "mixed": lambda node, of: of(node[1]) + of(node[2]),
    "^": _power,
    "root": lambda node, of: sympy.Pow(of(node[1]), 1 / of(node[2])),
    "f": _function,
    "int": _integral,
    "lim": _limit,
    "sum": _series,
    "prod": _series,
}


# and back

_NAMES = {
    sympy.sin: "sin", sympy.cos: "cos", sympy.tan: "tan", sympy.log: "ln", sympy.atan: "arctan",
    sympy.asin: "arcsin", sympy.acos: "arccos", sympy.exp: "exp", sympy.Abs: "abs",
    sympy.sinh: "sinh", sympy.cosh: "cosh", sympy.tanh: "tanh", sympy.asinh: "arsinh",
    sympy.factorial: "factorial", sympy.gamma: "gamma", sympy.binomial: "binom",
}  # fmt: skip
_ATOMS = {sympy.pi: "pi", sympy.E: "e", sympy.I: "i", sympy.oo: "oo"}


def _tree(value: Any) -> Node:
    if value in _ATOMS:
        return ("c", _ATOMS[value])
    if value == -sympy.oo:
        return ("neg", ("c", "oo"))
    if value.is_Rational:
        return ("n", Fraction(int(value.p), int(value.q)))
    if value.is_Symbol:
        return ("v", value.name)
    if value.is_Add or value.is_Mul:
        operator = "+" if value.is_Add else "*"
        node = _tree(value.args[0])
        for part in value.args[1:]:
            node = (operator, node, _tree(part))
        return node
    if value.is_Pow:
        return ("^", _tree(value.base), _tree(value.exp))
    if value.func in _NAMES:
        return ("f", _NAMES[value.func], tuple(_tree(argument) for argument in value.args))
    raise Unsupported(f"a result with {value.func.__name__}")
