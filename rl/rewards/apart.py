"""A reward function of the user's own, in a child process that is killed when it takes too long.

TRL waits for a reward as long as it takes. Here a batch that takes more than `limit` seconds, or
whose process dies twice, is undecided: it teaches nothing, and it is counted under its outcome.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from filters.errors import UserError
from filters.plugins import load

TIMEOUT, DIED = "timeout", "process_died"


class Apart:
    def __init__(self, place: str, limit: float) -> None:
        """`place` is module:function. `limit` counts from when the child is ready."""
        self.place, self.limit = place, limit
        self.known: tuple[str, str] | None = None
        """a good and a bad completion, where the function has them as its attribute `known`"""
        self._child: tuple[Any, Connection] | None = self._start()

    def __call__(
        self,
        completions: Sequence[str],
        log_extra: Callable[[str, list[str | None]], None] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        sent = {"completions": completions, **columns}
        answer = self._asked(sent)
        if answer == DIED:  # once more: it may have been killed from outside, as memory ran out
            answer = self._asked(sent)
        if isinstance(answer, str):
            if log_extra is not None:
                log_extra("outcome", [answer] * len(completions))
            return [None] * len(completions)
        values, outcomes, error = answer
        if error is not None:
            raise error
        if log_extra is not None and outcomes is not None:
            log_extra("outcome", outcomes)
        return values

    def _asked(self, columns: dict[str, Any]) -> Any:
        """What the child answers, or the outcome of its not doing so."""
        process, pipe = self._child = self._child or self._start()
        try:
            pipe.send(columns)
            answer = pipe.recv() if pipe.poll(self.limit) else TIMEOUT
        except (EOFError, OSError):
            answer = DIED
        if isinstance(answer, str):
            self._child = None
            process.kill()
            process.join()
        return answer

    def _start(self) -> tuple[Any, Connection]:
        context = multiprocessing.get_context("spawn")  # a fork would share the trainer's threads
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(self.place, theirs), daemon=True)
        process.start()
        theirs.close()
        try:
            self.known, mistake = ours.recv()
        except EOFError:
            raise UserError(
                f"grpo.rewards: {self.place} ends its process as it is loaded"
            ) from None
        if mistake is not None:
            raise mistake
        return process, ours


def _serve(place: str, pipe: Connection) -> None:
    try:
        reward = load(place, "grpo.rewards", "reward")
    except UserError as mistake:
        pipe.send((None, mistake))
        return
    pipe.send((getattr(reward, "known", None), None))
    while True:
        try:
            columns = pipe.recv()
        except EOFError:
            return
        extra: dict[str, list[str | None]] = {}
        values: list[float | None] | None = None
        failure: RuntimeError | None = None
        try:
            values = list(reward(**columns, log_extra=extra.__setitem__))
        except Exception as error:
            failure = RuntimeError(f"{type(error).__name__}: {error}")
        pipe.send((values, extra.get("outcome"), failure))
