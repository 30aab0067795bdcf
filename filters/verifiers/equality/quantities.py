"""Single values with something to them: units, degrees, percentages, bases, ratios, clock times,
compound quantities, counts with a noun."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import reduce

from filters.verifiers.equality.rational import ExactComparer, NotRational, rational
from filters.verifiers.grammar.nodes import Node, bare_value, mentions, number
from filters.verifiers.grammar.tokens import TooLarge, Unparseable
from filters.verifiers.grammar.units import UNITS, Dimension, measure

HALF_DAY = 43_200  # seconds
_PI = ("c", "pi")


def same_quantity(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    kinds = {gold[0], answer[0]}
    if "base" in kinds:
        return _same_base(gold, answer)
    if kinds == {"time"}:
        return _same_time(gold, answer)
    if "time" in kinds:
        return _same_written(gold, answer, comparer)
    if kinds == {"ratio"}:
        return _same_ratio(gold, answer, comparer)
    if "label" in kinds:
        return _nouns_agree(gold, answer) and same_quantity(
            bare_value(gold), bare_value(answer), comparer
        )
    if kinds <= {"u", "compound"}:
        gold_total, answer_total = _total(gold), _total(answer)
        same_dimension = gold_total[1] == answer_total[1]
        return same_dimension and comparer.equal(gold_total[0], answer_total[0])
    golds, answers = _bare_readings(gold, answer), _bare_readings(answer, gold)
    return any(comparer.equal(g, a) for g in golds for a in answers)


def _bare_readings(node: Node, other: Node) -> list[Node]:
    """What a quantity may be worth where the other side is a bare value: its unit may be left out;
    per cent and dozens may also be written as their value, degrees as radians."""
    if node[0] == "ratio":
        return [("/", *node[1])] if len(node[1]) == 2 and other[0] not in ("u", "compound") else []
    if node[0] == "compound":  # in the smallest unit named, or the largest
        return [("/", _total(node)[0], ("n", measure(node[at][2])[0])) for at in (-1, 1)]
    if node[0] != "u":
        return [node]
    size, dimension = UNITS[node[2][0][0]] if len(node[2]) == 1 else (1, None)
    if dimension == ():
        plain = [node[1]] if _at_least_one(node[1]) else []
        return [("*", ("n", size), node[1]), *plain]
    if dimension == (("angle", 1),) and mentions(other, *_PI):
        return [("/", ("*", node[1], _PI), ("n", Fraction(180)))]
    return [node[1]]


def _at_least_one(node: Node) -> bool:
    """Whether a number may be one of per cent with the sign left out; 0.3 is a value of its own."""
    if node == ("c", "oo"):
        return True
    try:
        return abs(rational(node)) >= 1
    except (NotRational, TooLarge):
        return False


def _total(node: Node) -> tuple[Node, Dimension]:
    """A quantity in base units: value times size, parts added, and its dimension."""
    if node[0] == "compound":
        parts = [_total(part) for part in node[1:]]
        if len({dimension for _, dimension in parts}) > 1:
            raise Unparseable("units that do not add")
        return reduce(lambda a, b: ("+", a, b), [value for value, _ in parts]), parts[0][1]
    size, dimension = measure(node[2])
    value: Node = node[1] if size == 1 else ("*", ("n", size), node[1])
    if dimension == (("rad", 1),):
        return ("/", ("*", ("n", Fraction(180)), value), _PI), (("angle", 1),)
    return value, dimension


def _same_base(gold: Node, answer: Node) -> bool:
    """`204_5`: digits in a base. The base may be left out, not changed without saying so."""
    if gold[0] == answer[0]:
        return _base_value(gold) == _base_value(answer)
    numeral, bare = (gold, answer) if gold[0] == "base" else (answer, gold)
    return bare == number(int(numeral[1]))


def _base_value(node: Node) -> int:
    base = int(node[2])
    if not 2 <= base <= 36 or len(node[1]) > 300:
        raise TooLarge("a base that is not computed")
    try:
        return int(node[1], base)
    except ValueError:
        raise Unparseable(f"{node[1]} has digits beyond base {base}") from None


def _same_ratio(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    golds, answers = gold[1], answer[1]
    return len(golds) == len(answers) and all(
        comparer.equal(("*", golds[0], a), ("*", answers[0], g))
        for g, a in zip(golds[1:], answers[1:], strict=True)
    )


def _same_time(gold: Node, answer: Node) -> bool:
    """Clock times; one side may leave out am or pm."""
    if gold[1] == answer[1]:
        return True
    if gold[2] == answer[2] or (gold[1] - answer[1]) % HALF_DAY:
        return False
    unmarked = answer if gold[2] else gold
    return bool(min(gold[1], answer[1]) < HALF_DAY and unmarked[1] < HALF_DAY + 3_600)


def _same_written(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """3:30 without am or pm, which the other side means as a ratio."""
    clock, other = (gold, answer) if gold[0] == "time" else (answer, gold)
    if clock[2] or len(clock[3]) != 2 or other[0] not in ("ratio", "n", "/"):
        return False
    ratio: Node = ("ratio", tuple(map(number, clock[3])))
    pair = (ratio, answer) if clock is gold else (gold, ratio)
    return same_quantity(*pair, comparer)


def _nouns_agree(gold: Node, answer: Node) -> bool:
    """The noun of a count may be left out; two must share a word, and a unit is another noun."""
    if gold[0] == answer[0]:
        return bool(_stems(gold[2]) & _stems(answer[2]))
    label, other = (gold, answer) if gold[0] == "label" else (answer, gold)
    return other[0] != "u" or (other[2] == (("%", 1),) and "percent" in label[2])


def _stems(words: str) -> set[str]:
    """Words without plural endings; CJK nouns character by character."""
    if not words.isascii():
        return set(words)
    return {re.sub(r"(?:ies|es|s|y|e)$", "", word) for word in words.split()}
