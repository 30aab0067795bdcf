"""Units behind a value, money before it, degrees above it."""

from __future__ import annotations

from filters.verifiers.grammar.nodes import Node
from filters.verifiers.grammar.numbers import read_number
from filters.verifiers.grammar.token_stream import Stream
from filters.verifiers.grammar.tokens import Token, Unparseable
from filters.verifiers.grammar.units import UNITS
from filters.verifiers.grammar.vocabulary import FUNCTIONS, POWER_WORDS

CURRENCIES = ("$", "€", "£", "¥", "₹")
_TAKE_NO_UNIT = ("u", "tuple", "set", "list", "matrix", "text", "compound")


def with_unit(stream: Stream, value: Node) -> Node | None:
    """`value` with the unit that stands next, if one does."""
    kind, text, _ = stream.peek()
    if value[0] in _TAKE_NO_UNIT or (kind not in ("word", "text") and text not in CURRENCIES):
        return None
    unit: list[tuple[str, int]] = []
    sign = 1
    while True:
        here = stream.place
        if unit:
            sign = _joint(stream)
        raised = _power_word(stream)
        name = _unit_name(stream, stream.peek(), first=not unit)
        if name is None:
            stream.place = here
            return ("u", value, tuple(unit)) if unit else None
        stream.take()
        unit.append((name, sign * (raised or _unit_power(stream))))


def rate(stream: Stream, value: Node) -> Node | None:
    """`12/day`, `$12/\\text{day}`: a number for each unit of time or the like, named in full."""
    name = stream.peek(1).text.strip()
    if not stream.at("/") or value[0] not in ("n", "u") or len(name) < 2 or name not in UNITS:
        return None
    stream.place += 2
    return (
        "u",
        *((value, ((name, -1),)) if value[0] == "n" else (value[1], (*value[2], (name, -1)))),
    )


def _joint(stream: Stream) -> int:
    """Past what stands between two units of a composed one; -1 where it divides."""
    article = stream.peek().text in ("a", "an") and stream.peek(1).text in UNITS
    if stream.peek().text in ("per", "p") or stream.at("/") or article:
        stream.take()
        return -1
    if stream.at_command("cdot", "times") or stream.at("*"):
        stream.take()
    return 1


def _power_word(stream: Stream) -> int:
    """Past the `square` of "square feet" and the like, if a unit of length follows."""
    token = stream.peek()
    words = token.text.split() if token.kind in ("word", "text") else []
    power = POWER_WORDS.get(words[0].lower(), 0) if words else 0
    if power and len(words) == 1 and _unit_name(stream, stream.peek(1), first=False):
        stream.take()
        return power
    if power and len(words) == 2 and words[1] in UNITS:
        stream.tokens[stream.place] = Token("text", words[1], token.spaced)
        return power
    return 0


def _unit_name(stream: Stream, token: Token, first: bool) -> str | None:
    if token.kind not in ("word", "text"):
        return token.text if first and token.kind == "sign" and token.text in CURRENCIES else None
    name = token.text.strip(" .")
    following = stream.peek(1).text
    if name == "in" and following in ("[", "(", "\\{", "{"):
        return None
    if token.kind == "word" and len(name) == 1 and name.isascii():
        variable = not stream.letters_are_units or (first and not token.spaced)
        return name if name in UNITS and not variable else None
    if following == "(" and name in FUNCTIONS:
        return None
    return next((known for known in (name, name.lower()) if known in UNITS), None)


def _unit_power(stream: Stream) -> int:
    """The 2 of `m^2`, `m^{2}`, the -1 of `s^{-1}`."""
    if not stream.skip("^"):
        return 1
    braced = stream.skip("{")
    sign = -1 if stream.skip("-") else 1
    digits = stream.take().text
    if not digits.isdigit() or (braced and not stream.skip("}")):
        raise Unparseable("a unit to a power that is no whole number")
    return sign * int(digits)


def read_money(stream: Stream) -> Node:
    """`$5`, `$5/hour`."""
    sign = stream.take().text
    negative = stream.skip("-")
    if stream.peek().kind != "num":
        raise Unparseable("a currency sign without an amount")
    value = read_number(stream)
    unit = [(sign, 1)]
    per = stream.at("/") or stream.peek().text == "per"
    if per and (name := _unit_name(stream, stream.peek(1), first=False)) is not None:
        stream.place += 2
        unit.append((name, -1))
    return ("u", ("neg", value) if negative else value, tuple(unit))


def degree_sign(stream: Stream) -> bool:
    """Past `\\circ` or `{\\circ}`; the caret is already taken."""
    braced = [stream.peek(ahead).text for ahead in range(3)] == ["{", "circ", "}"]
    if not braced and not stream.at_command("circ", "degree"):
        return False
    stream.place += 3 if braced else 1
    return True


def degrees(stream: Stream, node: Node) -> Node:
    """Of an angle or, before a C, F or K, a temperature."""
    token = stream.peek()
    scale = token.kind in ("word", "text") and token.text in ("C", "F", "K")
    return ("u", node, ((f"°{stream.take().text}" if scale else "°", 1),))
