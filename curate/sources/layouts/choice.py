"""Multiple choice, and what a gold that names an option says."""

from __future__ import annotations

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


def _unlettered(options: list[str]) -> list[str]:
    """`A)21` without its letter."""
    return [option[2:].strip() if option[1:2] == ")" else option for option in options]


AQUA = Layout(
    "AQuA-RAT",
    ("options", "rationale", "correct"),
    {"choices": made(_unlettered, "options"), "gold": "correct"},
    kind="choice",
)


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
