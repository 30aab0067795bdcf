"""What every kind of jail has, and the walls that all of them put up in the child itself: limits,
Landlock, no privileges, no descriptors, few system calls."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable, Sequence

from filters.verifiers.sandbox import landlock, linux, seccomp
from filters.verifiers.sandbox.limits import Limits

Step = tuple[str, Callable[[], None]]
"""its name, by which benchmarks tell what it costs, and what does it"""
UP = 6
"""the descriptor on which a child says that its walls are up; those below it are the program's"""
NOBODY = 65534
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
_MIB = 1 << 20
_STACK = 120 * _MIB  # of the first thread; below it Linux leaves a gap of 128 MiB


class Jail:
    """Built once in the server, which may be walled in by it too."""

    spaces = True
    """whether a run has namespaces and a tmpfs of its own"""
    own_user = True
    """whether a user namespace is among them"""
    flags = 0
    """of the namespaces that the clone itself makes"""
    exit_signals = False
    """whether an exit status above 128 tells of a signal, as a go-between reports it"""
    spare = 0
    """processes of the jail's own in every run"""

    def __init__(self) -> None:
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        """the host's, to watch the runs by; closed in every child"""

    def layers(self) -> dict[str, bool]:
        return {
            "user": self.own_user,
            **dict.fromkeys(("pid", "mount", "ipc", "uts", "net", "tmpfs"), self.spaces),
            "landlock": landlock.version() > 0,
            "seccomp": call_filter(namespaced=self.spaces) is not None,
            "rlimits": True,
        }

    def own_folder(self) -> str | None:
        """Where no tmpfs, which goes with its run, is the working folder."""
        return None

    def clean(self, folder: str | None) -> None:
        """After the run."""

    def spawn(self) -> int:
        return linux.clone(self.flags)

    def enter(self, limits: Limits, folder: str | None) -> None:
        put_up(self.steps(limits, folder))

    def steps(self, limits: Limits, folder: str | None = None) -> list[Step]:
        raise NotImplementedError


def put_up(steps: Sequence[Step]) -> None:
    """Each step can still be done behind those before it."""
    for _, build in steps:
        build()
    os.write(UP, b"u")
    os.close(UP)


def common_steps(
    limits: Limits,
    ruleset: landlock.Ruleset | None,
    calls: seccomp.Filter | None,
    *,
    counted: bool,
) -> list[Step]:
    """`counted`: whether the kernel can count this run's processes by themselves."""

    def restrict_files() -> None:
        linux.no_new_privileges()
        if ruleset is not None:
            ruleset.restrict()

    return [
        ("rlimits", lambda: _limit(limits, counted)),
        ("landlock", restrict_files),
        ("capabilities", linux.drop_capabilities),
        ("descriptors", lambda: linux.close_from(UP + 1)),
        ("seccomp", calls.load if calls is not None else lambda: None),
    ]


def ruleset(readable: Sequence[str], writable: str) -> landlock.Ruleset | None:
    """None where the kernel has no Landlock."""
    devices = [path for path in DEVICES if os.path.exists(path)]
    return landlock.Ruleset(readable, writable, devices) if landlock.version() else None


def call_filter(*, namespaced: bool) -> seccomp.Filter | None:
    """None on a machine we have no table of system calls for."""
    try:
        return seccomp.Filter(namespaced)
    except OSError:
        return None


def become_nobody() -> None:
    """Root counts no processes and owns the host's files."""
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    linux.stay_dumpable()


def _limit(limits: Limits, counted: bool) -> None:
    """The kernel's own limits, per process: behind those the server keeps for the whole tree."""
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_mib * _MIB),
        (resource.RLIMIT_CPU, int(limits.cpu_s) + 2),
        (resource.RLIMIT_FSIZE, max(limits.disk_mib * _MIB, limits.output_kib << 10)),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
        *([(resource.RLIMIT_NPROC, limits.processes)] if counted else []),
    ):
        _, hard = resource.getrlimit(what)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(what, (value, value))
    _, hard = resource.getrlimit(resource.RLIMIT_STACK)
    if hard == resource.RLIM_INFINITY:  # a program may raise it further, as judges let it
        resource.setrlimit(resource.RLIMIT_STACK, (_STACK, hard))
