"""The value of a literal in test code, read without running it: as `ast.literal_eval`, with bounded
arithmetic (10**12, [0] * 9), set() and float("inf")."""

from __future__ import annotations

import ast
from typing import Any

_BITS_LIMIT = 1 << 16
_ITEMS_LIMIT = 1_000_000
_MAKERS = {"set": set, "frozenset": frozenset, "list": list, "tuple": tuple, "dict": dict}


class NotSimple(Exception):
    """The test code must be run to know what it asks."""


class Literals:
    """Reads the literals of one test source, which may together grow by so many items and bits."""

    def __init__(self) -> None:
        self._items, self._bits = _ITEMS_LIMIT, 64 * _BITS_LIMIT

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
                return {self.value(k): self.value(v) for k, v in _pairs(node)}
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
        numbers = all(type(side) in (int, float, complex) for side in (left, right))
        try:
            if isinstance(op, ast.Pow) and numbers:
                return self._power(left, right)
            if isinstance(op, ast.Mult):
                return self._product(left, right, numbers)
            if isinstance(op, ast.Add) and not numbers:
                return self._joined(left, right)
            if isinstance(op, ast.Add) and numbers:
                return left + right
            if isinstance(op, ast.Sub) and numbers:
                return left - right
            if isinstance(op, ast.Div) and numbers:
                return left / right
        except (ArithmeticError, ValueError, TypeError):
            pass
        raise NotSimple

    def _power(self, base: Any, exponent: Any) -> Any:
        if type(base) is int and type(exponent) is int:
            if exponent < 0:
                raise NotSimple
            self._use_bits(base.bit_length() * exponent)
        return base**exponent

    def _product(self, left: Any, right: Any, numbers: bool) -> Any:
        if numbers:
            if type(left) is type(right) is int:
                self._use_bits(left.bit_length() + right.bit_length())
            return left * right
        sequence, count = (right, left) if type(left) is int else (left, right)
        if type(sequence) not in (str, list, tuple) or type(count) is not int:
            raise NotSimple
        self._use_items(len(sequence) * count)
        return sequence * count

    def _joined(self, left: Any, right: Any) -> Any:
        if type(left) is not type(right) or type(left) not in (str, list, tuple):
            raise NotSimple
        self._use_items(len(left) + len(right))
        return left + right

    def _use_bits(self, bits: int) -> None:
        self._bits -= max(bits, 0)
        if bits > _BITS_LIMIT or self._bits < 0:
            raise NotSimple

    def _use_items(self, items: int) -> None:
        self._items -= max(items, 0)
        if self._items < 0:
            raise NotSimple


def _pairs(node: ast.Dict) -> Any:
    return zip(node.keys, node.values, strict=True)


def _signed(value: Any, op: ast.unaryop) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | complex):
        raise NotSimple
    if isinstance(op, ast.USub):
        return -value
    if isinstance(op, ast.UAdd):
        return value
    raise NotSimple
