"""The processes in which vLLM works, one a GPU (or a group of them): fed evenly, and watched.

One that dies is started again and its open requests are asked again, which changes nothing, since
each has its own seed; one that dies twice is an error that names it.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from curate.engines.vllm_worker import Ask, Broken, Message, Ready, Sampled, Unfit, work
from curate.terminal.progress import say
from filters.errors import UserError

WINDOW = 2
"""requests that wait for each one that is worked on, so that the queue never runs dry"""
_DEATHS = 2
_STOP_S = 5.0

_spawn = multiprocessing.get_context("spawn")  # CUDA does not survive a fork


@dataclass
class Worker:
    name: str
    environment: Mapping[str, str]
    arguments: Mapping[str, Any]
    open: dict[str, Ask] = field(default_factory=dict)
    window: int = 0
    """0 until its model is loaded"""
    deaths: int = 0
    unsent: list[Ask] = field(default_factory=list)

    def start(self) -> None:
        self.window = 0
        self.pipe, theirs = _spawn.Pipe()
        self.process: BaseProcess = _spawn.Process(
            target=work, args=(theirs, self.environment, self.arguments), name=self.name
        )
        self.process.start()
        theirs.close()

    @property
    def room(self) -> int:
        return self.window - len(self.open)

    def ask(self, ask: Ask) -> None:
        """Sent by `flush`, several at once."""
        self.open[ask.id] = ask
        self.unsent.append(ask)

    def flush(self) -> None:
        if self.unsent and self.window:
            try:
                self.pipe.send(self.unsent)
            except OSError:
                return  # it has died, and they are open
            self.unsent = []

    def receive(self) -> list[Sampled | Unfit]:
        """What it has to say; a death is mended here."""
        try:
            message: Message = self.pipe.recv()
        except (EOFError, OSError):
            self._died()
            return []
        if isinstance(message, Broken):
            raise UserError(f"vllm cannot work like this: {' '.join(message.said.split())[:600]}")
        if isinstance(message, Ready):
            self.window = WINDOW * message.at_once
            return []
        for answer in message:
            del self.open[answer.id]
        return message

    def _died(self) -> None:
        self.process.join()
        self.deaths += 1
        how = f"{self.name} ended with code {self.process.exitcode}"
        if self.deaths >= _DEATHS:
            raise UserError(
                f"{how}, for the second time; -9 is mostly a lack of memory. What is done is kept: "
                "mend it, or ask less of it (options.max_num_seqs), and run the same command again"
            )
        say(f"{how}: it is started again, and its {len(self.open)} open requests are asked again")
        self.pipe.close()
        self.unsent = list(self.open.values())
        self.start()

    def stop(self) -> None:
        self.pipe.close()
        self.process.join(_STOP_S)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Workers:
    """`with Workers(n, gpus_each, arguments) as workers:` starts and ends them."""

    def __init__(self, count: int, gpus_each: int, arguments: Mapping[str, Any]) -> None:
        self.all = [
            Worker(_name(i, count), environment, arguments)
            for i, environment in enumerate(_environments(count, gpus_each))
        ]

    def __enter__(self) -> Workers:
        for worker in self.all:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self.all:
            worker.stop()

    @property
    def open(self) -> int:
        return sum(len(worker.open) for worker in self.all)

    @property
    def loading(self) -> bool:
        return not any(worker.window for worker in self.all)

    def roomiest(self) -> Worker | None:
        """The one that can take most, of those that can take any."""
        worker = max(self.all, key=lambda worker: worker.room)
        return worker if worker.room > 0 else None

    def receive(self) -> list[Sampled | Unfit]:
        """Sends what was asked for and waits until any of them says something."""
        for worker in self.all:
            worker.flush()
        pipes: dict[Any, Worker] = {worker.pipe: worker for worker in self.all}
        ready: Sequence[Connection] = wait(list(pipes))  # type: ignore[assignment]
        return [answer for pipe in ready for answer in pipes[pipe].receive()]


def _name(number: int, count: int) -> str:
    return "the vllm process" if count == 1 else f"vllm process {number + 1} of {count}"


def _environments(count: int, gpus_each: int) -> list[dict[str, str]]:
    """Which GPUs each sees; one alone sees all that we do. vLLM's own engine process would outlive
    a worker that is killed, so vLLM works in the worker itself."""
    common = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_NO_USAGE_STATS": "1"}
    common = {name: os.environ.get(name, value) for name, value in common.items()}
    if count == 1:
        return [common]
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    gpus = given.split(",") if given else [str(i) for i in range(count * gpus_each)]
    if len(gpus) < count * gpus_each:
        raise UserError(
            f"generate.options: {count} × {gpus_each} GPUs are wanted, CUDA_VISIBLE_DEVICES has "
            f"{len(gpus)}"
        )
    shares = (gpus[i * gpus_each : (i + 1) * gpus_each] for i in range(count))
    return [common | {"CUDA_VISIBLE_DEVICES": ",".join(share)} for share in shares]
