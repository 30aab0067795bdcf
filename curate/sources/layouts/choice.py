"""Multiple choice, and what a gold that names an option says."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, unpacked

MMLU = Layout("multiple choice, as MMLU", ("choices", "answer"), {}, kind="choice")
ARC = Layout("ARC", ("choices", "answerKey"), {"gold": "answerKey"}, kind="choice")


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
