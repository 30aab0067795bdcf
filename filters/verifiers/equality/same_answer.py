"""Whether two answers are the same answer, decided by what they are.

The rules here know lists, sets, tuples, intervals, equations, words; the comparison of two single
values is left to a `Leaf`: exact rationals in the driver, symbolic ones in a worker process. A leaf
that cannot decide raises, so that nothing is called wrong that was merely not understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from filters.verifiers.equality.matrices import holds_matrix, matrix_value
from filters.verifiers.equality.normal_form import assigned, is_wanted, settle
from filters.verifiers.equality.quantities import same_quantity
from filters.verifiers.equality.rational import NotRational, rational
from filters.verifiers.equality.regions import is_region, region, same_region, surely_region
from filters.verifiers.equality.single_values import GoldUnparseable, Leaf, NeedsSymbolic
from filters.verifiers.extraction.statements import final_value
from filters.verifiers.grammar.answer_forms import claims_formula, tree
from filters.verifiers.grammar.choice_letters import bare_letter, letter_in, letters
from filters.verifiers.grammar.nodes import Node, free_names
from filters.verifiers.grammar.tokens import TooLarge, UnknownCommand, Unparseable
from filters.verifiers.grammar.words import meaning, meaning_told, plain_words, verdict_in

MAX_ITEMS = 200


def same_answer(gold: str, answer: str, leaf: Leaf) -> bool:
    """The whole decision for two texts that are not the same string."""
    letter = bare_letter(gold)
    if letter is not None:
        return letter_in(answer) == letter
    known = meaning(gold)
    if known in ("yes", "no") and (verdict := verdict_in(answer)) is not None:
        return verdict == known
    several = letters(gold)
    if several is not None and letters(answer) is not None:
        return letters(answer) == several
    golds = _readings(gold)
    if not golds:
        if claims_formula(gold):
            raise GoldUnparseable(gold[:80])
        return _same_words(plain_words(gold), answer)
    answers = _readings(answer)
    if golds[0][0] != "text" and answers and answers[0][0] == "text":
        answers = _readings(_value_in_prose(answer)) or answers
    if not answers and golds[0][0] == "text":
        return _same_words(golds[0][1], answer)
    if not answers:
        _refuse_foreign(answer)
    pairs = list(zip(golds, answers, strict=False))
    if pairs and pairs[0][0][0] == pairs[0][1][0] == "u":
        del pairs[1:]  # units on both sides: no letter of theirs is a variable
    pairs += [(g, a) for a in _comma_reading(answer, golds) for g in golds[:1]]
    if _SURELY_DECIMAL.fullmatch(gold.strip(" $")):
        pairs += [(g, a) for g in _comma_reading(gold, answers) for a in answers[:1]]
    return any(_same(g, a, leaf) for g, a in dict.fromkeys(pairs))


def _refuse_foreign(answer: str) -> None:
    """Raise for TeX we do not know. Any other answer that cannot be read has no value: wrong."""
    try:
        tree(answer)
    except UnknownCommand:
        raise
    except Unparseable:
        return


def _value_in_prose(answer: str) -> str:
    r"""The value of an answer of words, as in `\boxed{\text{The answer is } 5}`."""
    return final_value(_TEXT.sub(r" \1 ", answer)) or answer


_TEXT = re.compile(r"\\text(?:bf|it|rm|normal)?\s*\{([^{}]*)\}")
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


_COPULA = re.compile(r"(?:^|.* )(?:is|are|was|were|be|est|ist|es|es|:)(?: an?| the)? ")


_NEGATION = re.compile(r"\b(?:not|neither|nor|never|cannot)\b|n't|不|非")


def _same_words(gold: str, answer: str) -> bool:
    """Equal words, or a short sentence that ends in `is <gold>` and denies nothing."""
    said = plain_words(answer)
    if said == gold or meaning_told(answer) == gold:
        return True
    if not gold or not said.endswith(gold):
        return False
    before = said[: -len(gold)]
    if _NEGATION.search(before) or not before.endswith(" "):
        return False
    return _COPULA.fullmatch(before) is not None


def _same(gold: Node, answer: Node, leaf: Leaf) -> bool:
    """Dispatch on what both are; the order of the questions is the order of precedence."""
    if gold == answer:
        return True
    if gold[0] == "approx" or answer[0] == "approx":
        return _same_approximation(gold, answer, leaf)
    if gold[0] == "text" or answer[0] == "text":
        return _same_as_text(gold, answer, leaf)
    gold, answer = settle(gold), settle(answer)
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
        return same_quantity(gold, answer, leaf)
    return False


def _shape(node: Node) -> str:
    if node[0] in ("tuple", "set", "list", "matrix"):
        return str(node[0])
    if node[0] in ("cup", "cap", "minus", "builder"):
        return "region"
    if holds_matrix(node):
        return "matrix"
    return "scalar"


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
    golds, answers = (items, other[1]) if table is gold else (other[1], items)
    return _same_items(golds, answers, leaf)


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


def _same_relation(gold: Node, answer: Node, leaf: Leaf) -> bool:
    if gold[0] != "rel":
        return _value_against(gold, answer, leaf, relation_is_gold=False)
    if answer[0] != "rel":
        return _value_against(answer, gold, leaf, relation_is_gold=True)
    golds, answers = assigned(gold), assigned(answer)
    same_name = golds is not None and answers is not None and golds[0] == answers[0]
    if same_name and golds and answers and _same(golds[1], answers[1], leaf):
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
    named = assigned(relation)
    if named is None and not relation_is_gold and is_wanted(relation):
        named = ("", relation[2][-1])
    if named is None and _is_sum_done(relation):  # 2 + 3 = 5
        if not leaf.equal(relation[2][0], relation[2][-1]):
            return False
        named = ("", relation[2][-1])
    if named is not None:
        return _same(named[1], value, leaf) if relation_is_gold else _same(value, named[1], leaf)
    if is_region(relation) and is_region(value):
        return _decided_regions(relation, value, leaf)
    return False


def _is_sum_done(relation: Node) -> bool:
    signs, parts = relation[1], relation[2]
    return all(sign == "=" for sign in signs) and not any(free_names(part) for part in parts)


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
    if len(gold[2]) == 2 and gold[1][0] in ("=", "!="):
        left = ("+", gold[2][0], ("neg", gold[2][1]))
        right = ("+", answer[2][0], ("neg", answer[2][1]))
        return leaf.same_equation(left, right)
    return _same_items(gold[2], answer[2], leaf)


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
