"""The tokens of one answer, walked from left to right."""

from __future__ import annotations

from filters.verifiers.grammar.tokens import Token, Unparseable
from filters.verifiers.grammar.vocabulary import COMMAND_BRACKETS

END = Token("end", "", False)


class Stream:
    def __init__(self, tokens: list[Token], letters_are_units: bool) -> None:
        self.tokens = tokens
        self.place = 0
        self.letters_are_units = letters_are_units
        """read the m of "5 m" as metres, not as a variable"""
        self.nesting = 0
        """of lists: a comma inside brackets separates, it groups no digits"""

    def peek(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else END

    def take(self) -> Token:
        token = self.peek()
        self.place += 1
        return token

    def cut(self, length: int) -> str:
        """The first characters of the next token, taken; the others stay."""
        token = self.peek()
        if length < len(token.text):
            self.tokens[self.place] = Token(token.kind, token.text[length:], False)
        else:
            self.place += 1
        return token.text[:length]

    def at(self, *signs: str) -> bool:
        token = self.peek()
        return token.kind == "sign" and token.text in signs

    def at_command(self, *names: str) -> bool:
        token = self.peek()
        return token.kind == "cmd" and token.text in names

    def skip(self, *signs: str) -> bool:
        """Past one of the signs, if one stands next."""
        found = self.at(*signs)
        self.place += found
        return found

    def expect(self, bracket: str) -> None:
        if self.bracket() != bracket:
            raise Unparseable(f"expected {bracket!r} before {self.peek().text!r}")
        self.place += 1

    def bracket(self) -> str | None:
        """The bracket, bar or other sign that stands next, whichever way it is spelled."""
        token = self.peek()
        if token.kind == "sign":
            return "|" if token.text == "\\|" else token.text
        return COMMAND_BRACKETS.get(token.text) if token.kind == "cmd" else None
