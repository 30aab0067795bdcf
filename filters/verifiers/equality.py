"""Whether two answers are the same answer, decided by what they are.

The rules here know lists, sets, tuples, intervals, equations, units, words; the comparison of two
single values is left to a `Leaf`: exact rationals in the driver, symbolic ones in a worker process.
A leaf that cannot decide raises, so that nothing is called wrong that was merely not understood.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Protocol

from filters.verifiers.choice import bare_letter, letter_in, letters
from filters.verifiers.forms import claims_formula, tree
from filters.verifiers.nodes import Node, children, free_names
from filters.verifiers.rational import NotRational, rational
from filters.verifiers.regions import is_region, region, same_region, surely_region
from filters.verifiers.tokens import TooLarge, Unparseable
from filters.verifiers.units import UNITS, measure
from filters.verifiers.words import plain_words

MAX_ITEMS = 200


class NeedsSymbolic(Exception):
    """Only the symbolic stage can compare these."""


class GoldUnparseable(ValueError):
    """The gold claims to be a formula and is none."""


class Leaf(Protocol):
    """How two single values are compared."""

    def equal(self, gold: Node, answer: Node) -> bool: ...

    def order(self, left: Node, right: Node) -> int:
        """-1, 0 or 1."""
        ...

    def same_equation(self, gold: Node, answer: Node) -> bool:
        """Whether gold = 0 and answer = 0 say the same."""
        ...


class ExactLeaf:
    """Rationals, compared exactly, or within half a unit of the decimal place the row names."""

    def __init__(self, params: Mapping[str, Any]) -> None:
        self.tolerance = tolerance(params)

    def equal(self, gold: Node, answer: Node) -> bool:
        if gold == answer:
            return True
        try:
            difference = rational(gold) - rational(answer)
        except NotRational as reason:
            raise NeedsSymbolic(str(reason)) from None
        return abs(difference) <= self.tolerance

    def order(self, left: Node, right: Node) -> int:
        try:
            difference = rational(left) - rational(right)
        except NotRational as reason:
            raise NeedsSymbolic(str(reason)) from None
        return (difference > 0) - (difference < 0)

    def same_equation(self, gold: Node, answer: Node) -> bool:
        if gold == answer:
            return True
        raise NeedsSymbolic("equations")


def tolerance(params: Mapping[str, Any]) -> Fraction:
    """Half a unit in the last place that counts; zero unless the row asks."""
    places = params.get("decimals")
    return Fraction(0) if places is None else Fraction(1, 2 * 10 ** min(int(places), 50))


def same_answer(gold: str, answer: str, leaf: Leaf) -> bool:
    """The whole decision for two texts that are not the same string."""
    letter = bare_letter(gold)
    if letter is not None:
        return letter_in(answer) == letter
    several = letters(gold)
    if several is not None and letters(answer) is not None:
        return letters(answer) == several
    golds = _readings(gold)
    if not golds:
        if claims_formula(gold):
            raise GoldUnparseable(gold[:80])
        return _same_words(plain_words(gold), answer)
    answers = _readings(answer)
    if not answers and golds[0][0] == "text":
        return _same_words(golds[0][1], answer)
    pairs = list(zip(golds, answers, strict=False))
    if pairs and pairs[0][0][0] == pairs[0][1][0] == "u":
        del pairs[1:]  # units on both sides: no letter of theirs is a variable
    pairs += [(g, a) for a in _comma_reading(answer, golds) for g in golds[:1]]
    if _SURELY_DECIMAL.fullmatch(gold.strip(" $")):
        pairs += [(g, a) for g in _comma_reading(gold, answers) for a in answers[:1]]
    return any(_same(g, a, leaf) for g, a in dict.fromkeys(pairs))


_SURELY_DECIMAL = re.compile(r"[-+]?\d+,\d\d+")
"""A gold `1,3` is two numbers; `2,74` may be one."""


def _readings(text: str) -> list[Node]:
    """The trees a text may mean: letters after a number as units, then as variables."""
    found = []
    for letters_are_units in (True, False):
        try:
            found.append(tree(text, letters_are_units))
        except TooLarge:
            raise
        except Unparseable:
            continue
    return found


_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")


def _comma_reading(text: str, others: Sequence[Node]) -> list[Node]:
    """`2,74` read as a decimal number, only against a number that is not whole."""
    bare = text.strip(" $€£\u00a0")
    if not others or not _DECIMAL_COMMA.fullmatch(bare) or len(bare) > 50:
        return []
    try:
        value = rational(_bare_value(others[0]))
    except (NotRational, TooLarge):
        return []
    return [("n", Fraction(bare.replace(",", ".")))] if value.denominator > 1 else []


def _bare_value(node: Node) -> Node:
    return node[1] if node[0] in ("u", "label") else node


# words

_COPULA = re.compile(r"(?:^|.* )(?:is|are|was|were|be|est|ist|es|es|:)(?: an?| the)? ")
_NEGATION = re.compile(r"\b(?:not|neither|nor|never|cannot)\b|n't|不|非")


def _same_words(gold: str, answer: str) -> bool:
    """Equal words, or a short sentence that ends in `is <gold>` and denies nothing."""
    said = plain_words(answer)
    if said == gold:
        return True
    if not gold or not said.endswith(gold):
        return False
    before = said[: -len(gold)]
    if _NEGATION.search(before) or not before.endswith(" "):
        return False
    return _COPULA.fullmatch(before) is not None


# structure


def _same(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Dispatch on what both are; the order of the questions is the order of precedence."""
    if gold == answer:
        return True
    if gold[0] == "approx" or answer[0] == "approx":
        return _same_approximation(gold, answer, leaf)
    if gold[0] == "text" or answer[0] == "text":
        return _same_as_text(gold, answer, leaf)
    gold, answer = _settle(gold), _settle(answer)
    if gold[0] == "rel" or answer[0] == "rel":
        return _same_relation(gold, answer, leaf)
    if gold[0] == answer[0] == "tuple":
        return _same_tuple(gold, answer, leaf)
    if (surely_region(gold) or surely_region(answer)) and is_region(gold) and is_region(answer):
        return _decided_regions(gold, answer, leaf)
    return _same_value(gold, answer, leaf)


