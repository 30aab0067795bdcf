"""The process in which vLLM works: requests come in by a pipe, samples go back as they end.

It imports vLLM itself, so that its environment (which GPUs it sees) is set before.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any, NamedTuple


class Ask(NamedTuple):
    id: str
    token_ids: list[int]
    sampling: dict[str, Any]


class Ready(NamedTuple):
    """The model is loaded."""

    at_once: int
    """sequences it works on"""


class Sampled(NamedTuple):
    id: str
    token_ids: list[int]
    finish_reason: str
    """vLLM's: stop, length, abort, error"""
    logprob: float | None


class Unfit(NamedTuple):
    """A request that vLLM does not take."""

    id: str
    said: str


class Broken(NamedTuple):
    """vLLM cannot be started like this."""

    said: str


Message = Ready | list[Sampled | Unfit] | Broken


def work(pipe: Connection, environment: Mapping[str, str], arguments: Mapping[str, Any]) -> None:
    """Until the pipe is closed at its other end, also by the death of whoever holds it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the other end's, which ends us then
    os.environ.update(environment)
    asked: queue.SimpleQueue[Ask] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, asked), daemon=True).start()
    try:
        engine = _engine(arguments)
    except Exception as error:  # whatever vLLM, torch or CUDA raise: the user is told, and decides
        pipe.send(Broken(f"{type(error).__name__}: {error}"))
        return
    pipe.send(Ready(engine.vllm_config.scheduler_config.max_num_seqs))
    while True:
        unfit = _take(engine, asked)
        done = [_sampled(output) for output in engine.step() if output.finished]
        if unfit or done:
            pipe.send([*unfit, *done])


def _listen(pipe: Connection, asked: queue.SimpleQueue[Ask]) -> None:
    try:
        while True:
            for ask in pipe.recv():
                asked.put(ask)
    except (EOFError, OSError):
        os._exit(0)  # nobody is there to answer to; vLLM may be in the middle of a step


def _engine(arguments: Mapping[str, Any]) -> Any:
    from vllm import LLM

    return LLM(**arguments).llm_engine


def _take(engine: Any, asked: queue.SimpleQueue[Ask]) -> list[Unfit]:
    """All that is asked for by now goes into the engine; with nothing to do it waits."""
    from vllm import SamplingParams
    from vllm.exceptions import VLLMClientError
    from vllm.sampling_params import RequestOutputKind

    unfit = []
    while not (asked.empty() and engine.has_unfinished_requests()):
        ask = asked.get()
        try:
            params = SamplingParams(output_kind=RequestOutputKind.FINAL_ONLY, **ask.sampling)
            engine.add_request(ask.id, {"prompt_token_ids": ask.token_ids}, params)
        except (VLLMClientError, ValueError, TypeError) as error:
            unfit.append(Unfit(ask.id, str(error)))
            if asked.empty():
                break
    return unfit


def _sampled(output: Any) -> Sampled:
    sample = output.outputs[0]
    reason = sample.finish_reason or "error"
    return Sampled(output.request_id, list(sample.token_ids), reason, sample.cumulative_logprob)
