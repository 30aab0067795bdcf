"""Multiple choice, and what a gold that names an option says."""

from __future__ import annotations

import re
from typing import Any

from curate.sources.layouts.layout import Layout, made
from filters.verifiers.json_text import unpacked

MMLU = Layout("multiple choice, as MMLU", ("choices", "answer"), {}, kind="choice")
ARC = Layout(
    "ARC",  # CommonsenseQA and OpenBookQA likewise
    ("choices", "answerKey"),
    {"problem": ("question", "question_stem"), "gold": "answerKey"},
    kind="choice",
)
MEDMCQA = Layout(
    "MedMCQA",
    ("opa", "opd", "cop"),
    {"choices": made(lambda *options: list(options), "opa", "opb", "opc", "opd"), "gold": "cop"},
    kind="choice",
)

_GPQA = ("Correct Answer", *(f"Incorrect Answer {n}" for n in (1, 2, 3)))
GPQA = Layout(
    "GPQA",  # it has no order of its options: theirs is the alphabet's
    _GPQA[:2],
    {
        "choices": made(lambda *options: sorted(map(str, options)), *_GPQA),
        "gold": made(lambda right, *wrong: sorted(map(str, (right, *wrong))).index(right), *_GPQA),
    },
    kind="choice",
)


AQUA = Layout("AQuA-RAT", ("options", "rationale", "correct"), {"gold": "correct"}, kind="choice")


def _split(options: str) -> list[str]:
    """`a ) 21 , b ) 7` as two options."""
    return [option.strip() for option in re.split(r",\s*(?=[b-e] \) )", options)]


MATHQA = Layout(
    "MathQA",
    ("options", "correct", "annotated_formula"),
    {"choices": made(_split, "options"), "gold": "correct"},
    kind="choice",
)


def _without_last_nulls(*options: Any) -> list[Any]:
    """One between others keeps its letter."""
    count = max(n for n, option in enumerate(options, 1) if option is not None)
    return list(options[:count])


LETTERED = Layout(
    "options in columns A to D",  # C-Eval, CMMLU, MMMLU
    ("A", "B", "C", "D"),
    {"choices": made(_without_last_nulls, *"ABCDE")},
    kind="choice",
)


def unlettered(options: list[str]) -> list[str]:
    """`A)21`, `(B) 7`, `c. 9` without their letters, where each begins with its own: they are
    lettered anew when a model is asked."""
    texts = []
    for n, option in enumerate(options):
        label = _LABEL.match(option)
        if label is None or label[1].upper() != _letter(n):
            return options
        texts.append(option[label.end() :])
    return texts


_LABEL = re.compile(r"\s*(?:\(\s*)?([A-Za-z])\s*[).:．、]\s*(?=\S)")


def letter_of(gold: Any, choices: Any) -> Any:
    """The letter of the option that an index (from 0) or a label means; other golds as they are.
    An index behind the last option stays a number, which is no option's name."""
    choices = unpacked(choices)
    labels = choices.get("label") if isinstance(choices, dict) else None
    if isinstance(labels, list) and gold is not None and str(gold) in map(str, labels):
        return _letter(list(map(str, labels)).index(str(gold)))
    options = choices if isinstance(choices, list) else []
    is_index = isinstance(gold, int) and not isinstance(gold, bool)
    return _letter(gold) if is_index and 0 <= gold < len(options) else gold


def _letter(index: int) -> str:
    return chr(ord("A") + index)
