r"""Reads one answer, TeX or plain, into a tree of tuples; nothing is ever evaluated by name.

A node is `(op, …)`: ("n", Fraction), ("v", name), ("+", a, b), ("*", …), ("/", …), ("^", …),
("neg", a), ("pm", a, b), ("f", name, arguments), ("u", value, unit), ("tuple", items, "(", ")"),
("set", items), ("list", items), ("rel", operators, operands), ("matrix", rows), ("text", words),
("base", digits, base), ("ratio", items), ("approx", items), ("call", name, arguments), …
Recursive descent over the tokens, one pass, depth and length limited.
"""

from __future__ import annotations

import functools
import re
from fractions import Fraction
from typing import Any

from filters.verifiers.numerals import CHINESE_SCALES, SCALES, read_literal, word_number
from filters.verifiers.tokens import Token, TooLarge, Unparseable, tokenize
from filters.verifiers.units import UNITS
from filters.verifiers.words import CONNECTIVES, meaning

Node = tuple[Any, ...]
MAX_DEPTH = 40
"""Open brackets, arguments and exponents inside each other; about twelve Python frames each."""
MAX_TERMS = 150

FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan arccot arcsec arccsc sinh cosh tanh coth sech"
    " csch arsinh arcosh artanh log ln lg exp sqrt cbrt abs max min gcd lcm floor ceil sgn sign"
    " det re im arg".split()
)
_ALIASES = {
    "arcsinh": "arsinh", "arccosh": "arcosh", "arctanh": "artanh", "asin": "arcsin",
    "acos": "arccos", "atan": "arctan", "asinh": "arsinh", "acosh": "arcosh", "atanh": "artanh",
    "tg": "tan", "ctg": "cot", "cosec": "csc", "ceiling": "ceil", "Re": "re", "Im": "im",
    "sgn": "sign", "root": "sqrt", "Log": "log", "Ln": "ln", "arctg": "arctan",
}  # fmt: skip
_INVERSE = {
    "sin": "arcsin", "cos": "arccos", "tan": "arctan", "cot": "arccot", "sec": "arcsec",
    "csc": "arccsc", "sinh": "arsinh", "cosh": "arcosh", "tanh": "artanh",
}  # fmt: skip
GREEK = frozenset(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " omicron rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta"
    " Lambda Xi Pi Sigma Upsilon Phi Psi Omega ell hbar partial nabla".split()
)
_CONSTANTS = {"pi": "pi", "infty": "oo", "infinity": "oo", "inf": "oo", "oo": "oo"}
_CONSTANT_COMMANDS = _CONSTANTS | {"exponentialE": "e", "imaginaryI": "i", "e": "e"}
_RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", ">=": ">=", "!=": "!=", "<>": "!=",
    "le": "<=", "leq": "<=", "leqslant": "<=", "leqq": "<=", "ge": ">=", "geq": ">=",
    "geqslant": ">=", "geqq": ">=", "lt": "<", "gt": ">", "ne": "!=", "neq": "!=",
    "in": "in", "approx": "~", "simeq": "~", "cong": "~", "sim": "~", "thickapprox": "~",
    "equiv": "==", "to": "->", "rightarrow": "->", "->": "->", "mapsto": "->", "notin": "notin",
    "doteq": "~", "coloneqq": "=",
}  # fmt: skip
_SETS = {"cup": "cup", "cap": "cap", "setminus": "minus", "backslash": "minus", "bigcup": "cup"}
_OPENERS = {"(": ")", "[": "]", "\\{": "\\}", "{": "}"}
_COMMAND_BRACKETS = {
    "lbrace": "\\{", "rbrace": "\\}", "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")",
    "lparen": "(", "rparen": ")", "lvert": "|", "rvert": "|", "vert": "|", "mid": "|",
    "lt": "<", "gt": ">", "lang": "(", "rang": ")",
}  # fmt: skip
_FENCES = {
    "lfloor": ("rfloor", "floor"), "lceil": ("rceil", "ceil"),
    "llcorner": ("lrcorner", "floor"), "ulcorner": ("urcorner", "ceil"),
}  # fmt: skip
_MATRICES = frozenset("matrix pmatrix bmatrix vmatrix Bmatrix Vmatrix smallmatrix array".split())
_END = Token("end", "", False)


