"""What a running process tree uses, read from /proc through a descriptor of it, which works
after the server has left the host's file system."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(slots=True)
class Use:
    cpu: float = 0.0
    """seconds on a processor, all threads, ended children that were waited for included"""
    cpu_of: dict[int, float] = field(default_factory=dict)
    """the same of each process by itself"""
    queued: float = 0.0
    """seconds ready to run but waiting for a processor, of the thread that waited longest"""
    memory: int = 0
    """bytes held; pages shared between processes counted once"""
    processes: int = 0
    """threads too, as the kernel counts them"""
    asleep: bool = True
    """nothing in the tree is running or ready to"""


def use_of(proc: int, first: int) -> Use:
    """Of the process `first` and all below it; what vanishes meanwhile counts nothing."""
    use = Use()
    family = [first]
    for pid in family:  # grows while it is walked
        threads = _listing(proc, f"{pid}/task")
        use.processes += len(threads)
        use.cpu_of[pid] = _cpu_clock(pid)
        use.cpu += use.cpu_of[pid]
        for thread in threads:
            state, waited_for = _stat(proc, f"{pid}/task/{thread}/stat")
            use.asleep &= state not in "RD"
            use.cpu += waited_for if thread == str(pid) else 0.0
            queued = _words(proc, f"{pid}/task/{thread}/schedstat")
            use.queued = max(use.queued, int(queued[1]) / 1e9 if len(queued) > 1 else 0.0)
            family += [int(child) for child in _words(proc, f"{pid}/task/{thread}/children")]
    use.memory = sum(_memory(proc, pid, shared=len(family) > 1) for pid in family)
    return use


def _cpu_clock(pid: int) -> float:
    """The process's own processor clock: to the nanosecond, where stat has hundredths."""
    clock_of_process = (~pid << 3) | 2
    try:
        return time.clock_gettime(clock_of_process)
    except OSError:
        return 0.0


_TICK = os.sysconf("SC_CLK_TCK")


def _stat(proc: int, path: str) -> tuple[str, float]:
    """State, and the processor time of children that were waited for."""
    fields = _read(proc, path).rpartition(")")[2].split()
    if len(fields) < 15:
        return "X", 0.0
    return fields[0], (int(fields[13]) + int(fields[14])) / _TICK


def _memory(proc: int, pid: int, *, shared: bool) -> int:
    """Proportional where pages may be shared with relatives; that walk costs more."""
    if shared:
        for line in _read(proc, f"{pid}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    words = _words(proc, f"{pid}/statm")
    return int(words[1]) * _PAGE if len(words) > 1 else 0


def _words(proc: int, path: str) -> list[str]:
    return _read(proc, path).split()


def _read(proc: int, path: str) -> str:
    data: bytes = _looked_at(proc, path, os.O_RDONLY, lambda fd: os.read(fd, 1 << 16))
    return data.decode("ascii", "replace")


def _listing(proc: int, path: str) -> list[str]:
    return _looked_at(proc, path, os.O_DIRECTORY, os.listdir) or []


def _looked_at(proc: int, path: str, flags: int, look: Callable[[int], Any]) -> Any:
    """Nothing where the process has ended."""
    try:
        fd = os.open(path, flags | os.O_CLOEXEC, dir_fd=proc)
    except OSError:
        return b""
    try:
        return look(fd)
    except OSError:
        return b""
    finally:
        os.close(fd)
