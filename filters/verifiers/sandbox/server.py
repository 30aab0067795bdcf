"""The fork server: a clean process that has the interpreter warm, makes each run a child in new
namespaces and watches it to its end. Started by `client.py`, never by hand.

It sees limits and descriptors only. Programs, inputs and tests lie in memory files that the child
reads after the fork: no later child can find them in the memory it inherits.

One request, one datagram: the limits as JSON and descriptors, first a socket to answer on, then
for each member of the run its stdin, stdout, stderr, payload, report and channel. A run of two
members ends when its first one does.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import random
import select
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any, NoReturn

from filters.verifiers.sandbox import child, jail, walls
from filters.verifiers.sandbox.limits import Limits
from filters.verifiers.sandbox.usage import Use, use_of

_TICK = 0.02  # seconds between looks: a tree may exceed its memory for so long
_FDS = walls.UP  # of each member, and what their numbers are there
# what programs import most: loaded before the fork it costs them nothing
_WARM = (
    "array bisect cmath collections copy dataclasses datetime decimal enum fractions functools "
    "heapq io itertools json math numbers operator random re statistics string textwrap threading "
    "typing"
).split()


@dataclass(slots=True)
class Member:
    pid: int
    watch: int
    """turns readable when it ends"""
    up: int
    """a pipe on which it says that its walls are up"""
    folder: str | None
    seen: dict[int, float] = field(default_factory=dict)
    """processor time by process, the ended ones too"""
    queued: float = 0.0
    """the longest that one of its threads, the ended ones too, has waited for a processor"""
    peak: int = 0


@dataclass(slots=True, eq=False)
class Run:
    answer: socket.socket
    limits: Limits
    members: list[Member]
    began: float


class Server:
    def __init__(self, control: socket.socket, jail: walls.Jail) -> None:
        self._control, self._jail = control, jail
        self._runs: dict[int, Run] = {}  # by every descriptor that concerns it
        self._poll = select.poll()
        self._poll.register(control, select.POLLIN)
        self._next_look = 0.0

    def serve(self) -> None:
        """Until the other side is gone; a run's death follows the server's."""
        while True:
            for fd, _ in self._poll.poll(_TICK * 1000 if self._runs else None):
                if fd == self._control.fileno():
                    if not self._accept():
                        return
                elif fd in self._runs:
                    self._wake(self._runs[fd], fd)
            now = time.monotonic()
            if now >= self._next_look:
                self._next_look = now + _TICK
                for run in set(self._runs.values()):
                    if now - run.began >= _TICK:
                        self._look(run, now)

    def _accept(self) -> bool:
        message, fds, _, _ = socket.recv_fds(self._control, 4096, 1 + 2 * _FDS)
        if not message:
            return False
        answer = socket.socket(fileno=fds[0])
        limits = Limits(**json.loads(message))
        members: list[Member] = []
        try:
            for at in range(1, len(fds), _FDS):
                members.append(self._start(limits, fds[at : at + _FDS]))
        except OSError as error:  # the machine has no process or namespace left to give
            for member in members:
                _end(member, False)
            answer.send(json.dumps({"failed": str(error)}).encode())
            answer.close()
            return True
        finally:
            for fd in fds[1:]:
                os.close(fd)
        run = Run(answer, limits, members, time.monotonic())
        for fd in (answer.fileno(), *(member.watch for member in members)):
            self._runs[fd] = run
            self._poll.register(fd, select.POLLIN)
        return True

    def _start(self, limits: Limits, fds: list[int]) -> Member:
        up, ours = os.pipe()
        folder = self._jail.own_folder()
        try:
            pid = self._jail.spawn()
            if pid == 0:
                self._become(limits, fds, ours, folder)
        except OSError:
            os.close(up)
            raise
        finally:
            os.close(ours)
        return Member(pid, os.pidfd_open(pid), up, folder)

    def _become(self, limits: Limits, fds: list[int], up: int, folder: str | None) -> NoReturn:
        """In the child: take the member's descriptors as 0 to 5, go behind the walls, play."""
        try:
            for at, fd in enumerate([*fds, up]):
                os.dup2(fd, at)
            self._jail.enter(limits, folder)
        except BaseException as error:
            os.write(walls.UP, repr(error).encode()[:500])
            os._exit(1)
        child.main()

    def _wake(self, run: Run, fd: int) -> None:
        """A member ended, or the one who asked is gone."""
        if fd == run.members[0].watch:
            self._finish(run)
        elif fd == run.answer.fileno():
            self._finish(run, "cancelled")
        else:
            self._forget(fd)

    def _look(self, run: Run, now: float) -> None:
        uses = [use_of(self._jail.proc, member.pid) for member in run.members]
        for member, use in zip(run.members, uses, strict=True):
            member.seen |= use.cpu_of
            member.peak = max(member.peak, use.memory)
            member.queued = max(member.queued, use.queued)
        if stop := _why_stop(run, uses, now - run.began, self._jail.spare):
            self._finish(run, stop)

    def _finish(self, run: Run, stop: str | None = None) -> None:
        self._forget(run.answer.fileno())
        ended = []
        for member in run.members:
            self._forget(member.watch)
            ended.append(_end(member, self._jail.exit_signals))
            self._jail.clean(member.folder)
        answer = {"stop": stop, "wall": time.monotonic() - run.began, "members": ended}
        with contextlib.suppress(OSError):  # nobody may wait for it any more
            run.answer.send(json.dumps(answer).encode())
        run.answer.close()

    def _forget(self, fd: int) -> None:
        if self._runs.pop(fd, None):
            self._poll.unregister(fd)


