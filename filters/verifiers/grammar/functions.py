"""Functions, roots, matrices and big operators: what takes arguments."""

from __future__ import annotations

import re

from filters.verifiers.grammar.nodes import Node, number
from filters.verifiers.grammar.token_stream import END
from filters.verifiers.grammar.tokens import UnknownCommand, Unparseable
from filters.verifiers.grammar.unit_reader import UnitReader
from filters.verifiers.grammar.vocabulary import (
    ALIASES,
    ARGUMENTS,
    FAMILIES,
    FUNCTIONS,
    INVERSE,
    MATRICES,
    SYSTEMS,
)


class Functions(UnitReader):
    def root(self, name: str) -> Node:
        degree = number(3 if name == "cuberoot" else 2)
        if name != "sqrt":  # the unicode sign, which takes the whole number after it
            return ("root", self.postfix(self.atom()), degree)
        if self.at("["):
            self.take()
            degree = self.sum()
            self.expect("]")
        if self.bracket() == "(":
            return ("root", self.brackets(), degree)
        return ("root", self.argument(), degree)

    def function(self, name: str) -> Node:
        if name in ("sqrt", "cbrt"):
            return ("root", self.postfix(self.atom()), number(2 if name == "sqrt" else 3))
        base, exponent = self.scripts()
        if exponent == ("neg", number(1)) and name in INVERSE:
            name, exponent = INVERSE[name], None
        arguments = self.function_arguments()
        if base is not None:
            if name not in ("log", "lg"):
                raise Unparseable(f"a subscript on {name}")
            arguments = (*arguments, base)
        node = applied(name, arguments)
        return ("^", node, exponent) if exponent is not None else node

    def function_arguments(self) -> tuple[Node, ...]:
        if self.bracket() == "(":
            return self.arguments()
        self.deeper()
        node = self.factor() if self.at("-", "+") else self.power()
        while self.starts_factor() and not self.at_function() and not self.at_differential():
            if self.bracket() in ("(", "[") or self.unit_of(node) is not None:
                break
            node = ("*", node, self.power())
        while self.at("/") and self.peek(1).kind == "num":
            self.take()
            node = ("/", node, self.power())
        self.depth -= 1
        return node[1] if node[0] == "list" else (node,)

    def at_differential(self) -> bool:
        """At the `dx` of an integral."""
        token = self.peek()
        return bool(self.integrals and token.kind == "word" and _DIFFERENTIAL.fullmatch(token.text))

    def at_function(self) -> bool:
        token = self.peek()
        return token.kind in ("cmd", "word") and (
            token.text in FUNCTIONS or (token.text in ALIASES and token.text != "root")
        )

    def arguments(self) -> tuple[Node, ...]:
        self.take()
        saved, self.bars = self.bars, 0
        node = self.items()
        self.bars = saved
        self.expect(")")
        return node[1] if node[0] == "list" else (node,)

    def environment(self) -> Node:
        name = self.environment_name()
        if name in SYSTEMS:
            return self.system()
        if name not in MATRICES:
            raise Unparseable(f"environment {name}")
        if name == "array" and self.at("{"):
            while not self.at("}") and self.peek() is not END:
                self.take()
            self.expect("}")
        rows: list[tuple[Node, ...]] = []
        row: list[Node] = []
        while not self.at_command("end"):
            if self.at("&"):
                self.take()
            elif self.at_command("\\"):
                self.take()
                if row:
                    rows.append(tuple(row))
                row = []
            else:
                row.append(self.relation())
        self.take()
        if self.environment_name() != name:
            raise Unparseable("an environment that ends as another")
        if row:
            rows.append(tuple(row))
        if not rows or len({len(r) for r in rows}) != 1:
            raise Unparseable("a matrix with uneven rows")
        node: Node = ("matrix", tuple(rows))
        return ("f", "det", (node,)) if name == "vmatrix" else node

    def system(self) -> Node:
        """The lines of `cases` or `aligned`: a list of what they say."""
        found: list[Node] = []
        while not self.at_command("end"):
            if self.at("&", ",", ";") or self.at_command("\\"):
                self.take()
            else:
                found.append(self.relation())
        self.take()
        self.environment_name()
        if not found:
            raise Unparseable("an empty system")
        return found[0] if len(found) == 1 else ("list", tuple(found))

    def environment_name(self) -> str:
        self.expect("{")
        name = self.take().text
        if self.at("*"):
            self.take()
        self.expect("}")
        return name

    def scripts(self) -> tuple[Node | None, Node | None]:
        """What stands lowered and what stands raised behind a function or a big operator."""
        low = high = None
        while self.at("_", "^"):
            if self.take().text == "_":
                low = self.braces() if self.at("{") else self.single()
            else:
                high = self.exponent()
        return low, high

    def big_operator(self, name: str) -> Node:
        low, high = self.scripts()
        self.deeper()
        self.integrals += name == "int"
        body = self.sum() if name == "int" else self.term()
        self.integrals -= name == "int"
        self.depth -= 1
        return (name, body, low, high)


def applied(name: str, arguments: tuple[Node, ...]) -> Node:
    """A function of that many arguments, or `Unparseable`: `floor(1, 2)` is no value."""
    fewest, most = ARGUMENTS.get(name, (1, 1))
    if fewest <= len(arguments) <= most:
        return ("f", name, arguments)
    unknown = UnknownCommand if name in FAMILIES else Unparseable
    raise unknown(f"{name} of {len(arguments)} arguments")


_DIFFERENTIAL = re.compile(r"d[a-z]")