def _same_value(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if "record" in (gold[0], answer[0]):
        return _same_record(gold, answer, leaf)
    if gold[0] == answer[0] and gold[0] in ("cup", "cap"):
        return _same_list(("list", gold[1:]), ("list", answer[1:]), leaf)
    kinds = (_shape(gold), _shape(answer))
    compare = _SHAPES.get(kinds)
    if compare is not None:
        return compare(gold, answer, leaf)
    if kinds[0] == "set" and len(gold[1]) == 1:
        return _same(gold[1][0], answer, leaf)
    if kinds[1] == "set" and len(answer[1]) == 1:
        return _same(gold, answer[1][0], leaf)
    if kinds == ("scalar", "scalar"):
        return _same_quantity(gold, answer, leaf)
    return False


def _shape(node: Node) -> str:
    if node[0] in ("tuple", "set", "list", "matrix"):
        return str(node[0])
    if node[0] in ("cup", "cap", "minus", "builder"):
        return "region"
    if _holds_matrix(node):
        return "matrix"
    return "scalar"


@functools.lru_cache(maxsize=4096)
def _holds_matrix(node: Node) -> bool:
    if node[0] == "matrix":
        return True
    if node[0] in ("n", "v", "c", "text", "f", "u"):
        return False
    return any(
        _holds_matrix(part)
        for part in node[1:]
        if isinstance(part, tuple) and part and isinstance(part[0], str)
    )


def _same_list(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Without order, each item once: a surplus item is a wrong answer."""
    golds, answers = list(gold[1]), list(answer[1])
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a list of more than {MAX_ITEMS} items")
    if len(golds) != len(answers):
        return False
    for item in golds:
        place = next((i for i, other in enumerate(answers) if _same(item, other, leaf)), None)
        if place is None:
            return False
        del answers[place]
    return True


def _same_set(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Each item of one among the other: a set does not count its items."""
    golds, answers = gold[1], answer[1]
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a set of more than {MAX_ITEMS} items")
    return all(any(_same(g, a, leaf) for a in answers) for g in golds) and all(
        any(_same(g, a, leaf) for g in golds) for a in answers
    )


def _same_tuple(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if len(gold[1]) == 2 and _brackets(gold) != _brackets(answer):
        return False
    return _same_items(gold[1], answer[1], leaf)


def _same_items(golds: Sequence[Node], answers: Sequence[Node], leaf: Leaf) -> bool:
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a tuple of more than {MAX_ITEMS} items")
    return len(golds) == len(answers) and all(
        _same(g, a, leaf) for g, a in zip(golds, answers, strict=True)
    )


def _brackets(node: Node) -> tuple[str, str]:
    return ("(" if node[2] == "(" else "[", ")" if node[3] == ")" else "]")


def _same_ordered(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """A list without brackets against a tuple: `3, 4` for `(3, 4)`; `[3, 4]` is an interval."""
    pair = gold if gold[0] == "tuple" else answer
    if len(pair[1]) == 2 and _brackets(pair) != ("(", ")"):
        return False
    return _same_items(gold[1], answer[1], leaf)


def _same_matrix(gold: Node, answer: Node, leaf: Leaf) -> bool:
    golds, answers = matrix_value(gold), matrix_value(answer)
    if golds is None or answers is None:
        raise NeedsSymbolic("matrix arithmetic")
    if len(golds) != len(answers):
        return False
    return all(_same_items(g, a, leaf) for g, a in zip(golds, answers, strict=True))


def _same_vector(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """A column or a row against a tuple or list of the same components."""
    table, other = (gold, answer) if _shape(gold) == "matrix" else (answer, gold)
    if other[0] == "tuple" and len(other[1]) == 2 and _brackets(other) != ("(", ")"):
        return False
    rows = matrix_value(table)
    if rows is None:
        raise NeedsSymbolic("matrix arithmetic")
    if len(rows) == 1:
        items = rows[0]
    elif all(len(row) == 1 for row in rows):
        items = tuple(row[0] for row in rows)
    else:
        return False
    pair = (items, other[1]) if table is gold else (other[1], items)
    return _same_items(*pair, leaf)


def matrix_value(node: Node) -> tuple[tuple[Node, ...], ...] | None:
    """The entries of a matrix, sums and multiples worked out; None for what is not that."""
    if node[0] == "matrix":
        return node[1] if isinstance(node[1], tuple) else None
    if node[0] == "neg" and (rows := matrix_value(node[1])) is not None:
        return tuple(tuple(("neg", entry) for entry in row) for row in rows)
    if node[0] not in ("+", "*", "/"):
        return None
    left, right = matrix_value(node[1]), matrix_value(node[2])
    if node[0] == "+":
        if left is None or right is None or [len(r) for r in left] != [len(r) for r in right]:
            return None
        return tuple(
            tuple(("+", a, b) for a, b in zip(x, y, strict=True))
            for x, y in zip(left, right, strict=True)
        )
    if left is not None and right is not None:
        return _matrix_product(left, right) if node[0] == "*" else None
    if left is None and right is not None and node[0] == "*":
        return tuple(tuple(("*", node[1], entry) for entry in row) for row in right)
    if left is not None:
        return tuple(tuple((node[0], entry, node[2]) for entry in row) for row in left)
    return None


def _matrix_product(
    left: tuple[tuple[Node, ...], ...], right: tuple[tuple[Node, ...], ...]
) -> tuple[tuple[Node, ...], ...] | None:
    if len(left[0]) != len(right) or len(left) * len(right) * len(right[0]) > 200:
        return None

    def entry(row: tuple[Node, ...], column: int) -> Node:
        total: Node = ("*", row[0], right[0][column])
        for place in range(1, len(row)):
            total = ("+", total, ("*", row[place], right[place][column]))
        return total

    return tuple(tuple(entry(row, c) for c in range(len(right[0]))) for row in left)


_SHAPES: dict[tuple[str, str], Callable[[Node, Node, Leaf], bool]] = {
    ("list", "list"): _same_list,
    ("list", "set"): _same_list,
    ("set", "list"): _same_list,
    ("set", "set"): _same_set,
    ("tuple", "tuple"): _same_tuple,
    ("tuple", "list"): _same_ordered,
    ("list", "tuple"): _same_ordered,
    ("matrix", "matrix"): _same_matrix,
    ("matrix", "tuple"): _same_vector,
    ("tuple", "matrix"): _same_vector,
    ("matrix", "list"): _same_vector,
    ("list", "matrix"): _same_vector,
}


# putting a tree into the form that is compared


def _settle(node: Node) -> Node:
    """Signs of ± written out, records and repeated names gathered, one-name sets unwrapped."""
    if node[0] == "list":
        return _settle_list(node)
    if node[0] == "set":
        named = [_assigned(item) for item in node[1]]
        if len(named) > 1 and all(named):  # {a = 1, b = 2}
            return _gather([pair for pair in named if pair is not None], node[1])
        return ("set", tuple(_spread(node[1])))
    if node[0] == "compound":
        return node
    if node[0] == "tuple" and _one_long_list(node):
        return ("list", node[1])
    signs = _written_out(node)
    if len(signs) > 1:
        return ("list", tuple(signs))
    if node[0] in ("cup", "cap", "minus"):
        return _finite_sets(node)
    return node


def _one_long_list(node: Node) -> bool:
    """`[1, 2, 3]` is how a program prints a list; two items in square brackets are an interval."""
    return node[2] == "[" and node[3] == "]" and len(node[1]) > 2


def _settle_list(node: Node) -> Node:
    items = _spread(node[1])
    if all(item[0] == "u" for item in items) and (total := _compound(items)) is not None:
        return total
    named = [_assigned(item) for item in items]
    if named[0] is not None and len(named) > 1 and not any(named[1:]) and _plain(items[1:]):
        return ("list", (named[0][1], *items[1:]))  # n = 2, 3, 4
    if all(named):
        return _gather([pair for pair in named if pair is not None], items)
    return ("list", tuple(items))


def _plain(items: Sequence[Node]) -> bool:
    return all(item[0] != "rel" for item in items)


def _compound(items: Sequence[Node]) -> Node | None:
    """`18 hours and 48 minutes` is one quantity: same dimension, units getting smaller."""
    measured = [measure(item[2]) for item in items]
    sizes = [size for size, _ in measured]
    if len({dimension for _, dimension in measured}) > 1 or sizes != sorted(set(sizes))[::-1]:
        return None
    return ("compound", *items)


def _gather(pairs: list[tuple[str, Node]], items: Sequence[Node]) -> Node:
    names = [name for name, _ in pairs]
    stems = {name.split("_")[0].rstrip("'") for name in names}
    if len(set(names)) == 1 or len(stems) == 1:
        return ("list", tuple(value for _, value in pairs))  # x = 1 or x = 2; x_1 = …, x_2 = …
    width = len(set(names))
    if (
        len(names) > width
        and len(names) % width == 0
        and names == names[:width] * (len(names) // width)
    ):
        values = [value for _, value in pairs]
        rows = [tuple(values[i : i + width]) for i in range(0, len(values), width)]
        return ("list", tuple(("tuple", row, "(", ")") for row in rows))
    if width == len(names):
        return (
            "record",
            tuple(sorted(pairs, key=lambda pair: pair[0])),
            tuple(v for _, v in pairs),
        )
    return ("list", tuple(items))


def _spread(items: Sequence[Node]) -> list[Node]:
    spread: list[Node] = []
    for item in items:
        spread += _written_out(item)
    return spread


def _written_out(node: Node, limit: int = 8) -> list[Node]:
    """`a ± b` as its two values (both signs of several ± move together)."""
    if not _holds_sign(node):
        return [node]
    return [_with_sign(node, up=True), _with_sign(node, up=False)]


@functools.lru_cache(maxsize=4096)
def _holds_sign(node: Node) -> bool:
    if node[0] == "pm":
        return True
    if node[0] in ("n", "v", "c", "text"):
        return False
    return any(_holds_sign(part) for part in children(node))


def _with_sign(node: Any, up: bool) -> Any:
    if not isinstance(node, tuple) or not node:
        return node
    if node[0] == "pm":
        positive = up == (node[3] == "pm")
        right = _with_sign(node[2], up)
        right = right if positive else ("neg", right)
        return right if node[1] is None else ("+", _with_sign(node[1], up), right)
    return tuple(_with_sign(part, up) for part in node)


def _finite_sets(node: Node) -> Node:
    """Union, intersection and difference of finite sets, worked out on exact items."""
    if node[0] not in ("cup", "cap", "minus"):
        return ("set", tuple(_spread(node[1]))) if node[0] == "set" else node
    left, right = _finite_sets(node[1]), _finite_sets(node[2])
    if left[0] != "set" or right[0] != "set":
        return node
    try:
        keys = {_exact_key(item) for item in right[1]}
        if node[0] == "cup":
            mine = {_exact_key(item) for item in left[1]}
            return ("set", left[1] + tuple(i for i in right[1] if _exact_key(i) not in mine))
        kept = [i for i in left[1] if (_exact_key(i) in keys) == (node[0] == "cap")]
    except NotRational:
        return node
    return ("set", tuple(kept))


def _exact_key(node: Node) -> Any:
    if node[0] == "tuple":
        return tuple(_exact_key(item) for item in node[1])
    return node if node[0] == "v" else rational(node)


# relations


def _assigned(node: Node) -> tuple[str, Node] | None:
    """(name, value) of `x = 5`, `f(x) = y = 5`, `k ∈ {1, 2}`, `(p, q) = (3, 2)`."""
    if node[0] != "rel" or any(sign not in ("=", "in") for sign in node[1]):
        return None
    name = name_of(node[2][0])
    value = node[2][-1]
    if name is None or ("v", name) == value:
        return None
    return name, value


def name_of(node: Node) -> str | None:
    """The name a left side is, if it is one: x, x_1, f(x), AB, (p, q), P(A)."""
    if node[0] == "v":
        return str(node[1])
    if node[0] == "call":
        return str(node[1])
    if node[0] == "*" and node[1][0] == "v":
        right = node[2]
        if right[0] == "v" and right[1].startswith(("angle ", "triangle ")):
            return str(right[1])
        if right[0] == "v" and node[1][1].isupper() and right[1].isupper():
            return str(node[1][1] + right[1])
        if right[0] in ("v", "n", "tuple") and node[1][1] in _FUNCTION_NAMES:
            return str(node[1][1])
    if node[0] == "*" and node[1][0] == "^" and node[1][1][0] == "v" and node[2][0] == "v":
        return f"{node[1][1][1]}^{node[1][2]}"  # f^{-1}(x)
    if node[0] == "*" and node[1][0] == "*" and (left := name_of(node[1])) and node[2][0] == "v":
        return left + node[2][1] if left.isupper() and node[2][1].isupper() else None
    if node[0] == "tuple" and all(item[0] == "v" for item in node[1]):
        return ",".join(item[1] for item in node[1])
    return None


_FUNCTION_NAMES = frozenset("fghFGHPQRTWpqyxaEV")


def _same_relation(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if gold[0] != "rel":
        return _value_against(gold, answer, leaf, relation_is_gold=False)
    if answer[0] != "rel":
        return _value_against(answer, gold, leaf, relation_is_gold=True)
    gold_name, answer_name = _assigned(gold), _assigned(answer)
    if gold_name and answer_name and gold_name[0] == answer_name[0]:
        if _same(gold_name[1], answer_name[1], leaf):
            return True
    if is_region(gold) and is_region(answer):
        if _variables(gold) != _variables(answer):
            return False
        return _decided_regions(gold, answer, leaf)
    return _same_statement(gold, answer, leaf)


def _variables(node: Node) -> frozenset[str]:
    """What an inequality is about."""
    return frozenset[str]().union(*(free_names(part) for part in node[2]))


def _value_against(value: Node, relation: Node, leaf: Leaf, relation_is_gold: bool) -> bool:
    """`5` against `x = 5`, `(2, ∞)` against `x > 2`."""
    named = _assigned(relation)
    if named is None and all(sign == "=" for sign in relation[1]):
        if not any(free_names(part) for part in relation[2]):
            if not leaf.equal(relation[2][0], relation[2][-1]):
                return False
            named = ("", relation[2][-1])  # 2 + 3 = 5
    if named is not None:
        return _same(named[1], value, leaf) if relation_is_gold else _same(value, named[1], leaf)
    if is_region(relation) and is_region(value):
        return _decided_regions(relation, value, leaf)
    return False


def _decided_regions(gold: Node, answer: Node, leaf: Leaf) -> bool:
    golds, answers = region(gold, leaf), region(answer, leaf)
    if golds is None or answers is None:
        raise NeedsSymbolic("regions with unknown ends")
    return same_region(golds, answers, leaf)


_FLIPPED = {">": "<", ">=": "<="}


def _forward(node: Node) -> Node:
    """`a > b` as `b < a`."""
    if all(sign in _FLIPPED for sign in node[1]):
        return ("rel", tuple(_FLIPPED[s] for s in reversed(node[1])), tuple(reversed(node[2])))
    return node


def _same_statement(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Two equations or inequalities in several unknowns."""
    gold, answer = _forward(gold), _forward(answer)
    if gold[1] != answer[1]:
        return False
    if len(gold[1]) == 1 and gold[1][0] in ("=", "!="):
        left = ("+", gold[2][0], ("neg", gold[2][1]))
        right = ("+", answer[2][0], ("neg", answer[2][1]))
        return leaf.same_equation(left, right)
    return _same_items(gold[2], answer[2], leaf)


# words, approximations, quantities


def _same_as_text(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if gold[0] == answer[0] == "text":
        return {gold[1], answer[1]} == {"infinity", "infinitely many"} or _same_words(
            gold[1], answer[1]
        )
    word, other = (gold[1], answer) if gold[0] == "text" else (answer[1], gold)
    other = other[2][-1] if other[0] == "rel" and other[1] == ("in",) else other
    if word == "no solution":
        return other == ("set", ())
    if word in ("infinity", "infinitely many"):
        return other == ("c", "oo")
    if word == "all reals":
        if other == ("v", "set R"):
            return True
        ends = other[1] if other[0] == "tuple" and len(other[1]) == 2 else ()
        return ends == (("neg", ("c", "oo")), ("c", "oo"))
    return False


def _same_approximation(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """`√3/3 ≈ 0.577`: the exact part or the rounded one, if the row is not contradicting itself."""
    if answer[0] == "approx":
        if not _near(answer, leaf):
            return False
        return _same(gold, answer[1], leaf) or _same(gold, answer[2], leaf)
    return _same(gold[1], answer, leaf) or _same(gold[2], answer, leaf)


def _near(node: Node, leaf: Leaf) -> bool:
    """Whether what is called about equal is so, within one per cent."""
    left = node[1][2][-1] if node[1][0] == "rel" else node[1]
    left, right = _bare_value(left), _bare_value(node[2])
    if free_names(left) or left[0] in ("tuple", "list", "set", "matrix"):
        return True
    margin = ("*", ("n", Fraction(1, 100)), ("f", "abs", (right,)))
    distance = ("f", "abs", (("+", left, ("neg", right)),))
    return leaf.order(distance, margin) <= 0


def _same_quantity(gold: Node, answer: Node, leaf: Leaf) -> bool:
    for special in ("base", "ratio", "time", "compound", "label", "record"):
        if gold[0] == special or answer[0] == special:
            return _SPECIAL[special](gold, answer, leaf)
    if gold[0] == answer[0] == "u":
        return _same_with_units(gold, answer, leaf)
    if gold[0] == "u" or answer[0] == "u":
        return _unit_on_one_side(gold, answer, leaf)
    return leaf.equal(gold, answer)


_PI = ("c", "pi")


def _scaled(node: Node) -> tuple[Node, tuple[tuple[str, int], ...]]:
    """A quantity in base units: value times size, and its dimension."""
    size, dimension = measure(node[2])
    value: Node = node[1] if size == 1 else ("*", ("n", size), node[1])
    if dimension == (("rad", 1),):
        value = ("/", ("*", ("n", Fraction(180)), value), _PI)
        dimension = (("angle", 1),)
    return value, dimension


def _same_with_units(gold: Node, answer: Node, leaf: Leaf) -> bool:
    gold_value, gold_dimension = _scaled(gold)
    answer_value, answer_dimension = _scaled(answer)
    return gold_dimension == answer_dimension and leaf.equal(gold_value, answer_value)


def _unit_on_one_side(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """A unit may be left out; a percentage may also be written as its value, degrees as radians."""
    quantity, bare = (gold, answer) if gold[0] == "u" else (answer, gold)

    def equal(value: Node) -> bool:
        return leaf.equal(value, bare) if quantity is gold else leaf.equal(bare, value)

    names = [name for name, _ in quantity[2]]
    if len(names) == 1 and UNITS[names[0]][1] == ():
        return equal(quantity[1]) or equal(("*", ("n", Fraction(1, 100)), quantity[1]))
    if len(names) == 1 and UNITS[names[0]][1] == (("angle", 1),) and _mentions_pi(bare):
        return equal(("/", ("*", quantity[1], _PI), ("n", Fraction(180))))
    return equal(quantity[1])


def _mentions_pi(node: Node) -> bool:
    return node == _PI or any(_mentions_pi(part) for part in children(node))


def _same_base(gold: Node, answer: Node, leaf: Leaf) -> bool:
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


def _same_ratio(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if "time" in (gold[0], answer[0]):
        return _same_time(gold, answer, leaf)
    golds = gold[1] if gold[0] == "ratio" else None
    answers = answer[1] if answer[0] == "ratio" else None
    if golds and answers:
        if len(golds) != len(answers):
            return False
        return all(
            leaf.equal(("*", golds[0], a), ("*", answers[0], g))
            for g, a in zip(golds[1:], answers[1:], strict=True)
        )
    parts = golds or answers or ()
    if len(parts) != 2 or "u" in (gold[0], answer[0]):
        return False
    quotient = ("/", parts[0], parts[1])
    return leaf.equal(quotient, answer) if golds else leaf.equal(gold, quotient)


def _same_time(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Clock times; one side may leave out am or pm."""
    if gold[0] != answer[0]:
        clock, other = (gold, answer) if gold[0] == "time" else (answer, gold)
        parts = clock[3].split(":")
        if clock[2] or len(parts) != 2 or other[0] not in ("ratio", "n", "/"):
            return False
        ratio = ("ratio", tuple(("n", Fraction(int(part))) for part in parts))
        return _same_ratio(*((ratio, other) if clock is gold else (other, ratio)), leaf)
    if gold[1] == answer[1]:
        return True
    return (
        gold[2] != answer[2]
        and (gold[1] - answer[1]) % 43_200 == 0
        and (min(gold[1], answer[1]) < 43_200 and (gold if not gold[2] else answer)[1] < 46_800)
    )


def _same_compound(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """`18 hours 48 minutes`, against another quantity or a number of the smallest unit named."""
    gold_total, answer_total = _total(gold), _total(answer)
    if gold_total and answer_total:
        same_dimension = gold_total[1] == answer_total[1]
        return same_dimension and leaf.equal(gold_total[0], answer_total[0])
    mixed, bare = (gold, answer) if gold[0] == "compound" else (answer, gold)
    total, _ = gold_total or answer_total or (bare, ())
    size, _ = measure(mixed[-1][2])
    value = ("/", total, ("n", size))
    return leaf.equal(value, bare) if mixed is gold else leaf.equal(bare, value)


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


def _same_label(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """A count with a noun: the noun may be left out; two nouns must share a word."""
    if gold[0] == answer[0]:
        if not _stems(gold[2]) & _stems(answer[2]):
            return False
        return leaf.equal(gold[1], answer[1])
    if "u" in (gold[0], answer[0]):
        quantity = gold if gold[0] == "u" else answer
        label = answer if gold[0] == "u" else gold
        return (
            quantity[2] == (("%", 1),) and "percent" in label[2] and leaf.equal(gold[1], answer[1])
        )
    pair = (gold[1], answer) if gold[0] == "label" else (gold, answer[1])
    return _same_quantity(*pair, leaf)


def _stems(words: str) -> set[str]:
    """Words without plural endings; CJK nouns character by character."""
    if not words.isascii():
        return set(words)
    return {re.sub(r"(?:ies|es|s|y|e)$", "", word) for word in words.split()}


def _same_record(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """`k = 45, n = 2`: by name against another record, in order against a tuple."""
    if gold[0] == answer[0]:
        gold_names, answer_names = [n for n, _ in gold[1]], [n for n, _ in answer[1]]
        if gold_names != answer_names:
            return False
        return _same_items([v for _, v in gold[1]], [v for _, v in answer[1]], leaf)
    record, other = (gold, answer) if gold[0] == "record" else (answer, gold)
    if other[0] not in ("tuple", "list"):
        return False
    pair = (record[2], other[1]) if record is gold else (other[1], record[2])
    return _same_items(*pair, leaf)


_SPECIAL: dict[str, Callable[[Node, Node, Leaf], bool]] = {
    "base": _same_base,
    "ratio": _same_ratio,
    "time": _same_time,
    "compound": _same_compound,
    "label": _same_label,
    "record": _same_record,
}