@functools.lru_cache(maxsize=4096)
def parse(text: str, letters_are_units: bool = True) -> Node:
    """The tree of an answer. `letters_are_units`: read the m of "5 m" as metres, not a variable."""
    return _Parser(tokenize(_without_dollars(text)), letters_are_units).answer()


def _without_dollars(text: str) -> str:
    r"""Dollar signs around mathematics go; a lone `$` before or after a number is money."""
    if "$" not in text:
        return text
    bare = text.replace("\\$", "")
    return text if bare.count("$") == 1 else _drop_unescaped(text)


def _drop_unescaped(text: str) -> str:
    return "\\$".join(part.replace("$", " ") for part in text.split("\\$"))


class _Parser:
    def __init__(self, tokens: list[Token], letters_are_units: bool) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.nesting = 0  # of lists: a comma inside brackets separates, it groups no digits
        self.integrals = 0
        self.bars = 0  # open |…| or a set-builder: a bar then closes and never opens
        self.letters_are_units = letters_are_units
        self.argument_of_function = 0

    # the token stream

    def peek(self, ahead: int = 0) -> Token:
        place = self.place + ahead
        return self.tokens[place] if place < len(self.tokens) else _END

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
        return _COMMAND_BRACKETS.get(token.text) if token.kind == "cmd" else None

    # lists and relations

    def answer(self) -> Node:
        while self.at(".", ":", "="):
            self.take()
        if self.peek() is _END:
            raise Unparseable("nothing to read")
        node = self.items()
        while self.at(".", ",", ";", "?"):
            self.take()
        if self.peek() is not _END:
            raise Unparseable(f"cannot read from {self.peek().text!r} on")
        return node

    def items(self) -> Node:
        self.nesting += 1
        found = [self.relation()]
        while self.separator():
            if self.peek() is _END or self.bracket() in (")", "]", "}", "\\}"):
                break
            found.append(self.relation())
        self.nesting -= 1
        return found[0] if len(found) == 1 else ("list", tuple(found))

    def separator(self) -> bool:
        start = self.place
        while True:
            token = self.peek()
            if token.kind == "sign" and token.text in (",", ";"):
                self.take()
            elif (
                (token.kind in ("word", "text"))
                and token.text.lower().strip(" ,;") in CONNECTIVES
                or (token.kind == "cmd" and token.text in ("lor", "land", "vee", "wedge"))
            ):
                self.take()
            elif token.kind == "cmd" and token.text == "\\":
                self.take()
            else:
                return self.place > start

    def relation(self) -> Node:
        operands, operators = [self.set_expression()], []
        while (operator := self.relation_sign()) is not None:
            operators.append(operator)
            if self.peek() is _END:
                raise Unparseable("nothing after the relation sign")
            operands.append(self.set_expression())
        if not operators:
            return operands[0]
        if self.at("(") and self.peek(1).text in ("mod", "pmod"):
            self.modulus()
        elif self.at_command("pmod", "mod"):
            self.modulus()
        if "~" in operators:
            return _approximation(operands, operators)
        return ("rel", tuple(operators), tuple(operands))

    def modulus(self) -> None:
        raise Unparseable("congruences are compared as text")

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
        if token.kind not in ("sign", "cmd") or token.text not in _RELATIONS:
            return None
        if token.text == "!=" and self.peek(1) is _END:
            return None
        self.take()
        return _RELATIONS[token.text]

    def set_expression(self) -> Node:
        node = self.sum()
        while True:
            token = self.peek()
            if token.kind == "cmd" and token.text in _SETS:
                self.take()
                node = (_SETS[token.text], _as_set(node), _as_set(self.sum()))
            elif (self.at(":") and not self.bars) or (token.kind == "word" and token.text == "to"):
                self.take()
                parts = node[1] if node[0] == "ratio" else (node,)
                node = ("ratio", (*parts, self.sum()))
            else:
                return node

    # arithmetic

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
            if (
                token.kind == "sign"
                and token.text in ("*", "/")
                or (token.kind == "cmd" and token.text in ("cdot", "times", "div", "ast"))
            ):
                self.take()
                right = self.factor()
                node = ("/" if token.text in ("/", "div") else "*", node, right)
            elif token.kind == "cmd" and token.text in ("mod", "bmod"):
                self.take()
                node = ("f", "mod", (node, self.factor()))
            elif token.kind == "word" and token.text == "mod":
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
        if (
            before.kind == "num"
            and (_whole(left) or (left[0] == "neg" and _whole(left[1])))
            and right[0] == "/"
            and _whole(right[1])
            and _whole(right[2])
            and self.peek(start - self.place).text in ("frac", "dfrac", "tfrac", "cfrac")
        ):
            return _mixed(left, right)
        if (
            before.kind == "num"
            and spaced
            and (_whole(left) or (left[0] == "neg" and _whole(left[1])))
            and _whole(right)
            and self.tokens[self.place - 1].kind == "num"
        ):
            if not self.at("/"):
                raise Unparseable("two numbers side by side")
            self.take()
            below = self.power()
            if not _whole(below):
                raise Unparseable("two numbers side by side")
            return _mixed(left, ("/", right, below))
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
            return token.text not in _NOT_A_FACTOR
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

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise TooLarge(f"nested deeper than {MAX_DEPTH}")

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

    def degree_sign(self) -> bool:
        """Past `\\circ`, `{\\circ}` or `o`; the caret is already taken."""
        if self.at_command("circ", "degree"):
            self.take()
            return True
        if self.at("{") and self.peek(1) == ("cmd", "circ", self.peek(1).spaced):
            if self.peek(2).text == "}":
                self.place += 3
                return True
        return False

    def degrees(self, node: Node) -> Node:
        token = self.peek()
        if token.kind in ("word", "text") and token.text in ("C", "F", "K"):
            self.take()
            return ("u", node, ((f"°{token.text}", 1),))
        return ("u", node, (("°", 1),))

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

    # atoms

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
        if token.kind == "text":
            return self.text()
        if token.kind == "word":
            return self.word()
        bracket = self.bracket()
        if bracket == "|":
            return self.bar()
        if bracket == "{":
            return self.braces()
        if bracket in _OPENERS or bracket == "]":
            return self.brackets()
        if bracket in ("$", "€", "£", "¥"):
            self.take()
            return self.money(str(bracket))
        raise Unparseable(f"cannot read {token.text!r}")

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

    def number(self) -> Node:
        """A literal with its thousands groups, exponent and repeating part."""
        digits = self.take().text
        grouped = "." not in digits and len(digits) <= 3
        while grouped and (group := self.thousands()):
            digits += group
        if "." not in digits and self.at(".") and self.peek(1).kind == "cmd":
            if self.peek(1).text in ("overline", "bar", "dot", "overset"):
                self.take()
                digits += "."
        if "." in digits and self.at_command("overline", "bar", "dot"):
            return ("n", self.repeating(digits))
        if self.at(".") and self.peek(1).text == "(" and self.peek(3).text == ")":
            self.take()
            digits += "."
        if "." in digits and self.at("(") and self.peek(2).text == ")" and not self.peek().spaced:
            repeated = self.peek(1)  # 0.(3)
            if repeated.kind == "num" and "." not in repeated.text:
                self.place += 3
                return ("n", _repeating(digits, repeated.text))
        if "." in digits and self.goes_on():
            repeated_block = _REPEATED.fullmatch(digits[:300])
            if repeated_block is None:
                raise Unparseable("a decimal that goes on is not a value")
            return ("n", _repeating(repeated_block[1], repeated_block[2]))
        exponent = self.scientific()
        return ("n", read_literal(digits, exponent) * self.scale())

    def goes_on(self) -> bool:
        """Past `...` or `\\ldots` right after a decimal."""
        if self.at_command("ldots", "dots", "cdots"):
            self.take()
            return True
        if self.at(".") and self.peek(1).text == "." and self.peek(2).text == ".":
            self.place += 3
            return True
        return False

    def scale(self) -> int:
        """The million of `2 million`, the 万 of `1.5万`."""
        token = self.peek()
        if token.kind not in ("word", "text"):
            return 1
        if token.text.lower() in SCALES:
            self.take()
            return SCALES[token.text.lower()]
        if token.text[:1] in CHINESE_SCALES:
            self.tokens[self.place] = Token("word", token.text[1:], False)
            if not token.text[1:]:
                self.take()
            return CHINESE_SCALES[token.text[0]]
        return 1

    def thousands(self) -> str:
        """`,000`, `{,}000`, `,\\!000` or a thin-spaced ` 000` next; taken and returned."""
        ahead = 0
        if self.at(","):
            ahead = 1
        elif self.at("{") and self.peek(1).text == "," and self.peek(2).text == "}":
            ahead = 3
        group = self.peek(ahead)
        if group.kind != "num" or len(group.text.split(".")[0]) != 3:
            return ""
        if ahead == 0 and not group.spaced or ahead == 1 and group.spaced:
            return ""
        if ahead < 3 and self.inside_brackets():
            return ""
        self.place += ahead + 1
        return group.text

    def inside_brackets(self) -> bool:
        return self.nesting > 1

    def repeating(self, digits: str) -> Fraction:
        repeated = ""
        while self.at_command("overline", "bar", "dot"):
            self.take()
            part = self.braces() if self.at("{") else self.single(whole=True)
            _ = part
            token = self.tokens[self.place - 1]
            inner = token if token.kind == "num" else self.tokens[self.place - 2]
            if inner.kind != "num" or "." in inner.text:
                raise Unparseable("what repeats is not digits")
            repeated += inner.text
        return _repeating(digits, repeated)

    def scientific(self) -> int:
        """The exponent of `2.5E2`; a spaced or following letter means something else."""
        token, after, last = self.peek(), self.peek(1), self.peek(2)
        if token.kind != "word" or token.text not in ("e", "E") or token.spaced or after.spaced:
            return 0
        if after.kind == "num" and after.text.isdigit():
            self.place += 2
            return _bounded_exponent(after.text)
        if after.text in ("+", "-") and last.kind == "num" and last.text.isdigit():
            self.place += 3
            return _bounded_exponent(after.text + last.text)
        return 0

    def single(self, whole: bool = False) -> Node:
        """One TeX argument without braces: a digit, a letter or a command."""
        token = self.peek()
        if token.kind == "num" and not whole and len(token.text) > 1:
            self.tokens[self.place] = Token("num", token.text[1:], False)
            return ("n", Fraction(int(token.text[0])))
        if token.kind == "num":
            self.take()
            return ("n", read_literal(token.text, 0))
        if token.kind == "word" and len(token.text) > 1:
            self.tokens[self.place] = Token("word", token.text[1:], False)
            return _letter(token.text[0])
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
        closing = _OPENERS.get(opening, "]")
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
            condition = self.items()
            node = ("builder", node, condition)
            self.expect("\\}")
            return node
        self.expect("\\}")
        if node[0] == "ratio" and len(node[1]) == 2 and node[1][1][0] == "rel":
            return ("builder", node[1][0], node[1][1])
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
            return ("v", body) if body not in ("e", "i") else ("c", body)
        if any(c in body for c in "\\^_=+") or any(c.isdigit() for c in body):
            self.deeper()
            inner = _Parser(tokenize(body), self.letters_are_units)
            inner.depth = self.depth
            node = inner.answer()
            self.depth -= 1
            return node
        if body in FUNCTIONS or body in _ALIASES:
            return self.function(_ALIASES.get(body, body))
        if not body or not body.isascii():
            raise Unparseable("words in a formula")
        return ("v", body)

    def word(self) -> Node:
        token = self.take()
        name = token.text
        if name in FUNCTIONS or name in _ALIASES:
            return self.function(_ALIASES.get(name, name))
        if name in _CONSTANTS:
            return ("c", _CONSTANTS[name])
        if name in GREEK:
            return ("v", name)
        if (value := word_number(name)) is not None:
            return ("n", value)
        if name.lower() in _PROSE or (len(name) > 4 and not name.isupper() and not _begins(name)):
            raise Unparseable("words in a formula")
        if len(name) > 1 and not name.isascii() and self.peek().text != "=":
            raise Unparseable("words in a formula")
        if len(name) > 1 and name.isascii():
            self.tokens[self.place - 1] = Token("word", name[1:], False)
            self.place -= 1
            for prefix in _GLUED:
                if name.startswith(prefix):
                    self.tokens[self.place] = Token("word", name[len(prefix) :], False)
                    if prefix == "pi":
                        return ("c", "pi")
                    return self.function(prefix)
            return _letter(name[0])
        return _letter(name)

    def command(self) -> Node:
        name = self.take().text
        if name in ("frac", "dfrac", "tfrac", "cfrac"):
            top = self.argument()
            return ("/", top, self.argument())
        if name in ("sqrt", "root", "cuberoot"):
            return self.root(name)
        if name in ("binom", "dbinom", "tbinom"):
            top = self.argument()
            return ("f", "binom", (top, self.argument()))
        if name in FUNCTIONS or name in _ALIASES:
            return self.function(_ALIASES.get(name, name))
        if name in _CONSTANT_COMMANDS:
            return ("c", _CONSTANT_COMMANDS[name])
        if name == "Gamma" and self.bracket() == "(":
            return ("f", "gamma", self.arguments())
        if name in GREEK:
            return ("v", name)
        if name in _FENCES:
            closing, function = _FENCES[name]
            node = self.items()
            if not self.at_command(closing):
                raise Unparseable(f"\\{name} is never closed")
            self.take()
            return ("f", function, (node,))
        if name in ("emptyset", "varnothing"):
            return ("set", ())
        if name == "begin":
            return self.environment()
        if name in ("boxed", "fbox", "overline", "vec", "hat", "tilde", "widehat", "overrightarrow",
                    "underline", "mathbf", "bar", "mathcal", "mathfrak", "dot", "ensuremath"):  # fmt: skip
            return self.argument()
        if name == "mathbb":
            return ("v", f"set {spelling(self.argument())}")
        if name in ("angle", "triangle"):
            if self.peek().kind == "word" and self.peek().text.isupper():
                return ("v", f"{name} {self.take().text}")
            return self.power()
        if name in ("therefore", "because", "implies"):
            return self.power()
        if name in ("approx", "sim", "simeq"):
            return self.sum()
        if name in _COMMAND_BRACKETS:
            self.place -= 1
            return self.bar() if _COMMAND_BRACKETS[name] == "|" else self.brackets()
        if name in ("int", "sum", "prod", "lim"):
            return self.big_operator(name)
        raise Unparseable(f"unknown command \\{name}")

    def root(self, name: str) -> Node:
        degree: Node = ("n", Fraction(3 if name == "cuberoot" else 2))
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
            self_degree = Fraction(2 if name == "sqrt" else 3)
            return ("root", self.postfix(self.atom()), ("n", self_degree))
        base = exponent = None
        while self.at("_", "^"):
            if self.take().text == "_":
                base = self.braces() if self.at("{") else self.single()
            else:
                exponent = self.braces() if self.at("{") else self.exponent()
        if exponent == ("neg", ("n", Fraction(1))) and name in _INVERSE:
            name, exponent = _INVERSE[name], None
        arguments = self.function_arguments()
        if base is not None:
            if name not in ("log", "lg"):
                raise Unparseable(f"a subscript on {name}")
            arguments = (*arguments, base)
        node: Node = ("f", name, arguments)
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
            token.text in FUNCTIONS or token.text in _ALIASES and token.text != "root"
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
        if name not in _MATRICES:
            raise Unparseable(f"environment {name}")
        if name == "array" and self.at("{"):
            while not self.at("}") and self.peek() is not _END:
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
        self.environment_name()
        if row:
            rows.append(tuple(row))
        if not rows or len({len(r) for r in rows}) != 1:
            raise Unparseable("a matrix with uneven rows")
        node: Node = ("matrix", tuple(rows))
        return ("f", "det", (node,)) if name == "vmatrix" else node

    def environment_name(self) -> str:
        self.expect("{")
        name = self.take().text
        if self.at("*"):
            self.take()
        self.expect("}")
        return name

    def big_operator(self, name: str) -> Node:
        low = high = None
        while self.at("_", "^"):
            if self.take().text == "_":
                low = self.braces() if self.at("{") else self.single()
            else:
                high = self.braces() if self.at("{") else self.exponent()
        self.deeper()
        self.integrals += name == "int"
        body = self.sum() if name == "int" else self.term()
        self.integrals -= name == "int"
        self.depth -= 1
        return (name, body, low, high)

    # units

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
        power = _POWER_WORDS.get(words[0].lower(), 0) if words else 0
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
        if node[0] == "neg" and _whole(node[1]):
            return -int(node[1][1])
        if _whole(node):
            return int(node[1])
        self.place = start
        raise Unparseable("a unit to a power that is no whole number")


