"""The near side of the sandbox: `run` hands programs to the fork server and waits for their end.

The server is a process of its own, started once per process by `subprocess` (never a bare fork
of a program with threads), so that a run may be asked for from a main thread, a worker thread, an
asyncio loop or a worker of a cluster framework alike.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from filters.errors import UserError, did_you_mean
from filters.verifiers.sandbox import wire
from filters.verifiers.sandbox.limits import Limits

_PROJECT = Path(__file__).resolve().parents[3]
_PACKAGES = ("numpy",)  # what programs may import besides the standard library, if installed
_MODULE = "filters.verifiers.sandbox.server"
_WAYS = "namespaces,root,bubblewrap,bare"
_CHOICE = "CURATE_SANDBOX"  # another list of ways; `none` is unprotected
_SLACK_S = 60.0  # for a server that itself waits for a processor


class SandboxError(Exception):
    """The sandbox, not the program, failed; the run may be tried again."""


@dataclass(frozen=True, slots=True)
class Job:
    """One process to run: what it reads."""

    payload: dict[str, Any]
    """read by `child.py`: the role and what belongs to it"""
    stdin: bytes = b""


@dataclass(frozen=True, slots=True)
class Ended:
    """How one process ended, and what it wrote."""

    stop: str | None
    """cpu, wall, starved, memory, processes: the limit it was ended for"""
    exit: int
    """exit status, or minus a signal's number"""
    cpu: float
    wall: float
    peak: int
    """bytes of memory at most"""
    stdout: bytes
    report: bytes
    full: bool
    """it met the limit of what it may write"""


def run(jobs: Sequence[Job], limits: Limits) -> list[Ended]:
    """One process, or two that hold the ends of one socket; the run ends with the first."""
    cap = limits.output_kib << 10
    with contextlib.ExitStack() as stack:
        files = [_Files(stack, job, cap) for job in jobs]
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        server = _server()
        _request(server, limits, files, theirs)
        answer = _answer(server, ours, limits)
        members = zip(answer["members"], files, strict=True)
        return [file.ended(answer, member) for member, file in members]


def layers() -> dict[str, bool]:
    """The walls that stand on this host, by name; starts the server."""
    return _server().layers


def way() -> str:
    """The kind of jail this host allows, as `jail.py` names them; starts the server."""
    return _server().way


