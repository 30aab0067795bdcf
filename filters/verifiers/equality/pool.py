"""A pool of warm worker processes for the symbolic stage, limited and killed by the parent.

Processor time decides, on an idle machine as on a loaded one: the worker measures what a check took
and says so in its reply, and a reply over the limit is a `timeout` however late it is read; one
that never replies is killed. Wall time only catches a worker that does not run at all, which is our
failure (`sandbox_error`) and is tried again. Plain `Popen` and pipes, no signals and
no multiprocessing, so it works from any thread, event loop or daemonic process, after a fork too.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
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
RETRIES = 2
_GRACE = 0.1
"""Processor seconds beyond the limit before the parent kills: until then the worker's own count
decides, which is finer than the kernel's ticks."""
_TICK = 0.02
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


class WorkerDied(RuntimeError):
    """The worker ended or fell silent; carries the outcome this means for its task."""

    def __init__(self, outcome: str, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


class Worker:
    """One child process and the pipes to it."""

    def __init__(self) -> None:
        path = [_PACKAGE_ROOT, *[p for p in sys.path if p and p != _PACKAGE_ROOT]]
        self.process = subprocess.Popen(
            [sys.executable, "-s", "-P", "-c", _START.format(path=path)],
            env=_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.tasks = 0
        self.ready = False
        self.buffer = b""
        self.started = self.cpu_before = 0.0

    def send(self, task: Task) -> None:
        """Hand over a task; a worker that is still starting takes it up when it is ready."""
        self.tasks += 1
        self.start_clock()
        assert self.process.stdin is not None
        line = json.dumps(task._asdict()).encode() + b"\n"
        try:
            self.process.stdin.write(line)
            self.process.stdin.flush()
        except OSError:
            raise WorkerDied(SANDBOX_ERROR, "the worker was gone before its task") from None

    def start_clock(self) -> None:
        self.cpu_before, self.started = self.cpu_seconds(), time.perf_counter()

    def fileno(self) -> int:
        assert self.process.stdout is not None
        return self.process.stdout.fileno()

    def receive(self) -> dict[str, Any] | None:
        """The reply if it is complete; call when the pipe has something to read."""
        piece = os.read(self.fileno(), 65_536)
        if not piece:
            raise WorkerDied(*self.cause_of_death())
        self.buffer += piece
        if not self.ready and b"\n" in self.buffer:  # the first line only says that it is there
            self.ready, self.buffer = True, self.buffer.partition(b"\n")[2]
            self.start_clock()
        if not self.buffer.endswith(b"\n"):
            return None
        line, self.buffer = self.buffer, b""
        try:
            reply: dict[str, Any] = json.loads(line)
        except ValueError:
            raise WorkerDied(SANDBOX_ERROR, "the worker's reply could not be read") from None
        return reply

    def cause_of_death(self) -> tuple[str, str]:
        code = self.process.wait()
        if code < 0:
            return SANDBOX_ERROR, f"the worker was killed by signal {-code}"
        return SANDBOX_ERROR, f"the worker ended with status {code}"

    def check_limits(self) -> None:
        wall = time.perf_counter() - self.started
        if not self.ready:
            if wall > START_SECONDS:
                raise WorkerDied(SANDBOX_ERROR, "the worker did not start")
        elif self.cpu_seconds() - self.cpu_before > CPU_SECONDS + _GRACE:
            raise WorkerDied(TIMEOUT, _over_time())
        elif wall > WALL_SECONDS:
            raise WorkerDied(SANDBOX_ERROR, f"silent for {WALL_SECONDS:.0f} s")

    def cpu_seconds(self) -> float:
        """Processor time of the child so far, as the kernel counts it."""
        try:
            fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            # Without /proc, wall time stands in; there a loaded machine may cost a verdict.
            return time.perf_counter()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()


def _environment() -> dict[str, str]:
    """No Python settings of the caller's, and one order of sets: sympy's way, and so the time that
    a check takes, depends on it."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return plain | {"PYTHONHASHSEED": "0"}


def _over_time() -> str:
    return f"more than {CPU_SECONDS} s of processor time"


def _readable(workers: Sequence[Worker], seconds: float) -> list[Worker]:
    poll = select.poll()
    for worker in workers:
        poll.register(worker.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    ready = {descriptor for descriptor, _ in poll.poll(seconds * 1000)}
    return [worker for worker in workers if worker.fileno() in ready]


_idle: list[Worker] = []
_abandoned: list[Worker] = []
_lock = threading.Lock()


def run(tasks: Sequence[Task], jobs: int = 1) -> list[Reply]:
    """One reply per task, in order, from up to `jobs` workers at a time."""
    replies: list[Reply | None] = [None] * len(tasks)
    waiting = [(place, 0) for place in range(len(tasks) - 1, -1, -1)]
    busy: dict[Worker, tuple[int, int]] = {}
    try:
        while waiting or busy:
            while waiting and len(busy) < max(1, jobs):
                place, attempt = waiting.pop()
                worker = _checkout()
                busy[worker] = (place, attempt)
                try:
                    worker.send(tasks[place])
                except WorkerDied as death:
                    _bury(worker, death, busy, replies, waiting)
            if not busy:
                continue
            _collect(busy, replies, waiting)
    finally:
        for worker in busy:
            worker.kill()
    return [reply for reply in replies if reply is not None]


def _collect(
    busy: dict[Worker, tuple[int, int]],
    replies: list[Reply | None],
    waiting: list[tuple[int, int]],
) -> None:
    """Take what has arrived; kill what is over its limits."""
    ready = _readable(list(busy), _TICK)
    for worker in list(busy):
        place, _ = busy[worker]
        try:
            message = worker.receive() if worker in ready else None
            if message is None:
                worker.check_limits()
                continue
        except WorkerDied as death:
            _bury(worker, death, busy, replies, waiting)
            continue
        del busy[worker]
        replies[place] = _judged(message)
        _give_back(worker)


def _judged(message: dict[str, Any]) -> Reply:
    """The reply, unless it took more than it may: when it arrived does not matter."""
    if message["cpu"] > CPU_SECONDS:
        return Reply(TIMEOUT, _over_time(), message["seconds"])
    return Reply(message["outcome"], message["detail"], message["seconds"])


def _bury(
    worker: Worker,
    death: WorkerDied,
    busy: dict[Worker, tuple[int, int]],
    replies: list[Reply | None],
    waiting: list[tuple[int, int]],
) -> None:
    """What becomes of the task of a worker that is no more: another try, or its outcome."""
    place, attempt = busy.pop(worker)
    seconds = time.perf_counter() - worker.started
    worker.kill()
    if death.outcome == SANDBOX_ERROR and attempt < RETRIES:
        waiting.append((place, attempt + 1))
    else:
        replies[place] = Reply(death.outcome, str(death), seconds)


def _checkout() -> Worker:
    """An idle worker that still lives, or a new one."""
    while True:
        with _lock:
            worker = _idle.pop() if _idle else None
        if worker is None:
            return Worker()
        if worker.process.poll() is None:
            return worker
        worker.kill()


def _give_back(worker: Worker) -> None:
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