_POWER_WORDS = {"square": 2, "sq": 2, "squared": 2, "cubic": 3, "cu": 3}
_GLUED = ("sqrt", "sin", "cos", "tan", "log", "ln", "pi")
_PROSE = frozenset(
    "the is of our are was to for so that this with by has have he she it we they as be on not if"
    " left more than each its his her per there only about from total".split()
)


def _begins(name: str) -> bool:
    """Whether a run of letters begins with a function, as in `sinx`."""
    return any(name.startswith(prefix) for prefix in _GLUED)


_NOT_A_FACTOR = (
    frozenset(_RELATIONS)
    | frozenset(_SETS)
    | frozenset("\\ cdot times div pm mp mod bmod pmod end rfloor rceil lrcorner urcorner rbrace"
                " rbrack rangle rparen rvert mid lor land vee wedge choose over ldots dots cdots"
                " not circ degree prime ast neg Rightarrow implies therefore rang".split())
)  # fmt: skip


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


def _whole(node: Node) -> bool:
    return node[0] == "n" and node[1].denominator == 1


def _letter(name: str) -> Node:
    return ("c", name) if name in ("e", "i") else ("v", name)


_DIFFERENTIAL = re.compile(r"d[a-z]")
_REPEATED = re.compile(r"(\d*\.\d*?)(\d{1,12}?)\2{2,}")


