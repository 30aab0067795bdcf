"""What an engine is: it renders a prompt as its model reads it, and answers requests.

A request that fails is a completion with an error, never an exception and never a gap: the caller
turns every completion into a row. An exception means the engine itself is broken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from curate.config import Generate

STOP, LENGTH, ERROR = "stop", "length", "error"

Message = dict[str, str]
"""role and content"""


class PromptError(Exception):
    """Messages that the model's template cannot render; the row is to blame, in one line."""


@dataclass(frozen=True, slots=True)
class Sampling:
    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 4096


@dataclass(frozen=True, slots=True)
class Request:
    """Some samples of one problem."""

    problem_id: str
    sample_indices: tuple[int, ...]
    prompt: str
    """as `Engine.render` gave it"""
    seed: int
    """of the unit of work: all requests of one `generate` call share it"""


@dataclass(frozen=True, slots=True)
class Completion:
    problem_id: str
    sample_index: int
    text: str | None
    """what the model wrote, end-of-text and padding tokens left out; null where there is none"""
    finish_reason: str
    """stop, length or error"""
    token_ids: list[int] | None = None
    """the generated ones, the end-of-text token included; null where the engine has none"""
    num_tokens: int | None = None
    error: str | None = None
    """type, then details: "out_of_memory: …", "prompt_too_long: 5000 tokens, 2048 fit" """


@dataclass(frozen=True, slots=True)
class Pace:
    """Measured seconds of one batch: up to its first new token, per further token at first, and
    by how much each takes longer than the one before it (there is more to look back at)."""

    first: float
    further: float
    growth: float = 0.0

    def seconds(self, tokens: float) -> float:
        more = max(0.0, tokens - 1)
        return self.first + self.further * more + self.growth * more * more / 2


class Engine(ABC):
    """Made from the `generate` section of the configuration. Cheap to make: what is costly (the
    weights) is loaded by the first `generate`, so that a finished stage loads nothing."""

    name: ClassVar[str]
    version: str
    """of the libraries that do the work"""
    model: str
    revision: str
    """of the model: a hash of its content or its commit; it is part of every trace_id"""
    template_hash: str | None = None
    """of the chat template, null where none is used"""

    @abstractmethod
    def __init__(self, settings: Generate) -> None: ...

    @abstractmethod
    def render(self, messages: Sequence[Message]) -> str:
        """The prompt as the model reads it; PromptError where that cannot be."""

    @abstractmethod
    def count_tokens(self, prompts: Sequence[str]) -> list[int]: ...

    @abstractmethod
    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        """One completion for every sample index of every request, in any order. The same requests
        with the same seed give the same completions."""

    def pace(self, requests: Sequence[Request], sampling: Sampling) -> Pace | None:
        """Timed on these requests, for an estimate; None where trying out costs money."""
        return None


def failed(request: Request, error: str) -> Iterator[Completion]:
    """The completions of a request that could not be served."""
    for index in request.sample_indices:
        yield Completion(request.problem_id, index, None, ERROR, error=error)