class _Files:
    """Memory files of one process. Those it writes have their full size, sealed against growth,
    so that a flood ends at the limit and occupies nothing more."""

    def __init__(self, stack: contextlib.ExitStack, job: Job, cap: int) -> None:
        self._stack, self._cap = stack, cap
        self.stdin = self._filled(job.stdin)
        self.payload = self._filled(wire.pack(job.payload).encode())
        self.stdout, self.report = self._sealed(), self._sealed()

    def _filled(self, data: bytes) -> int:
        fd = self._open()
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.lseek(fd, 0, os.SEEK_SET)
        return fd

    def _sealed(self) -> int:
        fd = self._open()
        os.ftruncate(fd, self._cap)
        fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK)
        return fd

    def _open(self) -> int:
        fd = os.memfd_create("run", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        self._stack.callback(os.close, fd)
        return fd

    def ended(self, answer: dict[str, Any], member: dict[str, Any]) -> Ended:
        stdout, full = self._written(self.stdout)
        report, report_full = self._written(self.report)
        return Ended(
            stop=answer["stop"],
            exit=member["exit"],
            cpu=member["cpu"],
            wall=answer["wall"],
            peak=member["peak"],
            stdout=stdout,
            report=report,
            full=full or report_full,
        )

    def _written(self, fd: int) -> tuple[bytes, bool]:
        """What lies before the position the process left, and whether that is the very end."""
        end = min(max(os.lseek(fd, 0, os.SEEK_CUR), 0), self._cap)
        return os.pread(fd, end, 0), end == self._cap


def _request(
    server: _ForkServer, limits: Limits, files: list[_Files], answer: socket.socket
) -> None:
    """The near ends are closed at once: a process must see the end of the other."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(answer)
        null = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
        stack.callback(os.close, null)
        ends = [null]
        if len(files) == 2:
            ends = [stack.enter_context(end).fileno() for end in socket.socketpair()]
        fds = [answer.fileno()]
        for file, end in zip(files, ends, strict=True):
            fds += [file.stdin, file.stdout, null, file.payload, file.report, end]
        server.request(json.dumps(asdict(limits)).encode(), fds)


def _answer(server: _ForkServer, ours: socket.socket, limits: Limits) -> dict[str, Any]:
    ours.settimeout(limits.patience_s + _SLACK_S)
    try:
        message = ours.recv(1 << 16)
    except OSError as error:
        raise SandboxError(f"no answer from the fork server: {error}") from None
    if not message:
        _forget(server)
        raise SandboxError("the fork server ended")
    answer: dict[str, Any] = json.loads(message)
    if "failed" in answer:
        raise SandboxError(f"no process for the program: {answer['failed']}")
    for number, member in enumerate(answer["members"]):
        # the first ends the run, be the other still on its way: on a busy machine it may be
        overtaken = number > 0 and member["running"] and not member["up"]
        if member["up"] != "u" and not overtaken:
            raise SandboxError(f"no walls: {member['up'] or 'ended before they were up'}")
    return answer


class _ForkServer:
    def __init__(self) -> None:
        if sys.platform != "linux":
            raise UserError(f"programs are run on Linux only, not on {sys.platform}")
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fd = theirs.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-S", "-m", _MODULE, str(fd), json.dumps([_ways(), _packages()])],
            env={"PYTHONPATH": str(_PROJECT), "PYTHONHASHSEED": "0"},
            cwd="/",
            pass_fds=[fd],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C is for the parent, who then ends the server
        )
        theirs.close()
        self._control.settimeout(_SLACK_S)
        message = self._control.recv(1 << 16)
        if not message:
            raise SandboxError(f"the fork server did not start ({self._process.wait()})")
        hello = json.loads(message)
        if "problems" in hello:
            raise UserError(
                f"no sandbox for programs on this host ({'; '.join(hello['problems'])}); install "
                f"bubblewrap, or set {_CHOICE}=none to run them unprotected"
            )
        self.way: str = hello["way"]
        self.layers: dict[str, bool] = hello["layers"]

    def request(self, message: bytes, fds: list[int]) -> None:
        try:
            socket.send_fds(self._control, [message], fds)
        except OSError as error:
            _forget(self)
            raise SandboxError(f"the fork server is gone: {error}") from None

    def close(self) -> None:
        self._control.close()
        self._process.wait()

    def abandon(self) -> None:
        """In a forked child: the server is the parent's."""
        self._control.close()
        self._process.returncode = 0


def _ways() -> list[str]:
    ways = os.environ.get(_CHOICE, _WAYS).split(",")
    known = [*_WAYS.split(","), "none"]
    for way in ways:
        if way not in known:
            raise UserError(f"{_CHOICE}: no sandbox {way!r}{did_you_mean(way, known)}")
    return ways


def _packages() -> list[str]:
    """Folders of the packages, and of the libraries their wheels carry beside them."""
    found = []
    for name in _PACKAGES:
        spec = importlib.util.find_spec(name)
        for folder in spec.submodule_search_locations or [] if spec else []:
            found += [path for path in (folder, f"{folder}.libs") if os.path.isdir(path)]
    return found


_lock = threading.Lock()
_running: list[_ForkServer] = []


def _server() -> _ForkServer:
    with _lock:
        if not _running:
            _running.append(_ForkServer())
        return _running[0]


def _forget(server: _ForkServer) -> None:
    with _lock:
        if server in _running:
            _running.remove(server)


@atexit.register
def close() -> None:
    """End the server and with it whatever still runs."""
    with _lock:
        while _running:
            _running.pop().close()


def _after_fork() -> None:
    global _lock
    _lock = threading.Lock()
    while _running:
        _running.pop().abandon()


os.register_at_fork(after_in_child=_after_fork)
