"""Whether two texts are the same answer: letters and words here, all else as the trees they may
mean (same_tree.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from filters.verifiers.equality.rational import (
    ExactComparer,
    GoldUnparseable,
    NotRational,
    rational,
)
from filters.verifiers.equality.same_tree import same_tree
from filters.verifiers.extraction.doubts import gives_up
from filters.verifiers.extraction.statements import final_value
from filters.verifiers.grammar.answer_forms import claims_formula, tree
from filters.verifiers.grammar.choice_letters import bare_letter, letter_in, letters
from filters.verifiers.grammar.nodes import Node, bare_value, free_names
from filters.verifiers.grammar.tokens import TooLarge, UnknownCommand, Unparseable
from filters.verifiers.grammar.words import (
    TEXT,
    meaning,
    meaning_told,
    plain_words,
    same_words,
    verdict_in,
)
from filters.verifiers.outcome import (
    CORRECT,
    GOLD_UNPARSEABLE,
    INCORRECT,
    RESOURCE_LIMIT,
    UNSUPPORTED,
)


def compared(gold: str, answer: str, comparer: ExactComparer) -> tuple[str, str | None]:
    """(outcome, detail) of a comparison; `Undecided` where the comparer cannot tell."""
    try:
        equal = same_answer(gold, answer, comparer)
    except GoldUnparseable as reason:
        return GOLD_UNPARSEABLE, str(reason)
    except TooLarge as reason:
        return RESOURCE_LIMIT, str(reason)
    except Unparseable as reason:
        return UNSUPPORTED, str(reason)
    return (CORRECT if equal else INCORRECT), None


def same_answer(gold: str, answer: str, comparer: ExactComparer) -> bool:
    """The whole decision for two texts that are not the same string."""
    by_letter = _same_letters(gold, answer)
    if by_letter is not None:
        return by_letter
    golds = _readings(gold)
    if not golds and claims_formula(gold):
        raise GoldUnparseable(gold[:80])
    in_words = not golds or golds[0][0] == "text"
    equal = _same_readings(gold, answer, golds, comparer)
    if not equal and in_words and _tells_no_value(gold):
        raise GoldUnparseable(f"a sentence without a value: {gold[:60]}")
    return equal


def _same_readings(gold: str, answer: str, golds: list[Node], comparer: ExactComparer) -> bool:
    if not golds:
        return same_words(plain_words(gold), answer)
    in_words, answers = golds[0][0] == "text", _readings(answer)
    if in_words and (not answers or same_words(plain_words(gold), answer)):
        return same_words(golds[0][1], answer) or bool(answers)
    if not in_words and answers and answers[0][0] == "text":
        answers = _readings(_value_in_prose(answer)) or answers
    if not answers:
        _refuse_foreign(answer)
    pairs = list(zip(golds, answers, strict=False))
    if pairs and pairs[0][0][0] == pairs[0][1][0] == "u":
        del pairs[1:]  # units on both sides: no letter of theirs is a variable
    if pairs and _FAMILY.search(gold + answer):
        pairs.append((pairs[0][0], _renamed(pairs[0][1], pairs[0][0])))
    pairs += [(g, a) for a in _comma_reading(answer, golds) for g in golds[:1]]
    if _SURELY_DECIMAL.fullmatch(gold.strip(" $")):
        pairs += [(g, a) for g in _comma_reading(gold, answers) for a in answers[:1]]
    return any(same_tree(g, a, comparer) for g, a in dict.fromkeys(pairs))


def _tells_no_value(gold: str) -> bool:
    """Whether a gold of words is a sentence or more, which may say anything in other words."""
    words = gold.split()
    begins = len(words) > 2 and words[0].rstrip(",;").isalpha() and words[0][0].isupper()
    if len(words) < 10 and not (begins and words[-1].endswith(".")):
        return False
    return not (meaning(gold) or meaning_told(gold) or verdict_in(gold))


def _same_letters(gold: str, answer: str) -> bool | None:
    """Of a gold that is an option, several, or a yes or no that the answer begins with."""
    letter = bare_letter(gold)
    if letter is not None:
        return letter_in(answer) == letter
    known = meaning(gold) or (verdict_in(gold) if gold[:1].isalpha() else None)
    if known in ("yes", "no") and (verdict := verdict_in(answer)) is not None:
        return verdict == known
    several = letters(gold)
    said = letters(answer) if several is not None else None
    return None if said is None else said == several


_FAMILY = re.compile(r"(?:\\in\b|∈)\s*\\?(?:mathbb|mathbf)?\s*\{?\s*[Zℤ]|\binteger|整数")


def _renamed(answer: Node, gold: Node) -> Node:
    """A family whose parameter has another letter, `2nπ` for `2kπ`, with the letter of the gold."""
    ours, theirs = free_names(answer) - free_names(gold), free_names(gold) - free_names(answer)
    if len(ours) != 1 or len(theirs) != 1:
        return answer
    [old], [new] = ours, theirs
    return _with_name(answer, ("v", old), ("v", new))


def _with_name(node: Node, old: Node, new: Node) -> Node:
    if node == old:
        return new
    return tuple(_with_name(p, old, new) if isinstance(p, tuple) else p for p in node)


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
    said = TEXT.sub(r" \1 ", answer)
    return answer if gives_up((said,)) else final_value(said) or answer


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


_DECIMAL_COMMA = re.compile(r"[-+]?(?![1-9]\d{0,2},\d{3}$)\d+,\d+")
"""not 1,234, which is a thousand and more"""
_WITH_COMMA = re.compile(r"([-+]?\d{1,20},\d{1,20})\s*[^\d,;()]{0,20}")


def _comma_reading(text: str, others: Sequence[Node]) -> list[Node]:
    """`2,74` read as a decimal number, only against a number that is not whole."""
    match = _WITH_COMMA.fullmatch(text.strip(" $€£\u00a0")) if others else None
    bare = match[1] if match else ""
    if not _DECIMAL_COMMA.fullmatch(bare):
        return []
    try:
        value = rational(bare_value(others[0]))
    except (NotRational, TooLarge):
        return []
    return [("n", Fraction(bare.replace(",", ".")))] if value.denominator > 1 else []
