"""Answers from a table or a function instead of a model: for tests and for trying out a pipeline.

    engine: scripted
    options: {answers: {"What is 1 + 1?": ["<think>…</think>2", {error: "server_error: 500"}]}}

`answers` is a table from prompt to list, or `module:function` that gives the list for a prompt;
sample i takes entry i, round and round. An entry is a text, or {text, finish_reason, error}.
A "token" is a word with the blanks before it, and `max_tokens` cuts as a model's would.
"""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from curate.config import AskedModel
from curate.engines.engine import (
    ENGINE_ERROR,
    ERROR,
    LENGTH,
    STOP,
    Completion,
    Engine,
    Message,
    Request,
    Requests,
    Sampling,
    failed,
    take,
)
from filters.errors import UserError
from filters.plugins import load
from filters.schema import content_id

_TOKEN = re.compile(r"\s*\S+|\s+$")


class ScriptedEngine(Engine):
    name = "scripted"

    def __init__(self, settings: AskedModel) -> None:
        answers = settings.options.get("answers")
        if not isinstance(answers, str | dict):
            raise UserError("generate.options.answers: give a table of answers or module:function")
        self._ask = _asker(answers)
        self._batch = settings.batch_size
        self.version = importlib.metadata.version("coldstart-curate")
        self.model = settings.model or "scripted"
        self.revision = content_id("scripted", json.dumps(answers, sort_keys=True))

    def render(self, messages: Sequence[Message]) -> str:
        return "\n\n".join(m["content"] for m in messages)

    def count_tokens(self, prompts: Sequence[str]) -> list[int]:
        return [len(_TOKEN.findall(prompt)) for prompt in prompts]

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        while batch := list(take(requests, self._batch)):
            yield [self._answer(request, sampling) for request in batch]

    def _answer(self, request: Request, sampling: Sampling) -> Completion:
        entries = self._ask(request.prompt)
        if not entries:
            return failed(request, f"{ENGINE_ERROR}: the script has no answer to this prompt")
        entry = entries[request.index % len(entries)]
        entry = entry if isinstance(entry, dict) else {"text": entry}
        if entry.get("error") or entry.get("finish_reason") == ERROR:
            error = entry.get("error") or f"{ENGINE_ERROR}: scripted"
            return Completion(request.id, entry.get("text"), ERROR, error=error)
        tokens = _TOKEN.findall(entry["text"])
        cut = len(tokens) > sampling.max_tokens
        return Completion(
            request.id,
            "".join(tokens[: sampling.max_tokens]) if cut else entry["text"],
            LENGTH if cut else entry.get("finish_reason", STOP),
            num_tokens=min(len(tokens), sampling.max_tokens),
        )


def _asker(answers: str | dict[str, Any]) -> Callable[[str], Sequence[Any]]:
    if isinstance(answers, dict):
        return lambda prompt: answers.get(prompt, ())
    ask: Callable[[str], Sequence[Any]] = load(answers, "generate.options.answers", "function")
    return ask
