"""Integrals, limits, infinite sums and greatest common divisors: worked out by sympy, in a worker.

A sympy expression is built node by node from our own tree; no text of an answer ever reaches a
sympy parser. The result comes back as a tree. What sympy cannot do in its time, the parent ends.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import sympy

from filters.verifiers.equality.numeric import MAX_TERMS
from filters.verifiers.equality.rational import NotRational, Undecided, rational
from filters.verifiers.grammar.nodes import Node, counted, free_names
from filters.verifiers.grammar.tokens import TooLarge

MAX_NODES = 80
MAX_POWER = 1_000
_OPERATORS = frozenset(("int", "lim", "sum", "prod"))
_UNSOLVED = (sympy.Integral, sympy.Limit, sympy.Sum, sympy.Product, sympy.nan, sympy.zoo)


def resolved(node: Node) -> Node:
    """The tree with integrals, limits, sums and the like replaced by their values."""
    of_formulas = node[0] == "f" and node[1] in ("gcd", "lcm") and free_names(node)
    if of_formulas or (node[0] in _OPERATORS and not _adds_up(node)):
        return _worked_out(node)
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


def _worked_out(node: Node) -> Node:
    try:
        value = _sympy(node, [MAX_NODES])
        value = value.doit() if hasattr(value, "doit") else value
    except (Undecided, MemoryError, RecursionError):
        raise
    except Exception as reason:  # sympy raises whatever it likes on what it cannot do
        raise Undecided(f"{node[0]}: {type(reason).__name__} in sympy") from None
    if value.has(*_UNSOLVED):
        raise Undecided(f"{node[0]} without a closed form")
    return _tree(value)


def _sympy(node: Node, budget: list[int]) -> Any:
    budget[0] -= 1
    if budget[0] < 0:
        raise Undecided("too long a formula to work out")
    build = _BUILD.get(node[0])
    if build is None:
        raise Undecided(f"{node[0]} inside an operator")
    return build(node, lambda part: _sympy(part, budget))


Build = Callable[[Node, Callable[[Node], Any]], Any]


def _symbol(name: str) -> Any:
    return sympy.Symbol(name, real=True)


def _power(node: Node, of: Callable[[Node], Any]) -> Any:
    base, exponent = of(node[1]), of(node[2])
    if exponent.is_number and base.is_number and abs(exponent) > MAX_POWER:
        raise Undecided("too high a power to work out")
    return sympy.Pow(base, exponent)


def _function(node: Node, of: Callable[[Node], Any]) -> Any:
    function = _FUNCTIONS.get(node[1])
    if function is None:
        raise Undecided(f"{node[1]} inside an operator")
    return function(*(of(argument) for argument in node[2]))


def _integral(node: Node, of: Callable[[Node], Any]) -> Any:
    integrand, name = _without_differential(node[1])
    if node[2] is None or node[3] is None:
        raise Undecided("an integral without bounds")
    return sympy.Integral(of(integrand), (_symbol(name), of(node[2]), of(node[3])))


def _without_differential(node: Node) -> tuple[Node, str]:
    """The integrand and the x of a trailing `dx`, which was read as a product of letters."""
    if node[0] == "*" and node[2][0] == "v":
        if node[1] == ("v", "d"):
            return ("n", Fraction(1)), node[2][1]
        if node[1][0] == "*" and node[1][2] == ("v", "d"):
            return node[1][1], node[2][1]
    if node[0] in ("+", "*"):
        right, name = _without_differential(node[2])
        return (node[0], node[1], right), name
    if node[0] in ("neg", "/"):
        top, name = _without_differential(node[1])
        return (node[0], top, *node[2:]), name
    raise Undecided("an integral without dx")


def _limit(node: Node, of: Callable[[Node], Any]) -> Any:
    to = node[2]
    if to is None or to[:2] != ("rel", ("->",)) or to[2][0][0] != "v":
        raise Undecided("a limit without an arrow")
    variable, target = to[2][0][1], of(to[2][1])
    return sympy.limit(of(node[1]), _symbol(variable), target, "-" if target.is_infinite else "+-")


def _series(node: Node, of: Callable[[Node], Any]) -> Any:
    bounds = counted(node)
    if bounds is None:
        raise Undecided("a sum without plain bounds")
    name, first, last = bounds
    operator = sympy.Sum if node[0] == "sum" else sympy.Product
    return operator(of(node[1]), (_symbol(name), of(first), of(last)))


_BOTH_WAYS: dict[str, Callable[..., Any]] = {
    "sin": sympy.sin, "cos": sympy.cos, "tan": sympy.tan, "arcsin": sympy.asin,
    "arccos": sympy.acos, "arctan": sympy.atan, "sinh": sympy.sinh, "cosh": sympy.cosh,
    "tanh": sympy.tanh, "ln": sympy.log, "exp": sympy.exp, "abs": sympy.Abs,
    "factorial": sympy.factorial, "binom": sympy.binomial,
}  # fmt: skip
_FUNCTIONS = _BOTH_WAYS | {
    "cot": sympy.cot, "sec": sympy.sec, "csc": sympy.csc, "log": sympy.log,
    "gcd": lambda *values: sympy.gcd_list(list(values)),
    "lcm": lambda *values: sympy.lcm_list(list(values)),
}  # fmt: skip
_CONSTANTS = {"pi": sympy.pi, "e": sympy.E, "i": sympy.I, "oo": sympy.oo}
_BUILD: dict[str, Build] = {
    "n": lambda node, _: sympy.Rational(node[1].numerator, node[1].denominator),
    "c": lambda node, _: _CONSTANTS[node[1]],
    "v": lambda node, _: _symbol(node[1]),
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

_NAMES = {theirs: name for name, theirs in _BOTH_WAYS.items()} | {
    sympy.asinh: "arsinh",
    sympy.gamma: "gamma",
}
_ATOMS = {theirs: ("c", name) for name, theirs in _CONSTANTS.items()}


def _tree(value: Any) -> Node:
    if value in _ATOMS:
        return _ATOMS[value]
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
    raise Undecided(f"a result with {value.func.__name__}")
