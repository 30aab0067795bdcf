"""R1's language reward: words of the target language ÷ all words of the thinking (2501.12948)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from filters.language.language import language_consistency
from filters.trace_format import parse


def language(completions: Sequence[str], target: Sequence[str], **_: Any) -> list[float | None]:
    """0 where there is no thinking. `target` is the problem's language."""
    return [
        language_consistency(parse(completion).thinking or "", code)
        for completion, code in zip(completions, target, strict=True)
    ]
