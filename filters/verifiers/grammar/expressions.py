r"""Reads one answer, TeX or plain, into a tree of tuples (nodes.py); nothing is evaluated by name.

Recursive descent over the tokens, one pass, length, depth and number of terms limited. This file
holds lists, relations and arithmetic; atoms.py, functions.py, unit_reader.py and numbers.py the
parts below.
"""

from __future__ import annotations

import functools

from filters.verifiers.grammar.atoms import Atoms
from filters.verifiers.grammar.nodes import Node, spelling, whole
from filters.verifiers.grammar.token_stream import END
from filters.verifiers.grammar.tokens import TooLarge, Unparseable, tokenize
from filters.verifiers.grammar.vocabulary import NOT_A_FACTOR, RELATIONS, SETS
from filters.verifiers.grammar.words import CONNECTIVES

MAX_TERMS = 150


@functools.lru_cache(maxsize=4096)
def parse(text: str, letters_are_units: bool = True) -> Node:
    """The tree of an answer. `letters_are_units`: read the m of "5 m" as metres, not a variable."""
    return Parser(tokenize(_without_dollars(text)), letters_are_units).answer()


def _without_dollars(text: str) -> str:
    r"""Dollar signs around mathematics go; a lone `$` before or after a number is money."""
    if "$" not in text:
        return text
    bare = text.replace("\\$", "")
    return text if bare.count("$") == 1 else _drop_unescaped(text)


def _drop_unescaped(text: str) -> str:
    return "\\$".join(part.replace("$", " ") for part in text.split("\\$"))


