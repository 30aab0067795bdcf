"""Which system calls a confined program may make: a hand-written BPF program, allowing all but a
list. Kernel surface a Python program has no use for is closed, so that neither `ctypes` nor a
kernel bug behind a rare call helps an attacker; what would be harmless in an empty namespace is
left open, so that honest programs (threads, fork, asyncio) run."""

from __future__ import annotations

import ctypes
import struct

from filters.verifiers.sandbox import linux

# name: (x86_64, aarch64); None where the architecture lacks the call
DENIED: dict[str, tuple[int | None, int | None]] = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    # new programs, other file systems and namespaces
    "execve": (59, 221),
    "execveat": (322, 281),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "mknod": (133, None),
    "mknodat": (259, 33),
    # network: socketpair stays, asyncio needs it
    "socket": (41, 198),
    # memory outside the counted one, and System V leftovers
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "mlockall": (151, 230),
    # kernel machinery
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_setup": (206, 0),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
    "inotify_init1": (294, 26),
    "syslog": (103, 116),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "lookup_dcookie": (212, 18),
    "ioperm": (173, None),
    "iopl": (172, None),
    "vmsplice": (278, 75),
    "set_mempolicy": (238, 237),
    "mbind": (237, 235),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
}
# where no process namespace ends the tree with its first process: no children, no signals
DENIED_WITHOUT_NAMESPACE = {
    "fork": (57, None),
    "vfork": (58, None),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
_CLONE = {"x86_64": 56, "aarch64": 220}
_CLONE3 = 435
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_NAMESPACE_FLAGS = 0x7E020080  # all CLONE_NEW*, the time namespace among them
_CLONE_THREAD = 0x00010000

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_EPERM, _ENOSYS = 1, 38
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
_X32 = 0x40000000

_Line = tuple[int, int | str, int | str, int]
"""operation, where to go when true and when false (0 is the next line, a name a label), operand"""


def program(*, namespaced: bool) -> bytes:
    """The filter for this machine; raises OSError on an architecture it has no table for."""
    if linux.ARCH not in _AUDIT_ARCH:
        raise OSError(38, f"no seccomp table for {linux.ARCH}")
    column = 0 if linux.ARCH == "x86_64" else 1
    denied = DENIED if namespaced else DENIED | DENIED_WITHOUT_NAMESPACE
    numbers = sorted(row[column] or 0 for row in denied.values() if row[column] is not None)
    lines: list[_Line | str] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, "kill", _AUDIT_ARCH[linux.ARCH]),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, "missing", 0, _X32),
        # the flags of clone3 lie in memory, out of a filter's reach: libc falls back to clone
        (_EQUAL, "missing", 0, _CLONE3),
        (_EQUAL, "clone", 0, _CLONE[linux.ARCH]),
        *_search(numbers),
        "clone",
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, "deny", 0, _NAMESPACE_FLAGS),
        # without a process namespace only threads, which end with their process
        (_ANY_BIT, "allow", "allow" if namespaced else "deny", _CLONE_THREAD),
        *("allow", (_RETURN, 0, 0, _ALLOW)),
        *("deny", (_RETURN, 0, 0, _ERRNO | _EPERM)),
        *("missing", (_RETURN, 0, 0, _ERRNO | _ENOSYS)),
        *("kill", (_RETURN, 0, 0, _KILL)),
    ]
    return _assembled(lines)


def _search(numbers: list[int]) -> list[_Line | str]:
    """A binary search: the kernel walks the whole filter for every call there is when it is
    loaded, and a list would make that a tenth of a run's cost."""
    if len(numbers) <= 2:
        tests: list[_Line | str] = [(_EQUAL, "deny", 0, number) for number in numbers[:-1]]
        return [*tests, (_EQUAL, "deny", "allow", numbers[-1])]
    middle = len(numbers) // 2
    upper = f"from {numbers[middle]}"
    split: _Line = (_AT_LEAST, upper, 0, numbers[middle])
    return [split, *_search(numbers[:middle]), upper, *_search(numbers[middle:])]


def _assembled(lines: list[_Line | str]) -> bytes:
    """Labels become distances to the lines after them."""
    labels: dict[str, int] = {}
    code: list[_Line] = []
    for line in lines:
        if isinstance(line, str):
            labels[line] = len(code)
        else:
            code.append(line)

    def distance(at: int, goal: int | str) -> int:
        return labels[goal] - at - 1 if isinstance(goal, str) else goal

    return b"".join(
        struct.pack("HBBI", operation, distance(at, true), distance(at, false), operand)
        for at, (operation, true, false, operand) in enumerate(code)
    )


class Filter:
    """The program laid out in memory once, to be loaded by every child."""

    def __init__(self, namespaced: bool) -> None:
        code = program(namespaced=namespaced)
        self._code = ctypes.create_string_buffer(code, len(code))
        header = struct.pack("HxxxxxxQ", len(code) // 8, ctypes.addressof(self._code))
        self._header = ctypes.create_string_buffer(header, len(header))

    def load(self) -> None:
        """For this process and all it starts, for good. Needs no_new_privileges first."""
        set_mode_filter = 1
        linux.syscall("seccomp", set_mode_filter, 0, ctypes.addressof(self._header))
