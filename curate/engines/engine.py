"""What an engine is: it renders a prompt as its model reads it, and answers requests as they come.

A request asks for one sample. One that fails is a completion with an error, never an exception and
never a gap: the caller turns every completion into a row. An exception means that the engine
itself is broken, a UserError that somebody can mend it (memory, a dead server).
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from curate.config import AskedModel

STOP, LENGTH, ERROR = "stop", "length", "error"
# what an `error` says first, before a colon and the details
PROMPT_TOO_LONG, ENGINE_ERROR = "prompt_too_long", "engine_error"
SERVER_ERROR, TIMEOUT = "server_error", "timeout"
REFUSED, COST_LIMIT = "refused_by_server", "cost_limit"
NO_PROMPT = "no_prompt"

Message = dict[str, str]
"""role and content"""


class PromptError(Exception):
    """Messages that the model's template cannot render; the row is to blame, in one line."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How tokens are drawn; the same for all requests of a call."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 4096
    more: Mapping[str, Any] = field(default_factory=dict)
    """the engine's own sampling settings by their names there: top_k, min_p, stop, …"""

    @classmethod
    def of(cls, settings: AskedModel) -> Sampling:
        return cls(settings.temperature, settings.top_p, settings.max_tokens, settings.sampling)


@dataclass(frozen=True, slots=True)
class Request:
    """One sample that is asked for."""

    id: str
    """tells it from the others of the call"""
    prompt: str
    """as `Engine.render` gave it"""
    seed: int = 0
    """of its own, by `seed_of`"""
    index: int = 0
    """which of the samples of its prompt"""
    place: int = 0
    """among all that are ever asked for, those done already counted too. An engine whose samples
    depend on their batch cuts batches by places, so that after a kill they are the same"""


@dataclass(frozen=True, slots=True)
class Completion:
    id: str
    """of the request"""
    text: str | None
    """what the model wrote, end-of-text and padding tokens left out; null where there is none"""
    finish_reason: str
    """stop, length or error"""
    token_ids: Sequence[int] | None = None
    """the generated ones, the end-of-text token included; null where the engine has none"""
    num_tokens: int | None = None
    error: str | None = None
    """its kind, then details: "prompt_too_long: 5000 tokens, the model reads 2048" """
    seed: int | None = None
    """where it was not the request's own"""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """what else is to be kept, e.g. cost"""


_TOO_LONG = ("context length", "context window", "too long", "longer than", "max_model_len")


def says_too_long(said: str) -> bool:
    """Whether a library or server complains of the prompt's length."""
    return any(words in said for words in _TOO_LONG)


def seed_of(digest: str) -> int:
    """Of a request, from a hash: 31 bits, as some servers take no more."""
    return int(digest[:8], 16) >> 1


def failed(request: Request, error: str, **more: Any) -> Completion:
    return Completion(request.id, None, ERROR, error=error, **more)


Requests = Iterator[Request | None]
"""What is to be sampled, taken by the engine as it has room. None: nothing at the moment, go on
with what is open; it comes only while something is."""


def take(requests: Requests, room: int) -> Iterator[Request]:
    """At most `room` requests, fewer where there are no more at the moment."""
    for _ in range(room):
        if (request := next(requests, None)) is None:
            return
        yield request


TRIAL_S = 2.0
"""of sampling at least, to know how fast it is"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long sampling takes, measured: seconds to load the model, then seconds for all that is
    asked for, at least and at most."""

    loading: float
    least: float
    most: float
    basis: str
    """what was measured, in words"""


class Engine(ABC):
    """Made from the section `generate`, or from another that asks a model. Cheap to make: what is
    costly (the weights) is loaded by the first `generate`, so a finished stage loads nothing."""

    name: ClassVar[str]
    version: str
    """of the libraries that do the work"""
    model: str
    revision: str
    """of the model: a hash of its content or its commit; it is part of every trace_id"""
    template_hash: str | None = None
    """of the template that renders prompts, null where none is used or a server has it"""
    stopped: str | None = None
    """why `generate` ended before it had taken all requests, and what to do about it"""
    priced: bool = False
    """whether completions have a `cost` among their facts"""
    spent: float = 0.0
    """what the run has cost so far, in the currency of the prices"""

    @abstractmethod
    def __init__(self, settings: AskedModel) -> None: ...

    @abstractmethod
    def render(self, messages: Sequence[Message]) -> str:
        """The prompt as the model reads it; PromptError where that cannot be."""

    @abstractmethod
    def count_tokens(self, prompts: Sequence[str]) -> list[int]: ...

    @abstractmethod
    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        """One completion for every request that was taken, as they end. Those of a list ended
        together and are kept together or not at all."""

    def answers(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        """`generate`, held to its word: a request that it forgot is answered with an error, and an
        answer that nobody asked for is a RuntimeError. With nothing to ask, no model is loaded."""
        open_: dict[str, Request] = {}

        def taken() -> Requests:
            for request in requests:
                if request is not None:
                    open_[request.id] = request
                yield request

        asking = taken()
        first = next(asking, None)
        if first is None:
            return
        for done in self.generate(itertools.chain([first], asking), sampling):
            for completion in done:
                if open_.pop(completion.id, None) is None:
                    what = f"answers what was not asked: {completion.id}"
                    raise RuntimeError(f"engine {self.name} {what}")
            yield done
        if self.stopped is None:
            forgotten = f"{ENGINE_ERROR}: the {self.name} engine gave no completion"
            yield [failed(request, forgotten) for request in open_.values()]

    def cost(self, prompt_tokens: int, tokens: int) -> float | None:
        """Of so many tokens, in the currency of the prices; None where nothing is paid."""
        return None

    def pace(
        self, requests: Sequence[Request], sampling: Sampling, total: int, until: float
    ) -> Pace | None:
        """For `total` requests like these, tried out until that moment (`time.monotonic`), or for
        two seconds where loading the model took longer; None where trying out costs money or tells
        nothing."""
        return None
