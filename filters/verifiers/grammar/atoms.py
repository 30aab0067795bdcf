"""The smallest parts of an answer: numbers, letters, words, commands, and what is in brackets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from filters.verifiers.grammar.functions import Functions, applied
from filters.verifiers.grammar.nodes import Node, letter, spelling
from filters.verifiers.grammar.number_words import read_literal, word_number
from filters.verifiers.grammar.tokens import Token, UnknownCommand, Unparseable, tokenize
from filters.verifiers.grammar.vocabulary import (
    ALIASES,
    COMMAND_BRACKETS,
    CONSTANT_COMMANDS,
    CONSTANTS,
    FENCES,
    FUNCTIONS,
    GLUED,
    GREEK,
    NOT_A_FACTOR,
    OPENERS,
    PROSE,
)
from filters.verifiers.grammar.words import meaning


class Atoms(Functions):
    def atom(self) -> Node:
        self.deeper()
        node = self.bare_atom()
        self.depth -= 1
        return node

    def bare_atom(self) -> Node:
        token = self.peek()
        if token.kind == "num":
            return self.number()
        if token.kind == "cmd":
            return self.command()
        if token.text == "." and self.peek(1).text in ("overline", "bar", "dot"):
            self.take()
            return ("n", self.repeating("0."))
        if token.kind == "text":
            return self.text()
        if token.kind == "word":
            return self.word()
        bracket = self.bracket()
        if bracket == "|":
            return self.bar()
        if bracket == "{":
            return self.braces()
        if bracket in OPENERS or bracket == "]":
            return self.brackets()
        if bracket in ("$", "€", "£", "¥"):
            self.take()
            return self.money(str(bracket))
        raise Unparseable(f"cannot read {token.text!r}")

    def single(self, whole: bool = False) -> Node:
        """One TeX argument without braces: a digit, a letter or a command."""
        token = self.peek()
        if token.kind == "num" and token.text[0] == "." and not whole:
            raise Unparseable("a point where a digit is to stand")
        if token.kind == "num" and not whole and len(token.text) > 1:
            self.tokens[self.place] = Token("num", token.text[1:], False)
            return ("n", Fraction(int(token.text[0])))
        if token.kind == "num":
            self.take()
            return ("n", read_literal(token.text, 0))
        if token.kind == "word" and len(token.text) > 1:
            self.tokens[self.place] = Token("word", token.text[1:], False)
            return letter(token.text[0])
        return self.atom()

    def argument(self) -> Node:
        if self.at("{"):
            return self.braces()
        if self.at("-"):
            self.take()
            return ("neg", self.single())
        return self.single()

    def braces(self) -> Node:
        """`{…}`: TeX grouping; commas inside make a list."""
        self.take()
        if self.at("}"):
            self.take()
            return ("set", ())
        saved, self.bars = self.bars, 0
        node = self.items()
        if self.at_command("choose", "over", "atop"):
            chosen = self.take().text == "choose"
            below = self.sum()
            node = ("f", "binom", (node, below)) if chosen else ("/", node, below)
        self.bars = saved
        self.expect("}")
        return node

    def brackets(self) -> Node:
        opening = self.bracket() or ""
        self.take()
        closing = OPENERS.get(opening, "]")
        saved, self.bars = self.bars, 0
        if opening == "\\{":
            node = self.set_body()
            self.bars = saved
            return node
        if self.bracket() == closing:
            self.take()
            return ("tuple", (), opening, closing)
        node = self.items()
        self.bars = saved
        found = self.bracket()
        if found not in (")", "]", "["):
            raise Unparseable(f"expected {closing!r} before {self.peek().text!r}")
        self.take()
        if node[0] == "list":
            if found != closing and len(node[1]) != 2:
                raise Unparseable("brackets that do not match")
            return ("tuple", node[1], opening, found)
        if found != closing:
            raise Unparseable("brackets that do not match")
        return node

    def set_body(self) -> Node:
        if self.bracket() == "\\}":
            self.take()
            return ("set", ())
        self.bars += 1
        node = self.items()
        self.bars -= 1
        if self.bracket() == "|" or self.at(":"):
            self.take()
            node = ("builder", node, self.items())
            self.expect("\\}")
            return node
        self.expect("\\}")
        return ("set", node[1] if node[0] == "list" else (node,))

    def bar(self) -> Node:
        self.take()
        self.bars += 1
        node = self.set_expression()
        self.bars -= 1
        self.expect("|")
        return ("f", "abs", (node,))

    def text(self) -> Node:
        token = self.take()
        body = token.text
        if (known := meaning(body)) is not None:
            return ("text", known)
        if (value := word_number(body)) is not None:
            return ("n", value)
        if len(body) == 1 and body.isalpha():
            return letter(body)
        if any(c in body for c in "\\^_=+") or any(c.isdigit() for c in body):
            self.deeper()
            inner = type(self)(tokenize(body), self.letters_are_units)
            inner.depth = self.depth
            node = inner.answer()
            self.depth -= 1
            return node
        if body in FUNCTIONS or body in ALIASES:
            return self.function(ALIASES.get(body, body))
        if not body or not body.isascii():
            raise Unparseable("words in a formula")
        return ("v", body)

    def word(self) -> Node:
        token = self.take()
        name = token.text
        if name in FUNCTIONS or name in ALIASES:
            return self.function(ALIASES.get(name, name))
        if name in CONSTANTS:
            return ("c", CONSTANTS[name])
        if name in GREEK:
            return ("v", name)
        if (value := word_number(name)) is not None:
            return ("n", value)
        if name.lower() in PROSE or (
            len(name) > 4 and not name.isupper() and not begins_with_function(name)
        ):
            raise Unparseable("words in a formula")
        if len(name) > 1 and not name.isascii() and self.peek().text != "=":
            raise Unparseable("words in a formula")
        if len(name) > 1 and name.isascii():
            self.tokens[self.place - 1] = Token("word", name[1:], False)
            self.place -= 1
            for prefix in GLUED:
                if name.startswith(prefix):
                    self.tokens[self.place] = Token("word", name[len(prefix) :], False)
                    if prefix == "pi":
                        return ("c", "pi")
                    return self.function(prefix)
            return letter(name[0])
        return letter(name)

    def command(self) -> Node:
        name = self.take().text
        if (read := _COMMANDS.get(name)) is not None:
            return read(self, name)
        if name in FUNCTIONS or name in ALIASES:
            return self.function(ALIASES.get(name, name))
        if name in CONSTANT_COMMANDS:
            return ("c", CONSTANT_COMMANDS[name])
        if name == "Gamma" and self.bracket() == "(":
            return applied("gamma", self.arguments())
        if name in GREEK:
            return ("v", name)
        if name in COMMAND_BRACKETS:
            self.place -= 1
            return self.bar() if COMMAND_BRACKETS[name] == "|" else self.brackets()
        if name in NOT_A_FACTOR:
            raise Unparseable(f"nothing before \\{name}")
        raise UnknownCommand(f"unknown command \\{name}")

    def fraction(self, _: str) -> Node:
        top = self.argument()
        return ("/", top, self.argument())

    def binomial(self, _: str) -> Node:
        top = self.argument()
        return ("f", "binom", (top, self.argument()))

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


def begins_with_function(name: str) -> bool:
    """Whether a run of letters begins with a function, as in `sinx`."""
    return any(name.startswith(prefix) for prefix in GLUED)


Read = Callable[[Atoms, str], Node]
_COMMANDS: dict[str, Read] = {
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac"), Atoms.fraction),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), Atoms.binomial),
    **dict.fromkeys(("sqrt", "root", "cuberoot"), Atoms.root),
    **dict.fromkeys(FENCES, Atoms.fence),
    **dict.fromkeys(("emptyset", "varnothing"), lambda *_: ("set", ())),
    **dict.fromkeys(("int", "sum", "prod", "lim"), Atoms.big_operator),
    **dict.fromkeys(("angle", "triangle"), Atoms.figure),
    **dict.fromkeys(("therefore", "because", "implies"), lambda atoms, _: atoms.power()),
    **dict.fromkeys(("approx", "sim", "simeq"), lambda atoms, _: atoms.sum()),
    **dict.fromkeys(
        "boxed fbox overline vec hat tilde widehat overrightarrow underline mathbf bar mathcal"
        " mathfrak dot ensuremath".split(),
        lambda atoms, _: atoms.argument(),
    ),
    "begin": lambda atoms, _: atoms.environment(),
    "mathbb": lambda atoms, _: ("v", f"set {spelling(atoms.argument())}"),
}
