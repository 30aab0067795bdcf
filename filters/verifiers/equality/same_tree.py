"""Whether two trees are the same answer, decided by what they are.

The rules know lists, sets, tuples, intervals, equations, words; the comparison of two single values
is left to a `Comparer`: exact rationals in the driver, symbolic ones in a worker process. One that
cannot decide raises, so that nothing is called wrong that was merely not understood.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from filters.verifiers.equality.matrices import holds_matrix, matrix_value
from filters.verifiers.equality.normal_form import assigned, is_wanted, normal_form
from filters.verifiers.equality.quantities import same_quantity
from filters.verifiers.equality.regions import is_region, same_region, surely_region
from filters.verifiers.equality.single_values import Comparer, NeedsSymbolic
from filters.verifiers.grammar.nodes import Node, bare_value, free_names
from filters.verifiers.grammar.tokens import TooLarge
from filters.verifiers.grammar.words import same_words

MAX_ITEMS = 200


def same_tree(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Dispatch on what both are; the order of the questions is the order of precedence."""
    if gold == answer:
        return True
    if gold[0] == "approx" or answer[0] == "approx":
        return _same_approximation(gold, answer, comparer)
    if gold[0] == "text" or answer[0] == "text":
        return _same_as_text(gold, answer, comparer)
    gold, answer = normal_form(gold), normal_form(answer)
    if gold[0] == "rel" or answer[0] == "rel":
        return _same_relation(gold, answer, comparer)
    if gold[0] == answer[0] == "tuple":
        return _same_tuple(gold, answer, comparer)
    if (surely_region(gold) or surely_region(answer)) and is_region(gold) and is_region(answer):
        return same_region(gold, answer, comparer)
    return _same_value(gold, answer, comparer)


def _same_value(gold: Node, answer: Node, comparer: Comparer) -> bool:
    if "record" in (gold[0], answer[0]):
        return _same_record(gold, answer, comparer)
    if gold[0] == answer[0] and gold[0] in ("cup", "cap"):
        return _same_list(("list", gold[1:]), ("list", answer[1:]), comparer)
    kinds = (_shape(gold), _shape(answer))
    compare = _SHAPES.get(kinds)
    if compare is not None:
        return compare(gold, answer, comparer)
    if kinds[0] == "set" and len(gold[1]) == 1:
        return same_tree(gold[1][0], answer, comparer)
    if kinds[1] == "set" and len(answer[1]) == 1:
        return same_tree(gold, answer[1][0], comparer)
    if kinds == ("scalar", "scalar"):
        return same_quantity(gold, answer, comparer)
    return False


def _shape(node: Node) -> str:
    if node[0] in ("tuple", "set", "list", "matrix"):
        return str(node[0])
    if node[0] in ("cup", "cap", "minus", "builder"):
        return "region"
    if holds_matrix(node):
        return "matrix"
    return "scalar"


