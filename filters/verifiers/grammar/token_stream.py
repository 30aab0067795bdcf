"""The tokens of one answer as the parts of the parser see them, with its limits and its state."""

from __future__ import annotations

from abc import ABC, abstractmethod

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.tokens import Token, TooLarge, Unparseable
from filters.verifiers.grammar.vocabulary import COMMAND_BRACKETS

MAX_DEPTH = 40
"""Open brackets, arguments and exponents inside each other; about twelve Python frames each."""
END = Token("end", "", False)


class Stream(ABC):
    def __init__(self, tokens: list[Token], letters_are_units: bool) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.nesting = 0  # of lists: a comma inside brackets separates, it groups no digits
        self.integrals = 0
        self.bars = 0  # open |…| or a set-builder: a bar then closes and never opens
        self.letters_are_units = letters_are_units

    def peek(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def take(self) -> Token:
        token = self.peek()
        self.place += 1
        return token

    def at(self, *signs: str) -> bool:
        token = self.peek()
        return token.kind == "sign" and token.text in signs

    def at_command(self, *names: str) -> bool:
        token = self.peek()
        return token.kind == "cmd" and token.text in names

    def expect(self, sign: str) -> None:
        if self.bracket() != sign:
            raise Unparseable(f"expected {sign!r} before {self.peek().text!r}")
        self.place += 1

    def bracket(self) -> str | None:
        """The bracket or bar that stands next, whichever way it is spelled."""
        token = self.peek()
        if token.kind == "sign":
            return token.text
        return COMMAND_BRACKETS.get(token.text) if token.kind == "cmd" else None

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge(f"nested deeper than {MAX_DEPTH}")

    # the grammar, as its parts call each other

    @abstractmethod
    def items(self) -> Node:
        """A list of relations, or the only one."""

    @abstractmethod
    def relation(self) -> Node: ...

    @abstractmethod
    def set_expression(self) -> Node: ...

    @abstractmethod
    def sum(self) -> Node: ...

    @abstractmethod
    def term(self) -> Node: ...

    @abstractmethod
    def factor(self) -> Node: ...

    @abstractmethod
    def power(self) -> Node: ...

    @abstractmethod
    def postfix(self, node: Node) -> Node: ...

    @abstractmethod
    def exponent(self) -> Node: ...

    @abstractmethod
    def starts_factor(self) -> bool: ...

    @abstractmethod
    def answer(self) -> Node: ...

    @abstractmethod
    def atom(self) -> Node: ...

    @abstractmethod
    def braces(self) -> Node: ...

    @abstractmethod
    def brackets(self) -> Node: ...

    @abstractmethod
    def argument(self) -> Node: ...

    @abstractmethod
    def single(self, whole: bool = False) -> Node: ...
