"""Units behind a value, money before it, degrees above it."""

from __future__ import annotations

from filters.verifiers.grammar.nodes import Node, whole
from filters.verifiers.grammar.numbers import Literals
from filters.verifiers.grammar.tokens import Token, Unparseable
from filters.verifiers.grammar.units import UNITS
from filters.verifiers.grammar.vocabulary import FUNCTIONS, POWER_WORDS


class UnitReader(Literals):
    def unit_of(self, value: Node) -> Node | None:
        """`value` with the unit that stands next, if one does."""
        if value[0] in ("u", "tuple", "set", "list", "matrix", "text", "compound"):
            return None
        start = self.place
        unit: list[tuple[str, int]] = []
        sign = 1
        while True:
            raised = self.raised_by_word()
            name = self.unit_name(self.peek(), first=not unit)
            if name is None:
                break
            self.take()
            unit.append((name, sign * (raised or self.unit_power())))
            sign, here = 1, self.place
            if self.at("/") or self.peek().text in ("per", "p"):
                self.take()
                sign = -1
            elif self.at_command("cdot", "times") or self.at("*"):
                self.take()
            if self.unit_name(self.peek(), first=False) is None:
                self.place = here
                break
        if not unit:
            self.place = start
            return None
        return ("u", value, tuple(unit))

    def raised_by_word(self) -> int:
        """Past the `square` of "square feet" and the like, if a unit of length follows."""
        token = self.peek()
        words = token.text.split() if token.kind in ("word", "text") else []
        power = POWER_WORDS.get(words[0].lower(), 0) if words else 0
        if not power:
            return 0
        if len(words) == 1 and self.unit_name(self.peek(1), first=False):
            self.take()
            return power
        if len(words) == 2 and words[1] in UNITS:
            self.tokens[self.place] = Token("text", words[1], token.spaced)
            return power
        return 0

    def unit_name(self, token: Token, first: bool) -> str | None:
        if token.kind not in ("word", "text"):
            return token.text if token.kind == "sign" and token.text in "$€£¥" and first else None
        name = token.text.strip(" .")
        if name == "in" and self.peek(1).text in ("[", "(", "\\{", "{"):
            return None
        if token.kind == "word" and len(name) == 1 and name.isascii():
            if not self.letters_are_units or (first and not token.spaced):
                return None
            return name if name in UNITS else None
        if self.peek(1).text == "(" and name in FUNCTIONS:
            return None
        if name in UNITS:
            return name
        return name.lower() if name.lower() in UNITS else None

    def unit_power(self) -> int:
        if not self.at("^"):
            return 1
        start = self.place
        self.take()
        node = self.exponent()
        if node[0] == "neg" and whole(node[1]):
            return -int(node[1][1])
        if whole(node):
            return int(node[1])
        self.place = start
        raise Unparseable("a unit to a power that is no whole number")

    def money(self, sign: str) -> Node:
        negative = self.at("-") and bool(self.take())
        if self.peek().kind != "num":
            raise Unparseable("a currency sign without an amount")
        value = self.number()
        amount: Node = ("u", ("neg", value) if negative else value, ((sign, 1),))
        if self.at("/") or self.peek().text == "per":
            start = self.place
            self.take()
            if (name := self.unit_name(self.peek(), first=False)) is not None:
                self.take()
                return ("u", amount[1], ((sign, 1), (name, -1)))
            self.place = start
        return amount

    def degree_sign(self) -> bool:
        """Past `\\circ`, `{\\circ}` or `o`; the caret is already taken."""
        if self.at_command("circ", "degree"):
            self.take()
            return True
        if self.at("{") and [self.peek(n).text for n in (1, 2)] == ["circ", "}"]:
            self.place += 3
            return True
        return False

    def degrees(self, node: Node) -> Node:
        token = self.peek()
        if token.kind in ("word", "text") and token.text in ("C", "F", "K"):
            self.take()
            return ("u", node, ((f"°{token.text}", 1),))
        return ("u", node, (("°", 1),))
