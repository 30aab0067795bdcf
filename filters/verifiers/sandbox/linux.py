"""The few Linux calls the sandbox needs and the standard library lacks, by their numbers.

Python 3.11 has no unshare, clone, pivot_root or close_range. `PyDLL` keeps the interpreter lock
over a call, so that the child of `clone` holds it as the child of `os.fork` does.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import struct

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long
_libc.syscall.argtypes = [ctypes.c_long] * 7
_libc.mount.argtypes = [ctypes.c_char_p] * 3 + [ctypes.c_ulong, ctypes.c_char_p]

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_NOSUID, MS_NODEV, MS_BIND = 2, 4, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18

ARCH = platform.machine()
# the calls below 424 have a number per architecture, the newer ones the same on all
NR = {
    "x86_64": {"clone": 56, "pivot_root": 155, "capset": 126, "seccomp": 317},
    "aarch64": {"clone": 220, "pivot_root": 41, "capset": 91, "seccomp": 277},
}.get(ARCH, {})
NR |= {
    "close_range": 436,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}


def syscall(name: str, *args: int) -> int:
    if name not in NR:
        raise OSError(38, f"no number known for {name} on {ARCH}")
    result: int = _libc.syscall(NR[name], *args, *[0] * (6 - len(args)))
    return _checked(result, name)


def clone(flags: int) -> int:
    """`os.fork` into new namespaces: 0 in the child, its process id in the parent.

    Without the interpreter's hooks around a fork: they put right what other threads would have
    left behind, the server has none, and the pages they touch are a fifth of a run's cost.
    """
    return _checked(_libc.syscall(NR["clone"], flags | signal.SIGCHLD, 0, 0, 0, 0, 0), "clone")


def unshare(flags: int) -> None:
    _checked(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    kind_bytes = kind.encode() if kind else None
    result = _libc.mount(source.encode(), target.encode(), kind_bytes, flags, options.encode())
    _checked(result, f"mount {target}")


def make_read_only(path: str) -> None:
    """The mount at `path` and all below it, whatever their other flags (Linux 5.12)."""
    at_recursive, read_only = 0x8000, 1
    attributes = ctypes.create_string_buffer(struct.pack("QQQQ", read_only, 0, 0, 0), 32)
    name = ctypes.create_string_buffer(path.encode())
    at_cwd = -100
    address = ctypes.addressof
    syscall("mount_setattr", at_cwd, address(name), at_recursive, address(attributes), 32)


def pivot_root(path: str) -> None:
    """Make `path` the root and let go of the old one."""
    os.chdir(path)
    dot = ctypes.create_string_buffer(b".")
    syscall("pivot_root", ctypes.addressof(dot), ctypes.addressof(dot))
    detach = 2
    _checked(_libc.umount2(b".", detach), "umount of the old root")
    os.chdir("/")


def prctl(option: int, value: int = 0) -> None:
    _checked(
        _libc.prctl(option, ctypes.c_ulong(value), *[ctypes.c_ulong(0)] * 3), f"prctl {option}"
    )


def die_with_parent() -> None:
    set_parent_death_signal = 1
    prctl(set_parent_death_signal, signal.SIGKILL)


def stay_dumpable() -> None:
    """After a change of user the kernel gives /proc/self to root, which bars our own uid_map."""
    set_dumpable = 4
    prctl(set_dumpable, 1)


def no_new_privileges() -> None:
    set_no_new_privs = 38
    prctl(set_no_new_privs, 1)


_CAPABILITY_HEADER = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0), 8)
_NO_CAPABILITIES = ctypes.create_string_buffer(24)


def drop_capabilities() -> None:
    """All that are held; after `no_new_privileges` no exec brings one back."""
    address = ctypes.addressof
    syscall("capset", address(_CAPABILITY_HEADER), address(_NO_CAPABILITIES))


def set_hostname(name: bytes) -> None:
    _checked(_libc.sethostname(name, ctypes.c_size_t(len(name))), "sethostname")


def close_from(lowest: int) -> None:
    try:
        syscall("close_range", lowest, 2**31 - 1, 0)
    except OSError:  # older than Linux 5.9
        os.closerange(lowest, 4096)


def _checked(result: int, what: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result