def _why_stop(run: Run, uses: list[Use], elapsed: float, spare: int) -> str | None:
    """Time spent queueing for a processor is the machine's, not the program's."""
    limits = run.limits
    members = zip(run.members, uses, strict=True)
    cpu = max(max(use.cpu, sum(member.seen.values())) for member, use in members)
    if cpu >= limits.cpu_s:
        return "cpu"
    if any(use.memory > limits.memory_mib << 20 for use in uses):
        return "memory"
    if any(use.processes > limits.processes + spare for use in uses):
        return "processes"
    if elapsed - sum(member.queued for member in run.members) >= limits.wall_s:
        slept = all(use.asleep for use in uses) or cpu < limits.wall_s / 2
        return "wall" if slept or cpu >= 0.9 * limits.cpu_s else "starved"
    return "starved" if elapsed >= limits.patience_s else None


def _end(member: Member, exit_signals: bool) -> dict[str, Any]:
    """Kill the first process, and with it its whole namespace; then see what it used."""
    looking = select.poll()
    looking.register(member.watch, select.POLLIN)
    running = not looking.poll(0)
    with contextlib.suppress(ProcessLookupError):  # it may have ended already
        signal.pidfd_send_signal(member.watch, signal.SIGKILL)
    _, status, used = os.wait4(member.pid, 0)
    up = os.read(member.up, 500)
    os.close(member.watch)
    os.close(member.up)
    code = os.waitstatus_to_exitcode(status)
    return {
        "exit": 128 - code if exit_signals and code > 128 else code,
        "cpu": max(used.ru_utime + used.ru_stime, sum(member.seen.values())),
        "peak": max(member.peak, used.ru_maxrss * 1024),
        "up": up.decode("utf-8", "replace"),
        "running": running,
    }


def _keep_low_numbers_free() -> None:
    """What the server opens from now on gets a number above those a child gives its own."""
    while os.open(os.devnull, os.O_RDWR) <= _FDS:
        pass


def main() -> None:
    control = socket.socket(fileno=fcntl.fcntl(int(sys.argv[1]), fcntl.F_DUPFD_CLOEXEC, _FDS + 1))
    os.close(int(sys.argv[1]))
    _keep_low_numbers_free()
    ways, packages = json.loads(sys.argv[2])
    sys.path[:] = [path for path in sys.path if path != os.environ.get("PYTHONPATH")]
    os.environ.clear()
    for name in _WARM:
        importlib.import_module(name)
    child.prepare()
    random.seed(0)  # every run begins with the same numbers, and so comes to the same verdict
    way, problems = jail.first_that_works(ways, packages)
    if way is None:
        control.send(json.dumps({"problems": problems}).encode())
        return
    built = jail.build(way, packages)
    control.send(json.dumps({"way": way, "layers": built.layers()}).encode())
    gc.collect()
    gc.freeze()  # a collection in a child would touch, and so copy, every page
    Server(control, built).serve()


if __name__ == "__main__":
    main()
