"""TeX environments: matrices, and the lines of `cases`, `aligned` and the like."""

from __future__ import annotations

from filters.verifiers.grammar.expressions import Expressions
from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.token_stream import END
from filters.verifiers.grammar.tokens import Unparseable
from filters.verifiers.grammar.vocabulary import MATRICES, SYSTEMS


def read_environment(stream: Expressions) -> Node:
    """What stands between `\\begin`, which is taken already, and `\\end`."""
    name = _name(stream)
    if name == "array" and stream.skip("{"):
        while not stream.skip("}"):
            if stream.take() is END:
                raise Unparseable("columns that never end")
    if name not in MATRICES | SYSTEMS:
        raise Unparseable(f"environment {name}")
    rows = _rows(stream, ("&", ",", ";") if name in SYSTEMS else ("&",))
    if _name(stream) != name and name in MATRICES:
        raise Unparseable("an environment that ends as another")
    if name in SYSTEMS:  # a list of what its lines say
        said = tuple(entry for row in rows for entry in row)
        return said[0] if len(said) == 1 else ("list", said)
    if len({len(row) for row in rows}) != 1:
        raise Unparseable("a matrix with uneven rows")
    node: Node = ("matrix", tuple(map(tuple, rows)))
    return ("f", "det", (node,)) if name == "vmatrix" else node


def _rows(stream: Expressions, joints: tuple[str, ...]) -> list[list[Node]]:
    """The entries up to `\\end`, which is taken, line by line."""
    rows: list[list[Node]] = [[]]
    while not stream.at_command("end"):
        if stream.at_command("\\"):
            stream.take()
            rows.append([])
        elif not stream.skip(*joints):
            rows[-1].append(stream.relation())
    stream.take()
    filled = [row for row in rows if row]
    if not filled:
        raise Unparseable("an empty environment")
    return filled


def _name(stream: Expressions) -> str:
    stream.expect("{")
    name = stream.take().text
    stream.skip("*")
    stream.expect("}")
    return name
