"""Matrices of trees: sums, multiples, products; columns and rows as vectors."""

from __future__ import annotations

from filters.verifiers.grammar.nodes import Node, number


def holds_matrix(node: Node) -> bool:
    if node[0] == "matrix":
        return True
    if node[0] in ("n", "v", "c", "text", "f", "u"):
        return False
    return any(
        holds_matrix(part)
        for part in node[1:]
        if isinstance(part, tuple) and part and isinstance(part[0], str)
    )


def matrix_value(node: Node) -> tuple[tuple[Node, ...], ...] | None:
    """The entries of a matrix, sums and multiples worked out; None for what is not that."""
    if node[0] == "matrix":
        return node[1] if isinstance(node[1], tuple) else None
    if node[0] == "neg" and (rows := matrix_value(node[1])) is not None:
        return tuple(tuple(("neg", entry) for entry in row) for row in rows)
    if node[0] not in ("+", "*", "/"):
        return None
    left, right = matrix_value(node[1]), matrix_value(node[2])
    if node[0] == "+":
        if left is None or right is None or [len(r) for r in left] != [len(r) for r in right]:
            return None
        return tuple(
            tuple(("+", a, b) for a, b in zip(x, y, strict=True))
            for x, y in zip(left, right, strict=True)
        )
    if left is not None and right is not None:
        return _matrix_product(left, right) if node[0] == "*" else None
    if left is None and right is not None and node[0] == "*":
        return tuple(tuple(("*", node[1], entry) for entry in row) for row in right)
    if left is not None:
        return tuple(tuple((node[0], entry, node[2]) for entry in row) for row in left)
    return None


def _matrix_product(
    left: tuple[tuple[Node, ...], ...], right: tuple[tuple[Node, ...], ...]
) -> tuple[tuple[Node, ...], ...] | None:
    if len(left[0]) != len(right) or len(left) * len(right) * len(right[0]) > 200:
        return None

    def entry(row: tuple[Node, ...], column: int) -> Node:
        total: Node = ("*", row[0], right[0][column])
        for place in range(1, len(row)):
            total = ("+", total, ("*", row[place], right[place][column]))
        return total

    return tuple(tuple(entry(row, c) for c in range(len(right[0]))) for row in left)


def determinant(rows: tuple[tuple[Node, ...], ...]) -> Node | None:
    """By the first row, of matrices up to four by four."""
    if len(rows) > 4 or any(len(row) != len(rows) for row in rows):
        return None
    if len(rows) == 1:
        return rows[0][0]
    total: Node = number(0)
    for column, entry in enumerate(rows[0]):
        minor = determinant(tuple(row[:column] + row[column + 1 :] for row in rows[1:]))
        if minor is None:
            return None
        term: Node = ("*", entry, minor)
        total = ("+", total, ("neg", term) if column % 2 else term)
    return total
