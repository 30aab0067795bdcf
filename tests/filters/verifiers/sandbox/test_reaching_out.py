"""What a program does to processes outside its own run: nothing, so that the next honest program
passes; in every jail this host has."""

# ruff: noqa: E501  (programs, one a line)
import ctypes
import os
import textwrap
from pathlib import Path

import pytest

from filters.verifiers import sandbox
from filters.verifiers.code import verify_code
from filters.verifiers.outcome import Case
from filters.verifiers.sandbox import client

TRIES = """
import ctypes, fcntl, os, resource, signal, socket, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
WATCHER = {watcher}
pids = {pids}
did = []
def attempt(name, act):
    try:
        if act() != -1: did.append(name)
    except (OSError, ValueError, OverflowError, struct.error): pass
for pid in pids:
    attempt("prlimit", lambda: resource.prlimit(pid, resource.RLIMIT_AS, (1 << 20, 1 << 20)))
    attempt("prlimit fsize", lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, 0)))
    attempt("affinity", lambda: os.sched_setaffinity(pid, {{0}}))
    attempt("scheduler", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
    attempt("param", lambda: os.sched_setparam(pid, os.sched_param(0)))
    attempt("priority", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt("ioprio", lambda: libc.syscall({ioprio_set}, 1, pid, 3 << 13))
    attempt("kill", lambda: os.kill(pid, signal.SIGSTOP))
    attempt("tgkill", lambda: libc.syscall({tgkill}, pid, pid, signal.SIGKILL))
    attempt("sigqueue", lambda: libc.sigqueue(pid, signal.SIGTERM, 0))
    attempt("pidfd", lambda: os.pidfd_open(pid))
    attempt("ptrace", lambda: libc.ptrace(16, pid, 0, 0))
    attempt("read memory", lambda: libc.process_vm_readv(pid, None, 0, None, 0, 0))
    attempt("migrate", lambda: libc.syscall({migrate_pages}, pid, 8, b"x" * 8, b"x" * 8))
    def sigio():
        a, b = socket.socketpair()
        fcntl.fcntl(a, fcntl.F_SETOWN, pid)
        fcntl.fcntl(a, 10, signal.SIGKILL)
        fcntl.fcntl(a, fcntl.F_SETFL, fcntl.fcntl(a, fcntl.F_GETFL) | os.O_ASYNC)
        b.send(b"x")
    attempt("a signal by input", sigio)
    if pid == WATCHER:
        attempt("a signal by ioctl", lambda: fcntl.ioctl(socket.socketpair()[0], 0x8901, struct.pack("i", pid)))
for which in (os.PRIO_PGRP, os.PRIO_USER):
    attempt("priorities", lambda: os.setpriority(which, 0, 19))
attempt("a datagram to any name", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)[0].sendto(b"x", {address!r}))
attempt("mode of a file", lambda: os.chmod({file!r}, 0))
attempt("time of a file", lambda: os.utime({file!r}, (0, 0)))
attempt("length of a file", lambda: os.truncate({file!r}, 0))
attempt("message queue", lambda: libc.msgsnd({queue}, b"x" * 16, 8, 0o4000))
attempt("end of a queue", lambda: libc.msgctl({queue}, 0, None))
print(*did)
"""
NUMBERS = {
    "x86_64": {"ioprio_set": 251, "tgkill": 234, "migrate_pages": 256},
    "aarch64": {"ioprio_set": 30, "tgkill": 131, "migrate_pages": 238},
}
HONEST = (
    "import os\nx = bytearray(50 << 20)\nopen('x', 'w').write('1' * 1000)\ndef f(x): return x * x"
)


def state_of(pid: int) -> list[object]:
    """What another process could have changed of it."""
    return [
        Path(f"/proc/{pid}/limits").read_text(),
        os.sched_getaffinity(pid),
        os.sched_getscheduler(pid),
        os.getpriority(os.PRIO_PROCESS, pid),
    ]


def honest() -> str:
    tests = {"mode": "assert", "tests": "assert f(3) == 9"}
    return verify_code([Case(HONEST, kind="code", bare=True, tests=tests)])[0].outcome


@pytest.fixture
def queue():
    """A System V queue of the host's, open to all; -1 where there are none."""
    libc = ctypes.CDLL(None)
    number = libc.msgget(0, 0o1666)
    yield number
    libc.msgctl(number, 0, None)


@pytest.mark.parametrize("jail", ["namespaces", "root", "bubblewrap", "bare"], indirect=True)
def test_after_a_program_that_reaches_out_an_honest_one_passes(jail, tmp_path, queue):
    machine = os.uname().machine
    if machine not in NUMBERS:
        pytest.skip("no call filter on this machine")
    watcher = client._running[0]._process.pid
    # in a jail of namespaces the others are the program's own
    pids = f"[{watcher}, 1, os.getppid()]" if jail == "bare" else f"[{watcher}]"
    before = [state_of(pid) for pid in (watcher, os.getpid())]
    file = Path(os.__file__)
    source = textwrap.dedent(TRIES).format(
        watcher=watcher,
        pids=pids,
        address="/dev/log",
        file=str(file),
        queue=queue,
        **NUMBERS[machine],
    )
    stat, first = file.stat(), client._running[0]
    [ended] = sandbox.run([sandbox.Job({"role": "script", "source": source})], sandbox.Limits())
    assert (ended.exit, ended.report) == (0, b"")
    assert ended.stdout == b"\n"
    assert honest() == "correct"
    assert client._running == [first]
    assert [state_of(pid) for pid in (watcher, os.getpid())] == before
    assert (file.stat().st_mode, file.stat().st_mtime) == (stat.st_mode, stat.st_mtime)