def _same_list(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Without order, each item once: a surplus item is a wrong answer."""
    golds, answers = list(gold[1]), list(answer[1])
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a list of more than {MAX_ITEMS} items")
    if len(golds) != len(answers):
        return False
    for item in golds:
        place = next(
            (i for i, other in enumerate(answers) if same_tree(item, other, comparer)), None
        )
        if place is None:
            return False
        del answers[place]
    return True


def _same_set(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Each item of one among the other: a set does not count its items."""
    golds, answers = gold[1], answer[1]
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a set of more than {MAX_ITEMS} items")
    return all(any(same_tree(g, a, comparer) for a in answers) for g in golds) and all(
        any(same_tree(g, a, comparer) for g in golds) for a in answers
    )


def _same_tuple(gold: Node, answer: Node, comparer: Comparer) -> bool:
    if len(gold[1]) == 2 and _brackets(gold) != _brackets(answer):
        return False
    return _same_items(gold[1], answer[1], comparer)


def _same_items(golds: Sequence[Node], answers: Sequence[Node], comparer: Comparer) -> bool:
    if max(len(golds), len(answers)) > MAX_ITEMS:
        raise TooLarge(f"a tuple of more than {MAX_ITEMS} items")
    return len(golds) == len(answers) and all(
        same_tree(g, a, comparer) for g, a in zip(golds, answers, strict=True)
    )


def _brackets(node: Node) -> tuple[str, str]:
    return ("(" if node[2] == "(" else "[", ")" if node[3] == ")" else "]")


def _same_ordered(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """A list without brackets against a tuple: `3, 4` for `(3, 4)`; `[3, 4]` is an interval."""
    pair = gold if gold[0] == "tuple" else answer
    if len(pair[1]) == 2 and _brackets(pair) != ("(", ")"):
        return False
    return _same_items(gold[1], answer[1], comparer)


def _same_matrix(gold: Node, answer: Node, comparer: Comparer) -> bool:
    golds, answers = matrix_value(gold), matrix_value(answer)
    if golds is None or answers is None:
        raise NeedsSymbolic("matrix arithmetic")
    if len(golds) != len(answers):
        return False
    return all(_same_items(g, a, comparer) for g, a in zip(golds, answers, strict=True))


def _same_vector(gold: Node, answer: Node, comparer: Comparer) -> bool:
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
    golds, answers = (items, other[1]) if table is gold else (other[1], items)
    return _same_items(golds, answers, comparer)


_SHAPES: dict[tuple[str, str], Callable[[Node, Node, Comparer], bool]] = {
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


def _same_relation(gold: Node, answer: Node, comparer: Comparer) -> bool:
    if gold[0] != "rel":
        return _value_against(gold, answer, comparer, relation_is_gold=False)
    if answer[0] != "rel":
        return _value_against(answer, gold, comparer, relation_is_gold=True)
    golds, answers = assigned(gold), assigned(answer)
    same_name = golds is not None and answers is not None and golds[0] == answers[0]
    if same_name and golds and answers and same_tree(golds[1], answers[1], comparer):
        return True
    if _forward(gold) == _forward(answer):
        return True
    if is_region(gold) and is_region(answer):
        if _variables(gold) != _variables(answer):
            return False
        return same_region(gold, answer, comparer)
    return _same_statement(gold, answer, comparer)


def _variables(node: Node) -> frozenset[str]:
    """What an inequality is about."""
    return frozenset[str]().union(*(free_names(part) for part in node[2]))


def _value_against(value: Node, relation: Node, comparer: Comparer, relation_is_gold: bool) -> bool:
    """`5` against `x = 5`, `(2, ∞)` against `x > 2`."""
    named = assigned(relation)
    if named is None and not relation_is_gold and is_wanted(relation):
        named = ("", relation[2][-1])
    if named is None and _is_sum_done(relation):  # 2 + 3 = 5
        if not comparer.equal(bare_value(relation[2][0]), bare_value(relation[2][-1])):
            return False
        named = ("", relation[2][-1])
    if named is not None:
        return (
            same_tree(named[1], value, comparer)
            if relation_is_gold
            else same_tree(value, named[1], comparer)
        )
    if is_region(relation) and is_region(value):
        return same_region(relation, value, comparer)
    return False


def _is_sum_done(relation: Node) -> bool:
    signs, parts = relation[1], relation[2]
    return all(sign == "=" for sign in signs) and not any(free_names(part) for part in parts)


_FLIPPED = {">": "<", ">=": "<="}


def _forward(node: Node) -> Node:
    """`a > b` as `b < a`."""
    if all(sign in _FLIPPED for sign in node[1]):
        return ("rel", tuple(_FLIPPED[s] for s in reversed(node[1])), tuple(reversed(node[2])))
    return node


def _same_statement(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """Two equations or inequalities in several unknowns."""
    gold, answer = _forward(gold), _forward(answer)
    if gold[1] != answer[1]:
        return False
    if len(gold[2]) == 2 and gold[1][0] in ("=", "!="):
        left = ("+", gold[2][0], ("neg", gold[2][1]))
        right = ("+", answer[2][0], ("neg", answer[2][1]))
        return comparer.same_equation(left, right)
    if len(gold[2]) == 2 and gold[1][0] in ("<", "<="):  # x - y < 2 and -2 < y - x
        left = ("+", gold[2][1], ("neg", gold[2][0]))
        right = ("+", answer[2][1], ("neg", answer[2][0]))
        return comparer.equal(left, right)
    return _same_items(gold[2], answer[2], comparer)


def _same_as_text(gold: Node, answer: Node, comparer: Comparer) -> bool:
    if gold[0] == answer[0] == "text":
        return {gold[1], answer[1]} == {"infinity", "infinitely many"} or same_words(
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


def _same_approximation(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """`√3/3 ≈ 0.577`: the exact part or the rounded one, if the row is not contradicting itself."""
    if answer[0] == "approx":
        if not _near(answer, comparer):
            return False
        return same_tree(gold, answer[1], comparer) or same_tree(gold, answer[2], comparer)
    return same_tree(gold[1], answer, comparer) or same_tree(gold[2], answer, comparer)


def _near(node: Node, comparer: Comparer) -> bool:
    """Whether what is called about equal is so, within one per cent."""
    left = node[1][2][-1] if node[1][0] == "rel" else node[1]
    left, right = bare_value(left), bare_value(node[2])
    if free_names(left) or left[0] in ("tuple", "list", "set", "matrix"):
        return True
    margin = ("*", ("n", Fraction(1, 100)), ("f", "abs", (right,)))
    distance = ("f", "abs", (("+", left, ("neg", right)),))
    return comparer.order(distance, margin) <= 0


def _same_record(gold: Node, answer: Node, comparer: Comparer) -> bool:
    """`k = 45, n = 2`: by name against another record, in order against a tuple."""
    if gold[0] == answer[0]:
        (golds, gold_values), (answers, answer_values) = (
            zip(*gold[1], strict=True),
            zip(*answer[1], strict=True),
        )
        return golds == answers and _same_items(gold_values, answer_values, comparer)
    record, other = (gold, answer) if gold[0] == "record" else (answer, gold)
    if other[0] not in ("tuple", "list"):
        return False
    pair = (record[2], other[1]) if record is gold else (other[1], record[2])
    return _same_items(*pair, comparer)
