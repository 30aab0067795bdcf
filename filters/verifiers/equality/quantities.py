"""Single values with something to them: units, degrees, percentages, bases, ratios, clock times,
compound quantities, counts with a noun."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.equality.single_values import Comparer
from filters.verifiers.grammar.nodes import Node, children, number
from filters.verifiers.grammar.tokens import TooLarge, Unparseable
from filters.verifiers.grammar.units import UNITS, measure


def same_quantity(gold: Node, answer: Node, comparer: Comparer) -> bool:
    for special in ("base", "ratio", "time", "compound", "label"):
        if gold[0] == special or answer[0] == special:
            return _SPECIAL[special](gold, answer, comparer)
    if gold[0] == answer[0] == "u":
        return _same_with_units(gold, answer, comparer)
    if gold[0] == "u" or answer[0] == "u":
        return _unit_on_one_side(gold, answer, comparer)
    return comparer.equal(gold, answer)


_PI = ("c", "pi")


def _scaled(node: Node) -> tuple[Node, tuple[tuple[str, int], ...]]:
    """A quantity in base units: value times size, and its dimension."""
    size, dimension = measure(node[2])
    value: Node = node[1] if size == 1 else ("*", ("n", size), node[1])
    if dimension == (("rad", 1),):
        value = ("/", ("*", ("n", Fraction(180)), value), _PI)
        dimension = (("angle", 1),)
    return value, dimension


def _same_with_units(gold: Node, answer: Node, comparer: Comparer) -> bool:
    gold_value, gold_dimension = _scaled(gold)
    answer_value, answer_dimension = _scaled(answer)
    return gold_dimension == answer_dimension and comparer.equal(gold_value, answer_value)


def _unit_on_one_side(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """A unit may be left out; per cent and dozens may also be written as their value, degrees as
    radians."""
    quantity, bare = (gold, answer) if gold[0] == "u" else (answer, gold)

    def equal(value: Node) -> bool:
        return comparer.equal(value, bare) if quantity is gold else comparer.equal(bare, value)

    names = [name for name, _ in quantity[2]]
    if len(names) == 1 and UNITS[names[0]][1] == ():
        if equal(("*", ("n", UNITS[names[0]][0]), quantity[1])):
            return True
        return _at_least_one(quantity[1]) and equal(quantity[1])
    if len(names) == 1 and UNITS[names[0]][1] == (("angle", 1),) and _mentions_pi(bare):
        return equal(("/", ("*", quantity[1], _PI), ("n", Fraction(180))))
    return equal(quantity[1])


def _at_least_one(node: Node) -> bool:
    """Whether a number may be one of per cent with the sign left out; 0.3 is a value of its own."""
    if node == ("c", "oo"):
        return True
    try:
        return abs(rational(node)) >= 1
    except (NotRational, TooLarge):
        return False


def _mentions_pi(node: Node) -> bool:
    return node == _PI or any(_mentions_pi(part) for part in children(node))


def _same_base(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """`204_5`: digits in a base. The base may be left out, not changed without saying so."""
    if gold[0] == answer[0]:
        return _base_value(gold) == _base_value(answer)
    numeral, bare = (gold, answer) if gold[0] == "base" else (answer, gold)
    return bare[0] == "n" and bare[1] == int(numeral[1])


def _base_value(node: Node) -> Fraction:
    base = int(node[2])
    if not 2 <= base <= 36 or len(node[1]) > 300:
        raise TooLarge("a base that is not computed")
    try:
        return Fraction(int(node[1], base))
    except ValueError:
        raise Unparseable(f"{node[1]} has digits beyond base {base}") from None


def _same_ratio(gold: Node, answer: Node, comparer: Comparer) -> bool:
    if "time" in (gold[0], answer[0]):
        return _same_time(gold, answer, comparer)
    golds = gold[1] if gold[0] == "ratio" else None
    answers = answer[1] if answer[0] == "ratio" else None
    if golds and answers:
        if len(golds) != len(answers):
            return False
        return all(
            comparer.equal(("*", golds[0], a), ("*", answers[0], g))
            for g, a in zip(golds[1:], answers[1:], strict=True)
        )
    parts = golds or answers
    if parts is None or len(parts) != 2 or "u" in (gold[0], answer[0]):
        return False
    quotient: Node = ("/", *parts)
    return comparer.equal(quotient, answer) if golds else comparer.equal(gold, quotient)


def _same_time(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Clock times; one side may leave out am or pm."""
    if gold[0] != answer[0]:
        clock, other = (gold, answer) if gold[0] == "time" else (answer, gold)
        if clock[2] or len(clock[3]) != 2 or other[0] not in ("ratio", "n", "/"):
            return False
        ratio = ("ratio", tuple(map(number, clock[3])))
        return (
            _same_ratio(ratio, other, comparer)
            if clock is gold
            else _same_ratio(other, ratio, comparer)
        )
    if gold[1] == answer[1]:
        return True
    return (
        gold[2] != answer[2]
        and (gold[1] - answer[1]) % 43_200 == 0
        and (min(gold[1], answer[1]) < 43_200 and (gold if not gold[2] else answer)[1] < 46_800)
    )


def _same_compound(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """`18 hours 48 minutes`, against another quantity or a number of the smallest unit named."""
    gold_total, answer_total = _total(gold), _total(answer)
    if gold_total and answer_total:
        same_dimension = gold_total[1] == answer_total[1]
        return same_dimension and comparer.equal(gold_total[0], answer_total[0])
    mixed, bare = (gold, answer) if gold[0] == "compound" else (answer, gold)
    total, _ = gold_total or answer_total or (bare, ())
    size, _ = measure(mixed[-1][2])
    value = ("/", total, ("n", size))
    return comparer.equal(value, bare) if mixed is gold else comparer.equal(bare, value)


def _total(node: Node) -> tuple[Node, Any] | None:
    if node[0] == "u":
        return _scaled(node)
    if node[0] != "compound":
        return None
    parts = [_scaled(part) for part in node[1:]]
    if len({dimension for _, dimension in parts}) > 1:
        raise Unparseable("units that do not add")
    total = parts[0][0]
    for value, _ in parts[1:]:
        total = ("+", total, value)
    return total, parts[0][1]


def _same_label(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """A count with a noun: the noun may be left out; two nouns must share a word."""
    if gold[0] == answer[0]:
        if not _stems(gold[2]) & _stems(answer[2]):
            return False
        return comparer.equal(gold[1], answer[1])
    if "u" in (gold[0], answer[0]):
        quantity = gold if gold[0] == "u" else answer
        label = answer if gold[0] == "u" else gold
        return (
            quantity[2] == (("%", 1),)
            and "percent" in label[2]
            and comparer.equal(gold[1], answer[1])
        )
    if gold[0] == "label":
        return same_quantity(gold[1], answer, comparer)
    return same_quantity(gold, answer[1], comparer)


def _stems(words: str) -> set[str]:
    """Words without plural endings; CJK nouns character by character."""
    if not words.isascii():
        return set(words)
    return {re.sub(r"(?:ies|es|s|y|e)$", "", word) for word in words.split()}


_SPECIAL: dict[str, Callable[[Node, Node, Comparer], bool]] = {
    "base": _same_base,
    "ratio": _same_ratio,
    "time": _same_time,
    "compound": _same_compound,
    "label": _same_label,
}
