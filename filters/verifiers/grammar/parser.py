r"""Reads one answer, TeX or plain, into a tree of tuples (nodes.py); nothing is evaluated by name.

This is the lower half of the grammar: letters, words, and commands with their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from filters.verifiers.grammar.environments import read_environment
from filters.verifiers.grammar.expressions import Expressions
from filters.verifiers.grammar.nodes import Node, letter, number, spelling
from filters.verifiers.grammar.number_words import word_number
from filters.verifiers.grammar.numbers import at_overline, read_number, read_repeating
from filters.verifiers.grammar.tokens import Token, UnknownCommand, Unparseable, tokenize
from filters.verifiers.grammar.unit_reader import CURRENCIES, read_money, with_unit
from filters.verifiers.grammar.vocabulary import (
    ALIASES,
    ARGUMENTS,
    COMMAND_BRACKETS,
    CONSTANT_COMMANDS,
    CONSTANTS,
    FAMILIES,
    FENCES,
    FUNCTIONS,
    GLUED,
    GREEK,
    INVERSE,
    NOT_A_FACTOR,
    OPENERS,
    PROSE,
)
from filters.verifiers.grammar.words import meaning

_DIFFERENTIAL = re.compile(r"d[a-z]")


def parse(text: str, letters_are_units: bool = True) -> Node:
    """The tree of an answer. `letters_are_units`: read the m of "5 m" as metres, not a variable."""
    return Parser(tokenize(_without_dollars(text)), letters_are_units).answer()


def _without_dollars(text: str) -> str:
    r"""Dollar signs around mathematics go; a lone `$` before or after a number is money."""
    if text.replace("\\$", "").count("$") == 1:
        return text
    return "\\$".join(part.replace("$", " ") for part in text.split("\\$"))


class Parser(Expressions):
    def __init__(self, tokens: list[Token], letters_are_units: bool, depth: int = 0) -> None:
        super().__init__(tokens, letters_are_units, depth)
        self.integrals = 0
        """open ones: in them a `dx` ends the arguments of a function"""

    def atom(self) -> Node:
        self.deeper()
        kind = self.peek().kind
        if kind == "num":
            node = read_number(self)
        elif kind == "cmd":
            node = self.command()
        elif kind == "text":
            node = self.text()
        elif kind == "word":
            node = self.word()
        else:
            node = self.bracketed()
        self.depth -= 1
        return node

    def bracketed(self) -> Node:
        bracket = self.bracket()
        if bracket == "." and at_overline(self, 1):
            self.take()
            return ("n", read_repeating(self, "0."))
        if bracket == "|":
            return self.bar()
        if bracket == "{":
            return self.braces()
        if bracket in OPENERS or bracket == "]":
            return self.brackets()
        if bracket in CURRENCIES:
            return read_money(self)
        raise Unparseable(f"cannot read {self.peek().text!r}")

    def brackets(self) -> Node:
        opening = self.bracket() or ""
        self.take()
        if opening == "\\{":
            return self.set_body()
        closing = OPENERS.get(opening, "]")
        if self.bracket() == closing:
            self.take()
            return ("tuple", (), opening, closing)
        node = self.enclosed()
        found = self.bracket()
        items = node[1] if node[0] == "list" else ()
        if found not in (")", "]", "[") or (found != closing and len(items) != 2):
            raise Unparseable(f"expected {closing!r} before {self.peek().text!r}")
        self.take()
        return ("tuple", items, opening, found) if items else node

    def set_body(self) -> Node:
        if self.bracket() == "\\}":
            self.take()
            return ("set", ())
        node = self.enclosed(bars=1)
        if self.bracket() == "|" or self.at(":"):
            self.take()
            node = ("builder", node, self.enclosed())
        else:
            node = ("set", node[1] if node[0] == "list" else (node,))
        self.expect("\\}")
        return node

    def bar(self) -> Node:
        self.take()
        self.bars += 1
        node = self.set_expression()
        self.bars -= 1
        self.expect("|")
        return ("f", "abs", (node,))

    def text(self) -> Node:
        body = self.take().text
        if (known := meaning(body)) is not None:
            return ("text", known)
        if (value := word_number(body)) is not None:
            return ("n", value)
        if len(body) == 1 and body.isalpha():
            return letter(body)
        if any(c in "\\^_=+" or c.isdigit() for c in body):
            return Parser(tokenize(body), self.letters_are_units, self.depth + 1).answer()
        if _is_function(body):
            return self.function(body)
        if not body or not body.isascii():
            raise Unparseable("words in a formula")
        return ("v", body)

    def word(self) -> Node:
        name = self.take().text
        if _is_function(name):
            return self.function(name)
        if name in CONSTANTS:
            return ("c", CONSTANTS[name])
        if name in GREEK:
            return ("v", name)
        if (value := word_number(name)) is not None:
            return ("n", value)
        prose = len(name) > 4 and not name.isupper() and not begins_with_function(name)
        foreign = len(name) > 1 and not name.isascii() and self.peek().text != "="
        if prose or foreign or name.lower() in PROSE:
            raise Unparseable("words in a formula")
        if not name.isascii():
            return letter(name)
        self.place -= 1  # only its first letter, or a function written against its argument
        prefix = self.cut(len(next(filter(name.startswith, GLUED), name[0])))
        if prefix == "pi":
            return ("c", "pi")
        return self.function(prefix) if prefix in GLUED else letter(prefix)

    def command(self) -> Node:
        name = self.take().text
        if (read := _COMMANDS.get(name)) is not None:
            return read(self, name)
        if _is_function(name):
            return self.function(name)
        if name in CONSTANT_COMMANDS:
            return ("c", CONSTANT_COMMANDS[name])
        if name == "Gamma" and self.bracket() == "(":
            return applied("gamma", self.arguments())
        if name in GREEK:
            return ("v", name)
        if name in COMMAND_BRACKETS:
            self.place -= 1
            return self.bracketed()
        if name in NOT_A_FACTOR:
            raise Unparseable(f"nothing before \\{name}")
        raise UnknownCommand(f"unknown command \\{name}")

    # functions

    def function(self, name: str) -> Node:
        name = ALIASES.get(name, name)
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
        """In round brackets, or the product that follows: `\\sin 2x`."""
        if self.bracket() == "(":
            return self.arguments()
        node = self.factor() if self.at("-", "+") else self.power()
        while self.starts_factor() and not self.ends_arguments(node):
            node = ("*", node, self.power())
        while self.at("/") and self.peek(1).kind == "num":
            self.take()
            node = ("/", node, self.power())
        return node[1] if node[0] == "list" else (node,)

    def ends_arguments(self, node: Node) -> bool:
        """At another function, the `dx` of an integral, a bracket, or a unit, which is taken."""
        token = self.peek()
        if token.kind in ("cmd", "word") and _is_function(token.text) and token.text != "root":
            return True
        if self.integrals and token.kind == "word" and _DIFFERENTIAL.fullmatch(token.text):
            return True
        return self.bracket() in ("(", "[") or with_unit(self, node) is not None

    def scripts(self) -> tuple[Node | None, Node | None]:
        """What stands lowered and what stands raised behind a function or a big operator."""
        low = high = None
        while self.at("_", "^"):
            if self.take().text == "_":
                low = self.lowered()
            else:
                high = self.exponent()
        return low, high

    # commands

    def root(self, name: str) -> Node:
        degree = number(3 if name == "cuberoot" else 2)
        if name != "sqrt":  # the unicode sign, which takes the whole number after it
            return ("root", self.postfix(self.atom()), degree)
        if self.skip("["):
            degree = self.sum()
            self.expect("]")
        return ("root", self.brackets() if self.bracket() == "(" else self.argument(), degree)

    def big_operator(self, name: str) -> Node:
        low, high = self.scripts()
        self.integrals += name == "int"
        body = self.sum() if name == "int" else self.term()
        self.integrals -= name == "int"
        return (name, body, low, high)

    def fraction(self, name: str) -> Node:
        top, below = self.argument(), self.argument()
        return ("f", "binom", (top, below)) if "binom" in name else ("/", top, below)

    def fence(self, name: str) -> Node:
        closing, function = FENCES[name]
        node = self.items()
        if not self.at_command(closing):
            raise Unparseable(f"\\{name} is never closed")
        self.take()
        return ("f", function, (node,))

    def figure(self, name: str) -> Node:
        """`\\angle ABC` is a name; `\\angle 30°` its value."""
        if self.peek().kind == "word" and self.peek().text.isupper():
            return ("v", f"{name} {self.take().text}")
        return self.power()


def _is_function(name: str) -> bool:
    return name in FUNCTIONS or name in ALIASES


def begins_with_function(name: str) -> bool:
    """Whether a run of letters begins with a function, as in `sinx`."""
    return name.startswith(GLUED)


def applied(name: str, arguments: tuple[Node, ...]) -> Node:
    """A function of that many arguments, or `Unparseable`: `floor(1, 2)` is no value."""
    fewest, most = ARGUMENTS.get(name, (1, 1))
    if fewest <= len(arguments) <= most:
        return ("f", name, arguments)
    unknown = UnknownCommand if name in FAMILIES else Unparseable
    raise unknown(f"{name} of {len(arguments)} arguments")


_BARE = (
    "boxed fbox overline vec hat tilde widehat overrightarrow underline mathbf bar mathcal mathfrak"
    " dot ensuremath"
)
"""commands whose argument means what it means without them"""
_COMMANDS: dict[str, Callable[[Parser, str], Node]] = {
    **dict.fromkeys("frac dfrac tfrac cfrac binom dbinom tbinom".split(), Parser.fraction),
    **dict.fromkeys(("sqrt", "root", "cuberoot"), Parser.root),
    **dict.fromkeys(FENCES, Parser.fence),
    **dict.fromkeys(("emptyset", "varnothing"), lambda *_: ("set", ())),
    **dict.fromkeys(("int", "sum", "prod", "lim"), Parser.big_operator),
    **dict.fromkeys(("angle", "triangle"), Parser.figure),
    **dict.fromkeys(("therefore", "because", "implies"), lambda parser, _: parser.power()),
    **dict.fromkeys(("approx", "sim", "simeq"), lambda parser, _: parser.sum()),
    **dict.fromkeys(_BARE.split(), lambda parser, _: parser.argument()),
    "begin": lambda parser, _: read_environment(parser),
    "mathbb": lambda parser, _: ("v", f"set {spelling(parser.argument())}"),
}