def _repeating(digits: str, repeated: str) -> Fraction:
    whole, _, fixed = digits.partition(".")
    if len(fixed) + len(repeated) > 300:
        raise TooLarge("a repeating decimal of more than 300 digits")
    start = read_literal(f"{whole or 0}.{fixed or 0}", 0)
    return start + Fraction(int(repeated), (10 ** len(repeated) - 1) * 10 ** len(fixed))


def _bounded_exponent(digits: str) -> int:
    if len(digits) > 5 or abs(int(digits)) > 2_000:
        raise TooLarge("a power of ten beyond 2000")
    return int(digits)


def spelling(node: Node) -> str:
    """A node as one word, for names such as the ij of x_{ij}."""
    if node[0] == "n":
        return str(node[1])
    if node[0] in ("v", "c", "text"):
        return str(node[1])
    return "".join(
        spelling(part) for part in node[1:] if isinstance(part, tuple) and part and part[0] != ","
    )


def children(node: Node) -> list[Node]:
    """The trees directly below a tree."""
    found: list[Node] = []
    for part in node[1:]:
        if not isinstance(part, tuple) or not part:
            continue
        if isinstance(part[0], str):
            if len(part) > 1:
                found.append(part)
        else:
            found += [
                p
                for p in part
                if isinstance(p, tuple) and p and isinstance(p[0], str) and node[0] != "u"
            ]
    return found


@functools.lru_cache(maxsize=4096)
def free_names(node: Node) -> frozenset[str]:
    """The variables of a tree."""
    if node[0] == "v":
        return frozenset((node[1],))
    if node[0] == "call":
        return frozenset((node[1],)).union(*(free_names(a) for a in node[2]))
    return frozenset[str]().union(*(free_names(part) for part in children(node)))
