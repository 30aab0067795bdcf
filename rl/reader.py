"""Rollouts as text, read by the engine that reads the samples of `generate`: special tokens such as
`<think>` stay (TRL's own decoding drops them), only what never is text goes."""

from __future__ import annotations

from collections.abc import Sequence

from filters.trace_format import OPEN, parse_marked, render
from sft.tokenize import opens_thinking
from sft.trainer.base_model import Base


class Reader:
    def __init__(self, base: Base, marker: str | None = None) -> None:
        self.engine, self.marker = base.engine, marker

    def replies(self, prompts: Sequence[str], ids: Sequence[Sequence[int]]) -> list[str]:
        return [self._reply(*pair) for pair in zip(prompts, ids, strict=True)]

    def ended(self, ids: Sequence[int]) -> bool:
        """Whether it came to an end of text, and was not cut."""
        return bool(ids) and ids[-1] in self.engine.ends

    def _reply(self, prompt: str, ids: Sequence[int]) -> str:
        """Whole: with the opening tag where the prompt held it, in think tags whatever the run's
        layout."""
        text = self.engine.decode(ids)
        if self.marker is not None:
            return _unmarked(text, self.marker)
        return OPEN + prompt.rpartition(OPEN)[2] + text if opens_thinking(prompt) else text


def _unmarked(text: str, marker: str) -> str:
    try:
        parts = parse_marked(text, marker)
    except ValueError:
        return text
    return render(parts.thinking or "", parts.summary or "")
