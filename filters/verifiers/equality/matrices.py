"""Matrices of trees: sums, multiples, products; columns and rows as vectors."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from filters.verifiers.grammar.nodes import Node, number

MAX_PRODUCTS = 200
"""of entries, in a product of matrices"""
_ARITHMETIC = ("+", "*", "/", "neg", "^", "root", "label")
Rows = tuple[tuple[Node, ...], ...]


def holds_matrix(node: Node) -> bool:
    """Whether a value is computed from matrices."""
    below = node[1:] if node[0] in _ARITHMETIC else ()
    return node[0] == "matrix" or any(map(holds_matrix, below))


def matrix_value(node: Node) -> Rows | None:
    """The entries of a matrix, sums and multiples worked out; None for what is not that."""
    kind = node[0]
    if kind == "matrix":
        return tuple(node[1])
    if kind == "neg":
        rows = matrix_value(node[1])
        return _each(rows, lambda entry: ("neg", entry)) if rows else None
    if kind not in ("+", "*", "/"):
        return None
    left, right = matrix_value(node[1]), matrix_value(node[2])
    if left and right:
        return {"+": _sum, "*": _product}[kind](left, right) if kind != "/" else None
    if left and kind != "+":
        return _each(left, lambda entry: (kind, entry, node[2]))
    return _each(right, lambda entry: ("*", node[1], entry)) if right and kind == "*" else None


def _each(rows: Rows, change: Callable[[Node], Node]) -> Rows:
    return tuple(tuple(map(change, row)) for row in rows)


def _add(left: Node, right: Node) -> Node:
    return ("+", left, right)


def _sum(left: Rows, right: Rows) -> Rows | None:
    if [len(row) for row in left] != [len(row) for row in right]:
        return None
    return tuple(tuple(map(_add, *rows)) for rows in zip(left, right, strict=True))


def _product(left: Rows, right: Rows) -> Rows | None:
    if len(left[0]) != len(right) or len(left) * len(right) * len(right[0]) > MAX_PRODUCTS:
        return None
    columns = tuple(zip(*right, strict=True))
    return tuple(
        tuple(
            reduce(_add, [("*", a, b) for a, b in zip(row, column, strict=True)])
            for column in columns
        )
        for row in left
    )


def determinant(rows: Rows) -> Node | None:
    """By the first row, of matrices up to four by four."""
    if len(rows) > 4 or any(len(row) != len(rows) for row in rows):
        return None
    if len(rows) == 1:
        return rows[0][0]
    total = number(0)
    for column, entry in enumerate(rows[0]):
        minor = determinant(tuple(row[:column] + row[column + 1 :] for row in rows[1:]))
        term: Node = ("*", entry, minor)
        total = ("+", total, ("neg", term) if column % 2 else term)
    return total
