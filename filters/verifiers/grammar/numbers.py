"""Numbers in an answer: thousands groups, exponents, repeating decimals, `2 million`."""

from __future__ import annotations

import re
from fractions import Fraction

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.number_words import CHINESE_SCALES, SCALES, read_literal
from filters.verifiers.grammar.token_stream import Stream
from filters.verifiers.grammar.tokens import Token, TooLarge, Unparseable
from filters.verifiers.grammar.units import UNITS


class Literals(Stream):
    def number(self) -> Node:
        """A literal with its thousands groups, exponent and repeating part."""
        digits = self.take().text
        grouped = "." not in digits and len(digits) <= 3
        while grouped and (group := self.thousands()):
            digits += group
        if "." not in digits and self.at(".") and self.peek(1).text in ("overline", "bar", "dot"):
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
        if token.text.lower() in SCALES and token.text.lower() not in UNITS:  # dozens are counted
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
        if (ahead == 0 and not group.spaced) or (ahead == 1 and group.spaced):
            return ""
        if ahead < 3 and self.nesting > 1:
            return ""  # inside brackets a comma separates
        self.place += ahead + 1
        return group.text

    def repeating(self, digits: str) -> Fraction:
        repeated = ""
        while self.at_command("overline", "bar", "dot"):
            self.take()
            if self.at("{"):
                self.braces()
            else:
                self.single(whole=True)
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
