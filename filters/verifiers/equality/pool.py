"""Warm worker processes for the symbolic stage, limited and replaced.

Processor time decides, on an idle machine as on a loaded one: the worker measures what a check took
and says so in its reply, and a reply over the limit is a `timeout` however late it is read; the
kernel ends a worker that does not come to one. Wall time only catches a worker that does not run at
all, which is our failure (`sandbox_error`) and is tried again. Plain `Popen` and pipes, no signals
and no multiprocessing, so it works from any thread, event loop or daemonic process, after a fork
too.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from filters.verifiers.outcome import SANDBOX_ERROR, TIMEOUT

CPU_SECONDS = 1.0
"""Processor time of one comparison; beyond it the outcome is `timeout`. Integrals, limits and sums
that have an answer take up to 0.1 s, the dearest seen half a second, everything else a few
milliseconds: the limit lies where a slower processor or a shared core changes no verdict."""
WALL_SECONDS = 60.0
START_SECONDS = 120.0
TASKS_PER_WORKER = 2_000
MAX_IDLE = os.cpu_count() or 1
"""Workers kept warm between calls; more may be at work at once."""
TRIES = 3
_PACKAGE_ROOT = str(Path(__file__).resolve().parents[3])
_START = (
    "import sys; sys.path[:] = {path!r}; from filters.verifiers.equality.worker import main; main()"
)


class Task(NamedTuple):
    gold: str
    answer: str
    decimals: int | None = None


class Reply(NamedTuple):
    outcome: str
    detail: str | None
    seconds: float


class WorkerLost(RuntimeError):
    """The worker ended, fell silent or took too long; `outcome` is what this means for its task."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Worker:
    """One child process and the pipes to it."""

    def __init__(self) -> None:
        path = [_PACKAGE_ROOT, *[p for p in sys.path if p and p != _PACKAGE_ROOT]]
        # No Python settings of the caller's, and one order of sets: sympy's way, and so the time
        # that a check takes, depends on it.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", _START.format(path=path)],
            env=plain | {"PYTHONHASHSEED": "0"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.poll = select.poll()
        self.poll.register(self.stdout, select.POLLIN)
        self.tasks = 0

    def check(self, task: Task) -> Reply:
        """What the worker says; one that is lost over the task is killed."""
        started = time.perf_counter()
        try:
            said = self._ask(task)
        except WorkerLost as lost:
            self.kill()
            return Reply(lost.outcome, str(lost), time.perf_counter() - started)
        except BaseException:  # ours is interrupted: nobody will read the reply
            self.kill()
            raise
        if said["cpu"] > CPU_SECONDS:
            return Reply(TIMEOUT, _over_time(), said["seconds"])
        return Reply(said["outcome"], said["detail"], said["seconds"])

    def _ask(self, task: Task) -> dict[str, Any]:
        if self.tasks == 0:
            self._read(START_SECONDS)
        self.tasks += 1
        try:
            self.stdin.write(json.dumps(task._asdict()).encode() + b"\n")
            self.stdin.flush()
        except OSError:
            raise WorkerLost(SANDBOX_ERROR, "the worker was gone before its task") from None
        return self._read(WALL_SECONDS)

    def _read(self, seconds: float) -> dict[str, Any]:
        """The next line of the worker."""
        line = b""
        while not line.endswith(b"\n"):
            if not self.poll.poll(seconds * 1_000):
                raise WorkerLost(SANDBOX_ERROR, f"silent for {seconds:.0f} s")
            piece = os.read(self.stdout.fileno(), 65_536)
            if not piece:
                raise WorkerLost(*self._cause_of_death())
            line += piece
        try:
            said: dict[str, Any] = json.loads(line)
        except ValueError:
            raise WorkerLost(SANDBOX_ERROR, "the worker's reply could not be read") from None
        return said

    def _cause_of_death(self) -> tuple[str, str]:
        status = self.process.wait()
        if status == -signal.SIGXCPU:
            return TIMEOUT, _over_time()
        return SANDBOX_ERROR, f"the worker ended with status {status}"

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.stdin, self.stdout):
            with contextlib.suppress(OSError):
                pipe.close()


def _over_time() -> str:
    return f"more than {CPU_SECONDS} s of processor time"


_idle: list[Worker] = []
_abandoned: list[Worker] = []
_lock = threading.Lock()


def run(tasks: Sequence[Task], jobs: int = 1) -> list[Reply]:
    """One reply per task, in order, from up to `jobs` workers at a time."""
    if min(jobs, len(tasks)) < 2:
        return [_checked(task) for task in tasks]
    with ThreadPoolExecutor(min(jobs, len(tasks))) as threads:
        return list(threads.map(_checked, tasks))


def _checked(task: Task) -> Reply:
    """By an idle worker that still lives or a new one; again where it was not the task's fault."""
    for _ in range(TRIES):
        worker = _checkout()
        reply = worker.check(task)
        _give_back(worker)
        if reply.outcome != SANDBOX_ERROR:
            break
    return reply


def _checkout() -> Worker:
    while True:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None:
            return Worker()
        if worker.process.poll() is None:
            return worker
        worker.kill()


def _give_back(worker: Worker) -> None:
    if worker.process.poll() is not None:
        return
    with _lock:
        keep = worker.tasks < TASKS_PER_WORKER and len(_idle) < MAX_IDLE
        if keep:
            _idle.append(worker)
    if not keep:
        worker.kill()


def _close() -> None:
    with _lock:
        while _idle:
            _idle.pop().kill()


def _after_fork() -> None:
    """The workers belong to the parent: a forked child starts its own."""
    global _lock
    _lock = threading.Lock()
    _abandoned.extend(_idle)
    _idle.clear()


atexit.register(_close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
