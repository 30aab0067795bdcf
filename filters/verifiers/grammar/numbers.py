"""Numbers in an answer: thousands groups, exponents, repeating decimals, `2 million`."""

from __future__ import annotations

import re
from fractions import Fraction

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.number_words import CHINESE_SCALES, SCALES, read_literal
from filters.verifiers.grammar.token_stream import Stream
from filters.verifiers.grammar.tokens import TooLarge, Unparseable
from filters.verifiers.grammar.units import UNITS

MAX_DECIMALS = 300
MAX_EXPONENT = 2_000
_OVERLINES = ("overline", "bar", "dot")
_REPEATED = re.compile(r"(\d*\.\d*?)(\d{1,12}?)\2{2,}")


def read_number(stream: Stream) -> Node:
    """A literal with its thousands groups, exponent and repeating part."""
    digits = stream.take().text
    if "." not in digits and len(digits) <= 3:
        while group := _thousands(stream):
            digits += group
    if "." not in digits and stream.at(".") and (at_overline(stream, 1) or _in_brackets(stream, 1)):
        stream.take()
        digits += "."
    if "." in digits and at_overline(stream):
        return ("n", read_repeating(stream, digits))
    if "." in digits and _in_brackets(stream) and not stream.peek().spaced:
        repeated = stream.peek(1)  # 0.(3)
        if repeated.kind == "num" and "." not in repeated.text:
            stream.place += 3
            return ("n", _repeating(digits, repeated.text))
    if "." in digits and _goes_on(stream):
        block = _REPEATED.fullmatch(digits[:MAX_DECIMALS])
        if block is None:
            raise Unparseable("a decimal that goes on is not a value")
        return ("n", _repeating(block[1], block[2]))
    value, scale = read_literal(digits, _exponent(stream)), _scale(stream)
    return ("n", value if scale == 1 else value * scale)


def at_overline(stream: Stream, ahead: int = 0) -> bool:
    return stream.peek(ahead).kind == "cmd" and stream.peek(ahead).text in _OVERLINES


def read_repeating(stream: Stream, digits: str) -> Fraction:
    """The value of 0.1 before `\\overline{6}`."""
    repeated = ""
    while at_overline(stream):
        stream.take()
        braced = stream.skip("{")
        token = stream.take()
        if token.kind != "num" or "." in token.text or (braced and not stream.skip("}")):
            raise Unparseable("what repeats is not digits")
        repeated += token.text
    return _repeating(digits, repeated)


def _repeating(digits: str, repeated: str) -> Fraction:
    whole, _, fixed = digits.partition(".")
    if len(fixed) + len(repeated) > MAX_DECIMALS:
        raise TooLarge(f"a repeating decimal of more than {MAX_DECIMALS} digits")
    start = read_literal(f"{whole or 0}.{fixed or 0}", 0)
    return start + Fraction(int(repeated), (10 ** len(repeated) - 1) * 10 ** len(fixed))


def _in_brackets(stream: Stream, ahead: int = 0) -> bool:
    """At one token between round brackets."""
    return stream.peek(ahead).text == "(" and stream.peek(ahead + 2).text == ")"


def _goes_on(stream: Stream) -> bool:
    """Past `...` or `\\ldots` right after a decimal."""
    dots = [stream.peek(ahead).text for ahead in range(3)] == [".", ".", "."]
    if not dots and not stream.at_command("ldots", "dots", "cdots"):
        return False
    stream.place += 3 if dots else 1
    return True


def _thousands(stream: Stream) -> str:
    """`,000`, `{,}000`, `,\\!000` or a thin-spaced ` 000` next; taken and returned."""
    if stream.at(","):
        ahead, fits = 1, not stream.peek(1).spaced and stream.nesting <= 1
    elif [stream.peek(place).text for place in range(3)] == ["{", ",", "}"]:
        ahead, fits = 3, True
    else:
        ahead, fits = 0, stream.peek().spaced and stream.nesting <= 1
    group = stream.peek(ahead)
    if not fits or group.kind != "num" or len(group.text.partition(".")[0]) != 3:
        return ""
    stream.place += ahead + 1
    return group.text


def _exponent(stream: Stream) -> int:
    """Of `2.5E2`; a spaced or following letter means something else."""
    token, after = stream.peek(), stream.peek(1)
    if token.kind != "word" or token.text not in ("e", "E") or token.spaced or after.spaced:
        return 0
    signed = after.text in ("+", "-")
    digits = stream.peek(2) if signed else after
    if digits.kind != "num" or not digits.text.isdigit():
        return 0
    stream.place += 3 if signed else 2
    if len(digits.text) > 5 or int(digits.text) > MAX_EXPONENT:
        raise TooLarge(f"a power of ten beyond {MAX_EXPONENT}")
    return -int(digits.text) if after.text == "-" else int(digits.text)


def _scale(stream: Stream) -> int:
    """The million of `2 million`, the 万 of `1.5万`."""
    token = stream.peek()
    name = token.text.lower()
    if token.kind not in ("word", "text"):
        return 1
    if name in SCALES and name not in UNITS:  # dozens are counted
        stream.take()
        return SCALES[name]
    return CHINESE_SCALES[stream.cut(1)] if name[:1] in CHINESE_SCALES else 1
