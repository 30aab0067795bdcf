"""Whether two trees are the same answer, decided by what they are.

The rules know lists, sets, tuples, intervals, equations, words; the comparison of two single values
is left to a comparer: exact rationals in the driver, symbolic ones in a worker process. One that
cannot decide raises, so that nothing is called wrong that was merely not understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from filters.verifiers.equality.matrices import holds_matrix, matrix_value
from filters.verifiers.equality.normal_form import assigned, is_wanted, normal_form
from filters.verifiers.equality.quantities import same_quantity
from filters.verifiers.equality.rational import ExactComparer, Undecided
from filters.verifiers.equality.regions import REALS, is_region, same_region, surely_region
from filters.verifiers.grammar.nodes import Node, bare_value, free_names
from filters.verifiers.grammar.tokens import TooLarge
from filters.verifiers.grammar.words import same_words

MAX_ITEMS = 200
_POINT = ("(", ")")


def same_tree(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """Dispatch on what both are; the order of the questions is the order of precedence."""
    if gold == answer:
        return True
    if "approx" in (gold[0], answer[0]):
        return _same_approximation(gold, answer, comparer)
    if "text" in (gold[0], answer[0]):
        return _same_as_text(gold, answer)
    gold, answer = normal_form(gold), normal_form(answer)
    kinds = {gold[0], answer[0]}
    if "rel" in kinds:
        return _same_relation(gold, answer, comparer)
    surely = kinds != {"tuple"} and (surely_region(gold) or surely_region(answer))
    if surely and is_region(gold) and is_region(answer):
        return same_region(gold, answer, comparer)
    if "record" in kinds:
        return _same_record(gold, answer, comparer)
    if kinds in ({"cup"}, {"cap"}):
        return _same_list(gold[1:], answer[1:], comparer)
    return _same_shape(gold, answer, comparer)


def _same_shape(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    shapes = {_shape(gold), _shape(answer)}
    if shapes == {"set"}:
        return _same_set(gold[1], answer[1], comparer)
    if shapes <= {"list", "set"}:
        return _same_list(gold[1], answer[1], comparer)
    if shapes <= {"tuple", "list", "matrix"}:
        return _same_in_order(gold, answer, comparer)
    if gold[0] == "set" and len(gold[1]) == 1:
        return same_tree(gold[1][0], answer, comparer)
    if answer[0] == "set" and len(answer[1]) == 1:
        return same_tree(gold, answer[1][0], comparer)
    if shapes == {"scalar", "list"} and answer[0] == "list":
        return _in_two_writings(gold, answer[1], comparer)
    return shapes == {"scalar"} and same_quantity(gold, answer, comparer)


def _in_two_writings(gold: Node, answers: Items, comparer: ExactComparer) -> bool:
    """`90 minutes or 1.5 hours`: two different writings of one value are no list."""
    if len(answers) != 2 or answers[0] == answers[1]:
        return False
    one, other = answers
    if not same_tree(one, other, comparer):
        return False
    return same_tree(gold, one, comparer) or same_tree(gold, other, comparer)


def _shape(node: Node) -> str:
    if node[0] in ("tuple", "set", "list"):
        return str(node[0])
    if node[0] in ("cup", "cap", "minus", "builder"):
        return "region"
    return "matrix" if holds_matrix(node) else "scalar"


# several values

Items = Sequence[Node]


def _check_size(*items: Items) -> None:
    if max(map(len, items)) > MAX_ITEMS:
        raise TooLarge(f"more than {MAX_ITEMS} items")


def _same_list(golds: Items, answers: Items, comparer: ExactComparer) -> bool:
    """Without order, each item once: a surplus item is a wrong answer."""
    _check_size(golds, answers)
    if len(golds) != len(answers):
        return False
    rest = list(answers)
    for gold in golds:
        place = next((i for i, a in enumerate(rest) if same_tree(gold, a, comparer)), None)
        if place is None:
            return False
        del rest[place]
    return True


def _same_set(golds: Items, answers: Items, comparer: ExactComparer) -> bool:
    """Each item of one among the other: a set does not count its items."""
    _check_size(golds, answers)
    return all(any(same_tree(g, a, comparer) for a in answers) for g in golds) and all(
        any(same_tree(g, a, comparer) for g in golds) for a in answers
    )


def _same_items(golds: Items, answers: Items, comparer: ExactComparer) -> bool:
    """One by one, in order."""
    _check_size(golds, answers)
    return len(golds) == len(answers) and all(
        same_tree(g, a, comparer) for g, a in zip(golds, answers, strict=True)
    )


def _same_in_order(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """Tuples, matrices, a column or row for a tuple, a list for a tuple: `3, 4` for `(3, 4)`."""
    if _brackets(gold) != _brackets(answer):
        return False
    rows = [_rows(node) for node in (gold, answer) if _shape(node) == "matrix"]
    if len(rows) == 2:
        return len(rows[0]) == len(rows[1]) and all(
            _same_items(g, a, comparer) for g, a in zip(*rows, strict=True)
        )
    golds, answers = (_vector(rows[0]) if holds_matrix(n) else n[1] for n in (gold, answer))
    return bool(golds and answers) and _same_items(golds, answers, comparer)


def _brackets(node: Node) -> tuple[str, str]:
    """Of a pair; `[3, 4]` is an interval."""
    if node[0] != "tuple" or len(node[1]) != 2:
        return _POINT
    return ("(" if node[2] == "(" else "[", ")" if node[3] == ")" else "]")


def _rows(node: Node) -> tuple[tuple[Node, ...], ...]:
    rows = matrix_value(node)
    if rows is None:
        raise Undecided("matrix arithmetic")
    return rows


def _vector(rows: tuple[tuple[Node, ...], ...]) -> Items:
    """The entries of a row or column."""
    if len(rows) > 1 and all(len(row) == 1 for row in rows):
        return [row[0] for row in rows]
    return rows[0] if len(rows) == 1 else ()


def _same_record(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """`k = 45, n = 2`: by name against another record, in order against a tuple."""
    if gold[0] == answer[0]:
        (golds, gold_values), (answers, answer_values) = (
            zip(*node[1], strict=True) for node in (gold, answer)
        )
        return golds == answers and _same_items(gold_values, answer_values, comparer)
    values = _values(gold), _values(answer)
    return all(values) and _same_items(*values, comparer)


def _values(node: Node) -> Items:
    return {"record": node[-1], "tuple": node[1], "list": node[1]}.get(node[0], ())


# relations


def _same_relation(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    gold, answer = _forward(gold), _forward(answer)
    if gold[0] != "rel":
        return _value_against(gold, answer, comparer, relation_is_gold=False)
    if answer[0] != "rel":
        return _value_against(answer, gold, comparer, relation_is_gold=True)
    golds, answers = assigned(gold), assigned(answer)
    same_name = golds and answers and golds[0] == answers[0]
    if same_name and golds and answers and same_tree(golds[1], answers[1], comparer):
        return True
    if gold == answer:
        return True
    if is_region(gold) and is_region(answer):
        about_the_same = free_names(gold[2]) == free_names(answer[2])
        return about_the_same and same_region(gold, answer, comparer)
    return _same_statement(gold, answer, comparer)


def _value_against(
    value: Node, relation: Node, comparer: ExactComparer, relation_is_gold: bool
) -> bool:
    """`5` against `x = 5`, `(2, ∞)` against `x > 2`."""
    named = assigned(relation)
    said = named[1] if named else None
    if said is None and not relation_is_gold and is_wanted(relation):
        said = relation[2][-1]
    if said is None and _is_sum_done(relation):  # 2 + 3 = 5
        said = relation[2][-1]
        if not comparer.equal(bare_value(relation[2][0]), bare_value(said)):
            return False
    if said is not None:
        pair = (said, value) if relation_is_gold else (value, said)
        return same_tree(*pair, comparer)
    return is_region(relation) and is_region(value) and same_region(relation, value, comparer)


def _is_sum_done(relation: Node) -> bool:
    return all(sign == "=" for sign in relation[1]) and not free_names(relation[2])


_FLIPPED = {">": "<", ">=": "<="}


def _forward(node: Node) -> Node:
    """`a > b` as `b < a`."""
    if node[0] == "rel" and all(sign in _FLIPPED for sign in node[1]):
        return ("rel", tuple(_FLIPPED[s] for s in reversed(node[1])), tuple(reversed(node[2])))
    return node


def _same_statement(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """Two equations or inequalities in several unknowns."""
    if gold[1] != answer[1]:
        return False
    if len(gold[2]) == len(answer[2]) == 2:
        sides = _difference(*gold[2]), _difference(*answer[2])
        if gold[1][0] in ("=", "!="):
            return comparer.same_equation(*sides)
        if gold[1][0] in ("<", "<="):  # x - y < 2 and -2 < y - x
            return comparer.equal(*sides)
    return _same_items(gold[2], answer[2], comparer)


def _difference(left: Node, right: Node) -> Node:
    return ("+", left, ("neg", right))


# words and approximations


def _same_as_text(gold: Node, answer: Node) -> bool:
    if gold[0] == answer[0]:
        known = {gold[1], answer[1]} == {"infinity", "infinitely many"}
        return known or same_words(gold[1], answer[1])
    word, other = (gold[1], answer) if gold[0] == "text" else (answer[1], gold)
    other = other[2][-1] if other[:2] == ("rel", ("in",)) else other
    if word == "all reals" and other[0] == "tuple":
        return other[1] == (("neg", ("c", "oo")), ("c", "oo"))
    return other == _MEANT.get(word)


_MEANT: dict[str, Node] = {
    "no solution": ("set", ()),
    "infinity": ("c", "oo"),
    "infinitely many": ("c", "oo"),
    "all reals": REALS,
}
"""what words stand for"""


def _same_approximation(gold: Node, answer: Node, comparer: ExactComparer) -> bool:
    """`√3/3 ≈ 0.577`: the exact part or the rounded one, if the row is not contradicting itself."""
    if answer[0] == "approx":
        return _near(answer, comparer) and any(
            same_tree(gold, part, comparer) for part in answer[1:]
        )
    return any(same_tree(part, answer, comparer) for part in gold[1:])


def _near(node: Node, comparer: ExactComparer) -> bool:
    """Whether what is called about equal is so, within one per cent."""
    left = node[1][2][-1] if node[1][0] == "rel" else node[1]
    left, right = bare_value(left), bare_value(node[2])
    if free_names(left) or left[0] in ("tuple", "list", "set", "matrix"):
        return True
    margin = ("*", ("n", Fraction(1, 100)), ("f", "abs", (right,)))
    return comparer.order(("f", "abs", (_difference(left, right),)), margin) <= 0
