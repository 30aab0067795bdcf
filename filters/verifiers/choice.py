"""Multiple choice: the letter, `(A)`, or the text of the option; several letters where asked."""

from __future__ import annotations

from collections.abc import Sequence

from filters.verifiers.each_case import answer_in, guarded, judged
from filters.verifiers.extraction.answers import extract_choice
from filters.verifiers.grammar.choice_letters import bare_letter, letter_in, letters, lower_letter
from filters.verifiers.grammar.words import plain_words
from filters.verifiers.outcome import GOLD_UNPARSEABLE, Case, Outcome


def verify_choice(cases: Sequence[Case], jobs: int = 1) -> list[Outcome]:
    return [guarded(_check, case) for case in cases]


def _check(case: Case) -> Outcome:
    gold = (case.gold or "").strip()
    if case.choices and gold.isdigit() and _option_letter(gold, case.choices) is None:
        return Outcome(GOLD_UNPARSEABLE, detail="a number that is no option's text")
    found = answer_in(case)
    if not case.bare and case.gold and letters(case.gold) is None:
        found = extract_choice(
            case.prediction or "", lambda answer: _option_letter(answer, case.choices)
        )
    return judged(case, found, lambda g, answer: same_choice(g, answer, case.choices))


def same_choice(gold: str, answer: str, choices: Sequence[str] | None) -> bool:
    """Whether the answer names the gold option, by letter or by the option's text."""
    gold_letter = _option_letter(gold, choices)
    if gold_letter is None:
        several = letters(gold)
        if several is not None:
            return letters(answer) == several
        return plain_words(gold) == plain_words(answer)
    return gold_letter == _option_letter(answer, choices)


def _option_letter(text: str, choices: Sequence[str] | None) -> str | None:
    """The letter of an option that is named or quoted; a quote outranks an `A` that begins it."""
    said = plain_words(text)
    options = [plain_words(choice) for choice in choices or ()]
    if options.count(said) == 1 and bare_letter(text) is None:
        return chr(ord("A") + options.index(said))
    return bare_letter(text) or letter_in(text) or lower_letter(text)
