"""The upper half of the grammar: lists, relations, sums, products, powers, and brackets.

Recursive descent over the tokens, one pass, with its length, depth and number of terms limited. The
lower half, from which a tree grows, is `parser.py`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from filters.verifiers.grammar.nodes import (
    Node,
    as_set,
    letter,
    mixed,
    negated,
    number,
    spelling,
    unsigned,
    whole,
)
from filters.verifiers.grammar.token_stream import END, Stream
from filters.verifiers.grammar.tokens import Token, TooLarge, Unparseable
from filters.verifiers.grammar.unit_reader import CURRENCIES, degree_sign, degrees, rate, with_unit
from filters.verifiers.grammar.vocabulary import NOT_A_FACTOR, RELATIONS, SETS
from filters.verifiers.grammar.words import CONNECTIVES

MAX_TERMS = 150
MAX_DEPTH = 40
"""Open brackets, arguments and exponents inside each other; about twelve Python frames each."""
_SIGNS = {"/": "/", "div": "/"} | dict.fromkeys(("*", "cdot", "times", "ast"), "*")


class Expressions(Stream, ABC):
    def __init__(self, tokens: list[Token], letters_are_units: bool, depth: int = 0) -> None:
        super().__init__(tokens, letters_are_units)
        self.depth = depth
        self.bars = 0
        """open |…| or a set-builder: a bar then closes and never opens"""

    @abstractmethod
    def atom(self) -> Node:
        """A number, a letter, a command with its arguments, or what stands in brackets."""

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge(f"nested deeper than {MAX_DEPTH}")

    def answer(self) -> Node:
        while self.at(".", ":", "=") and self.peek(1).text not in ("overline", "bar", "dot"):
            self.take()
        if self.peek() is END:
            raise Unparseable("nothing to read")
        node = self.items()
        while self.skip(".", ",", ";", "?"):
            pass
        if self.peek() is not END:
            raise Unparseable(f"cannot read from {self.peek().text!r} on")
        return node

    # lists and relations

    def items(self) -> Node:
        """A list of relations, or the only one."""
        self.nesting += 1
        found = [self.relation()]
        while self.separator():
            if self.peek() is END or self.bracket() in (")", "]", "}", "\\}"):
                break
            found.append(self.relation())
        self.nesting -= 1
        return found[0] if len(found) == 1 else ("list", tuple(found))

    def separator(self) -> bool:
        start = self.place
        while (
            self.at(",", ";")
            or self.at_command("\\", "lor", "land", "vee", "wedge")
            or self.at_connective()
        ):
            self.take()
        return self.place > start

    def at_connective(self) -> bool:
        token = self.peek()
        return token.kind in ("word", "text") and token.text.lower().strip(" ,;") in CONNECTIVES

    def relation(self) -> Node:
        operands, signs = [self.set_expression()], []
        while (sign := self.relation_sign()) is not None:
            if self.peek() is END:
                raise Unparseable("nothing after the relation sign")
            signs.append(sign)
            operands.append(self.set_expression())
        if not signs:
            return operands[0]
        if self.at_command("pmod") or (self.at("(") and self.peek(1).text in ("mod", "bmod")):
            operands.append(self.modulus())
        if "~" in signs:  # `a = b ≈ c`: the last exact operand and what it is said to be near to
            exact = operands[: signs.index("~") + 1]
            left = _relation(signs[: len(exact) - 1], exact) if len(exact) > 1 else exact[0]
            return ("approx", left, operands[-1])
        return _relation(signs, operands)

    def modulus(self) -> Node:
        """The 5 of `\\pmod 5`, `(mod 5)`: a third operand of the congruence."""
        if self.take().text == "pmod":
            return self.argument()
        self.take()
        node = self.sum()
        self.expect(")")
        return node

    def relation_sign(self) -> str | None:
        token, following = self.peek(), self.peek(1)
        if self.at_command("not"):
            negated = {"=": "!=", "in": "notin"}.get(following.text)
            self.place += 2 if negated else 0
            return negated
        word = token.kind == "word" and token.text == "in"
        if not word and (token.kind not in ("sign", "cmd") or token.text not in RELATIONS):
            return None
        if token.text == "!=" and following is END:
            return None
        return RELATIONS[self.take().text]

    def set_expression(self) -> Node:
        node = self.sum()
        while True:
            token = self.peek()
            if token.kind == "cmd" and token.text in SETS:
                self.take()
                node = (SETS[token.text], as_set(node), as_set(self.sum()))
            elif (self.at(":") and not self.bars) or (
                token.kind in ("word", "text") and token.text == "to"
            ):
                self.take()
                parts = node[1] if node[0] == "ratio" else (node,)
                node = ("ratio", (*parts, self.sum()))
            else:
                return node

    # arithmetic

    def sum(self) -> Node:
        node = self.term()
        for _ in range(MAX_TERMS):
            sign = self.peek().text
            if not self.at("+", "-") and not self.at_command("pm", "mp"):
                return node
            self.take()
            right = self.term()
            if sign in ("pm", "mp"):
                node = ("pm", node, right, sign)
            elif sign == "-" and right[0] == "set":
                node = ("minus", as_set(node), right)
            else:
                node = ("+", node, right if sign == "+" else ("neg", right))
        raise TooLarge(f"a sum of more than {MAX_TERMS} terms")

    def term(self) -> Node:
        node = self.factor()
        for _ in range(MAX_TERMS):
            token = self.peek()
            if self.at("*", "/") or self.at_command("cdot", "times", "div", "ast"):
                node = rate(self, node) or (_SIGNS[self.take().text], node, self.factor())
            elif token.kind in ("cmd", "word") and token.text in ("mod", "bmod"):
                self.take()
                node = ("f", "mod", (node, self.factor()))
            elif (measured := with_unit(self, node)) is not None:
                node = measured
            elif self.starts_factor():
                node = self.times(node)
            else:
                return node
        raise TooLarge(f"a product of more than {MAX_TERMS} factors")

    def starts_factor(self) -> bool:
        token = self.peek()
        if token.kind in ("word", "text"):
            return token.text not in ("", "in", "to") and not self.at_connective()
        if token.text in ("|", "\\|", "lvert", "vert", "lVert", "Vert"):
            return not self.bars
        if token.kind == "cmd":
            return token.text not in NOT_A_FACTOR
        return token.kind == "num" or token.text in ("(", "[", "\\{", "{", *CURRENCIES)

    def times(self, left: Node) -> Node:
        """The next factor, set beside the last: a mixed number, more units, or a product."""
        after_whole = self.tokens[self.place - 1].kind == "num" and whole(unsigned(left))
        fraction, spaced = self.at_command("frac", "dfrac", "tfrac", "cfrac"), self.peek().spaced
        right = self.power()
        if after_whole and fraction and right[0] == "/" and whole(right[1]) and whole(right[2]):
            return mixed(left, right)
        ends_in_number = self.tokens[self.place - 1].kind == "num"
        if after_whole and spaced and whole(right) and ends_in_number:
            below = self.power() if self.skip("/") else None
            if below is None or not whole(below):
                raise Unparseable("two numbers side by side")
            return mixed(left, ("/", right, below))
        if left[0] == right[0] == "n" and not ends_in_number:
            raise Unparseable("two numbers side by side")  # two three
        if left == ("v", "C") and right[0] == "tuple" and len(right[1]) == 2:
            return ("f", "binom", right[1])
        if left[0] in ("u", "compound") and (more := with_unit(self, right)) is not None:
            return ("compound", left, more) if left[0] == "u" else (*left, more)
        return ("*", left, right)

    def factor(self) -> Node:
        token = self.peek()
        if self.skip("-", "+"):
            self.deeper()
            node = self.factor()
            self.depth -= 1
            return negated(node) if token.text == "-" else node
        if token.kind == "word" and token.text.lower() in ("negative", "minus"):
            self.take()
            return ("neg", self.power())
        if self.at_command("pm", "mp"):
            self.take()
            return ("pm", None, self.factor(), token.text)
        return self.power()

    def power(self) -> Node:
        node = self.postfix(self.atom())
        if not self.skip("^", "**"):
            return node
        if degree_sign(self):
            return degrees(self, node)
        if self.at_command("prime") or self.at("'"):
            raise Unparseable("derivatives are compared as text")
        exponent = self.exponent()
        if self.at("_"):  # x^{2}_{ij} is x_{ij}^{2}
            node = self.subscript(node)
        return self.postfix(("^", node, exponent), raised=True)

    def exponent(self) -> Node:
        """What stands raised. TeX would raise one digit only; nobody means that by x^12."""
        if self.at("{"):
            return self.braces()
        if self.at("-", "+"):
            negative = self.take().text == "-"
            node = self.power()
            return ("neg", node) if negative else node
        self.deeper()
        node = self.atom()
        if self.skip("^", "**"):
            node = ("^", node, self.exponent())
        self.depth -= 1
        return node

    def postfix(self, node: Node, raised: bool = False) -> Node:
        while self.peek().kind in ("sign", "cmd"):
            if self.at("!") and not (self.peek(1).text == "=" and not self.peek(1).spaced):
                self.take()
                node = ("f", "factorial", (node,))
            elif self.at("_") and not raised:
                node = self.subscript(node)
            elif self.at("'"):
                node = self.primed(node)
            elif self.skip("%"):
                node = ("u", node, (("%", 1),))
            elif self.at_command("degree"):
                self.take()
                node = degrees(self, node)
            else:
                break
        return node

    def primed(self, node: Node) -> Node:
        if node[0] != "v":
            raise Unparseable("a prime after something that has no name")
        name = node[1]
        while self.skip("'"):
            name += "'"
        if self.at("{") and self.peek(1).text == "(":
            self.take()
            arguments = self.arguments()
            self.expect("}")
            return ("call", name, arguments)
        return ("call", name, self.arguments()) if self.bracket() == "(" else ("v", name)

    def subscript(self, node: Node) -> Node:
        self.take()
        inside = self.lowered()
        if whole(node) and inside[0] == "n":
            return ("base", str(node[1]), inside[1])
        if node[0] == "v":
            return ("v", f"{node[1]}_{spelling(inside)}")
        if node[:2] == ("f", "log"):
            return node
        raise Unparseable("a subscript on something that has no name")

    # brackets and arguments

    def lowered(self) -> Node:
        """What stands in braces, or one character without them."""
        if self.at("{") and self.peek(1).text in ("max", "min") and self.peek(2).text == "}":
            self.place += 3  # k_{\max}
            return ("v", self.tokens[self.place - 2].text)
        return self.braces() if self.at("{") else self.single()

    def argument(self) -> Node:
        """As `lowered`; of a command it may have a sign."""
        return ("neg", self.single()) if self.skip("-") else self.lowered()

    def single(self) -> Node:
        """One TeX argument without braces: a digit, a letter or a command."""
        token = self.peek()
        if token.kind == "num" and token.text[0] == ".":
            raise Unparseable("a point where a digit is to stand")
        if token.kind == "num":
            return number(int(self.cut(1)))
        if token.kind == "word" and len(token.text) > 1:
            return letter(self.cut(1))
        return self.atom()

    def arguments(self) -> tuple[Node, ...]:
        self.take()
        node = self.enclosed()
        self.expect(")")
        return node[1] if node[0] == "list" else (node,)

    def enclosed(self, bars: int = 0) -> Node:
        """What stands in brackets; there a bar opens anew."""
        outside, self.bars = self.bars, bars
        node = self.items()
        self.bars = outside
        return node

    def braces(self) -> Node:
        """`{…}`: TeX grouping; commas inside make a list."""
        self.take()
        if self.skip("}"):
            return ("set", ())
        node = self.enclosed()
        if self.at_command("choose", "over", "atop"):
            chosen = self.take().text == "choose"
            below = self.sum()
            node = ("f", "binom", (node, below)) if chosen else ("/", node, below)
        self.expect("}")
        return node


def _relation(signs: list[str], operands: list[Node]) -> Node:
    return ("rel", tuple(signs), tuple(operands))