class Parser(Atoms):
    def answer(self) -> Node:
        while self.at(".", ":", "=") and self.peek(1).text not in ("overline", "bar", "dot"):
            self.take()
        if self.peek() is END:
            raise Unparseable("nothing to read")
        node = self.items()
        while self.at(".", ",", ";", "?"):
            self.take()
        if self.peek() is not END:
            raise Unparseable(f"cannot read from {self.peek().text!r} on")
        return node

    def items(self) -> Node:
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
        while True:
            token = self.peek()
            if not (self.at(",", ";") or self.at_command("\\", "lor", "land", "vee", "wedge")):
                worded = token.kind in ("word", "text")
                if not worded or token.text.lower().strip(" ,;") not in CONNECTIVES:
                    return self.place > start
            self.take()

    def relation(self) -> Node:
        operands, operators = [self.set_expression()], []
        while (operator := self.relation_sign()) is not None:
            operators.append(operator)
            if self.peek() is END:
                raise Unparseable("nothing after the relation sign")
            operands.append(self.set_expression())
        if not operators:
            return operands[0]
        if self.at_command("pmod") or (self.at("(") and self.peek(1).text in ("mod", "bmod")):
            operands.append(self.modulus())
        if "~" in operators:
            return _approximation(operands, operators)
        return ("rel", tuple(operators), tuple(operands))

    def modulus(self) -> Node:
        """The 5 of `\\pmod 5`, `(mod 5)`: a third operand of the congruence."""
        if self.at_command("pmod"):
            self.take()
            return self.argument()
        self.place += 2
        node = self.sum()
        self.expect(")")
        return node

    def relation_sign(self) -> str | None:
        token = self.peek()
        if token.kind == "word" and token.text == "in":
            self.take()
            return "in"
        if token.kind == "cmd" and token.text == "not":
            following = self.peek(1)
            negated = {"=": "!=", "in": "notin"}.get(following.text)
            if negated:
                self.place += 2
            return negated
        if token.kind not in ("sign", "cmd") or token.text not in RELATIONS:
            return None
        if token.text == "!=" and self.peek(1) is END:
            return None
        self.take()
        return RELATIONS[token.text]

    def set_expression(self) -> Node:
        node = self.sum()
        while True:
            token = self.peek()
            if token.kind == "cmd" and token.text in SETS:
                self.take()
                node = (SETS[token.text], _as_set(node), _as_set(self.sum()))
            elif (self.at(":") and not self.bars) or (token.kind == "word" and token.text == "to"):
                self.take()
                parts = node[1] if node[0] == "ratio" else (node,)
                node = ("ratio", (*parts, self.sum()))
            else:
                return node

    def sum(self) -> Node:
        node = self.term()
        for _ in range(MAX_TERMS):
            token = self.peek()
            if token.kind == "sign" and token.text in ("+", "-"):
                self.take()
                right = self.term()
                if token.text == "-" and right[0] == "set":
                    node = ("minus", _as_set(node), right)
                else:
                    node = ("+", node, right if token.text == "+" else ("neg", right))
            elif token.kind == "cmd" and token.text in ("pm", "mp"):
                self.take()
                node = ("pm", node, self.term(), token.text)
            else:
                return node
        raise TooLarge(f"a sum of more than {MAX_TERMS} terms")

    def term(self) -> Node:
        node = self.factor()
        for _ in range(MAX_TERMS):
            token = self.peek()
            if self.at("*", "/") or self.at_command("cdot", "times", "div", "ast"):
                self.take()
                right = self.factor()
                node = ("/" if token.text in ("/", "div") else "*", node, right)
            elif token.kind in ("cmd", "word") and token.text in ("mod", "bmod"):
                self.take()
                node = ("f", "mod", (node, self.factor()))
            elif (unit := self.unit_of(node)) is not None:
                node = unit
            elif self.starts_factor():
                node = self.times(node)
            else:
                return node
        raise TooLarge(f"a product of more than {MAX_TERMS} factors")

    def times(self, left: Node) -> Node:
        """The next factor, set beside the last: a mixed number, more units, or a product."""
        before, spaced = self.tokens[self.place - 1], self.peek().spaced
        start = self.place
        right = self.power()
        mixable = before.kind == "num" and whole(left[1] if left[0] == "neg" else left)
        if (
            mixable
            and right[0] == "/"
            and whole(right[1])
            and whole(right[2])
            and self.peek(start - self.place).text in ("frac", "dfrac", "tfrac", "cfrac")
        ):
            return _mixed(left, right)
        ends_in_number = self.tokens[self.place - 1].kind == "num"
        if mixable and spaced and whole(right) and ends_in_number:
            if not self.at("/"):
                raise Unparseable("two numbers side by side")
            self.take()
            below = self.power()
            if not whole(below):
                raise Unparseable("two numbers side by side")
            return _mixed(left, ("/", right, below))
        if left[0] == right[0] == "n" and not ends_in_number:
            raise Unparseable("two numbers side by side")  # two three
        if left == ("v", "C") and right[0] == "tuple" and len(right[1]) == 2:
            return ("f", "binom", right[1])
        if left[0] in ("u", "compound") and (more := self.unit_of(right)) is not None:
            return ("compound", left, more) if left[0] == "u" else (*left, more)
        return ("*", left, right)

    def starts_factor(self) -> bool:
        token = self.peek()
        if token.kind == "num":
            return True
        if token.kind in ("word", "text"):
            if token.text == "in":
                return False
            return token.text.lower().strip(" ,;") not in CONNECTIVES and bool(token.text)
        if token.kind == "cmd":
            if token.text in ("lvert", "vert"):
                return not self.bars
            return token.text not in NOT_A_FACTOR
        if token.text == "|":
            return not self.bars
        return token.text in ("(", "[", "\\{", "{", "$", "€", "£", "¥", "√")

    def factor(self) -> Node:
        token = self.peek()
        if token.kind == "sign" and token.text in ("-", "+"):
            self.deeper()
            self.take()
            node = self.factor()
            self.depth -= 1
            return ("neg", node) if token.text == "-" else node
        if token.kind == "word" and token.text.lower() in ("negative", "minus"):
            self.take()
            return ("neg", self.power())
        if token.kind == "cmd" and token.text in ("pm", "mp"):
            self.take()
            return ("pm", None, self.factor(), token.text)
        return self.power()

    def power(self) -> Node:
        node = self.postfix(self.atom())
        if not self.at("^", "**"):
            return node
        self.take()
        if self.degree_sign():
            return self.degrees(node)
        if self.at_command("prime") or self.at("'"):
            raise Unparseable("derivatives are compared as text")
        self.deeper()
        exponent = self.exponent()
        self.depth -= 1
        if self.at("_"):  # x^{2}_{ij} is x_{ij}^{2}
            node = self.subscript(node)
        return self.postfix(("^", node, exponent), raised=True)

    def exponent(self) -> Node:
        """What stands raised. TeX would raise one digit only; nobody means that by x^12."""
        if self.at("{"):
            return self.braces()
        if self.at("-", "+"):
            sign = self.take().text
            inner = self.power()
            return ("neg", inner) if sign == "-" else inner
        node = self.atom()
        if self.at("^", "**"):
            self.take()
            self.deeper()
            node = ("^", node, self.exponent())
            self.depth -= 1
        return node

    def postfix(self, node: Node, raised: bool = False) -> Node:
        while True:
            if self.at("!") and not (self.peek(1).text == "=" and not self.peek(1).spaced):
                self.take()
                node = ("f", "factorial", (node,))
            elif self.at("_") and not raised:
                node = self.subscript(node)
            elif self.at("'"):
                primes = 0
                while self.at("'"):
                    self.take()
                    primes += 1
                node = self.primed(node, primes)
            elif self.at("%", "\\%"):
                self.take()
                node = ("u", node, (("%", 1),))
            elif self.at_command("degree"):
                self.take()
                node = self.degrees(node)
            else:
                return node

    def primed(self, node: Node, primes: int) -> Node:
        if node[0] != "v":
            raise Unparseable("a prime after something that has no name")
        name = node[1] + "'" * primes
        if self.at("{") and self.peek(1).text == "(":
            self.take()
            arguments = self.arguments()
            self.expect("}")
            return ("call", name, arguments)
        if self.bracket() == "(":
            return ("call", name, self.arguments())
        return ("v", name)

    def subscript(self, node: Node) -> Node:
        self.take()
        inside = self.braces() if self.at("{") else self.single()
        if node[0] == "n" and node[1].denominator == 1 and inside[0] == "n":
            return ("base", str(node[1].numerator), inside[1])
        if node[0] == "v":
            return ("v", f"{node[1]}_{spelling(inside)}")
        if node[0] == "f" and node[1] == "log":
            return node
        raise Unparseable("a subscript on something that has no name")


def _approximation(operands: list[Node], operators: list[str]) -> Node:
    """`a = b ≈ c`: the last exact operand and what it is said to be near to."""
    first = operators.index("~")
    exact = operands[: first + 1]
    left: Node = exact[0] if len(exact) == 1 else ("rel", tuple(operators[:first]), tuple(exact))
    return ("approx", left, operands[-1])


def _as_set(node: Node) -> Node:
    """A side of ∪, ∩ or ∖: `{1, 2}` and `{2}` without backslashes are sets there."""
    if node[0] == "list":
        return ("set", node[1])
    alone = node[0] in ("n", "neg", "/", "root", "^", "+", "*", "mixed")
    return ("set", (node,)) if alone else node


def _mixed(whole: Node, part: Node) -> Node:
    """`-2 1/4` is minus the whole of it."""
    return ("neg", ("mixed", whole[1], part)) if whole[0] == "neg" else ("mixed", whole, part)
