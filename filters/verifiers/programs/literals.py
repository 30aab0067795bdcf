"""The value of a literal in test code, read without running it: as `ast.literal_eval`, with bounded
arithmetic (10**12, [0] * 9), set() and float("inf")."""

from __future__ import annotations

import ast
import operator
from typing import Any

_ROOM = 1 << 20  # items and bits: far more than an honest test makes, made in a moment
_NUMBERS, _SEQUENCES = {int, float, complex}, {str, list, tuple}
_OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_MAKERS = {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict}


class NotSimple(Exception):
    """The test code must be run to know what it asks."""


class Literals:
    """Reads the literals of one test source, whose sums and products share one room."""

    def __init__(self) -> None:
        self._room = _ROOM

    def value(self, node: ast.expr) -> Any:
        """NotSimple on whatever is no literal, or too large."""
        if isinstance(node, ast.Constant):
            if node.value is Ellipsis:
                raise NotSimple
            return node.value
        if isinstance(node, ast.UnaryOp):
            return _signed(self.value(node.operand), node.op)
        if isinstance(node, ast.BinOp):
            return self._worked_out(self.value(node.left), node.op, self.value(node.right))
        try:
            if isinstance(node, ast.List | ast.Tuple | ast.Set):
                items = [self.value(item) for item in node.elts]
                return {ast.List: list, ast.Tuple: tuple, ast.Set: set}[type(node)](items)
            if isinstance(node, ast.Dict) and None not in node.keys:
                pairs = zip(node.keys, node.values, strict=True)
                return {self.value(k): self.value(v) for k, v in pairs}  # type: ignore[arg-type]
            if isinstance(node, ast.Call):
                return self._made(node)
        except (TypeError, ValueError, OverflowError):  # what cannot be hashed, or is no number
            pass
        raise NotSimple

    def _made(self, node: ast.Call) -> Any:
        """set([1, 2]), tuple(), float("nan")"""
        if not isinstance(node.func, ast.Name) or node.keywords or len(node.args) > 1:
            raise NotSimple
        arguments = [self.value(argument) for argument in node.args]
        name = node.func.id
        if name == "float" and arguments and type(arguments[0]) in (str, int, float):
            return float(arguments[0])
        if name in _MAKERS and all(type(a) in (list, tuple, set, str, dict) for a in arguments):
            return _MAKERS[name](*arguments)
        raise NotSimple

    def _worked_out(self, left: Any, op: ast.operator, right: Any) -> Any:
        """Two numbers, two sequences of one kind, or a sequence so many times."""
        times = isinstance(op, ast.Mult)
        if times and type(left) is int and type(right) in _SEQUENCES:
            left, right = right, left
        kinds = {type(left), type(right)}
        many = times and type(left) in _SEQUENCES and type(right) is int
        joined = isinstance(op, ast.Add) and len(kinds) == 1 and kinds <= _SEQUENCES
        if type(op) not in _OPERATORS or not (kinds <= _NUMBERS or many or joined):
            raise NotSimple
        power = isinstance(op, ast.Pow) and kinds == {int}
        self._room -= max(_size(left) * right if many or power else _size(left) + _size(right), 0)
        if self._room < 0:
            raise NotSimple
        try:
            return _OPERATORS[type(op)](left, right)
        except ArithmeticError:
            raise NotSimple from None


def _size(value: Any) -> int:
    if type(value) is int:
        return value.bit_length()
    return len(value) if type(value) in _SEQUENCES else 0


def _signed(value: Any, op: ast.unaryop) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise NotSimple
    if isinstance(op, ast.USub):
        return -value
    if isinstance(op, ast.UAdd):
        return value
    raise NotSimple
