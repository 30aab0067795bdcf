"""The filter of system calls: a hand-written BPF program that allows all but a list (calls.py).
Kernel surface a Python program has no use for is closed, so that neither `ctypes` nor a kernel bug
behind a rare call helps an attacker; what would be harmless in an empty namespace is left open, so
that honest programs (threads, fork, asyncio) run."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterator

from filters.verifiers.sandbox import calls, linux

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
"""operation, where to go when true and when false (lines to jump over, or a label), operand"""


def program(*, namespaced: bool) -> bytes:
    """The filter for this machine; raises OSError on an architecture it has no table for."""
    if linux.ARCH not in _AUDIT_ARCH:
        raise OSError(38, f"no seccomp table for {linux.ARCH}")
    denied = calls.DENIED if namespaced else calls.DENIED | calls.DENIED_WITHOUT_NAMESPACES
    lines: list[_Line | str] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, "kill", _AUDIT_ARCH[linux.ARCH]),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, "missing", 0, _X32),
        # the flags of clone3 lie in memory, out of a filter's reach: libc falls back to clone
        (_EQUAL, "missing", 0, _CLONE3),
        *((_EQUAL, "deny", 0, number) for number in _numbers(denied)),
        *([] if namespaced else _decided_by_argument()),
        (_EQUAL, 0, "allow", _CLONE[linux.ARCH]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT),
        (_ANY_BIT, "deny", 0, _NAMESPACE_FLAGS),
        # without a process namespace only threads, which end with their process
        (_ANY_BIT, "allow", "allow" if namespaced else "deny", _CLONE_THREAD),
        "allow",
        (_RETURN, 0, 0, _ALLOW),
        "deny",
        (_RETURN, 0, 0, _ERRNO | _EPERM),
        "missing",
        (_RETURN, 0, 0, _ERRNO | _ENOSYS),
        "kill",
        (_RETURN, 0, 0, _KILL),
    ]
    return _assembled(lines)


def _numbers(table: calls.Numbers) -> list[int]:
    """On this machine."""
    found = (row[0] if linux.ARCH == "x86_64" else row[1] for row in table.values())
    return sorted(number for number in found if number is not None)


def _decided_by_argument() -> Iterator[_Line]:
    """Of each such call the number, which other calls jump over, then its argument."""
    for number in _numbers(calls.ABOUT_ITSELF):
        yield _EQUAL, 0, 2, number
        yield _LOAD, 0, 0, _FIRST_ARGUMENT
        yield _EQUAL, "allow", "deny", 0
    for name, (x86_64, aarch64, argument, values) in calls.DENIED_COMMANDS.items():
        [number] = _numbers({name: (x86_64, aarch64)})
        yield _EQUAL, 0, len(values) + 1, number
        yield _LOAD, 0, 0, _FIRST_ARGUMENT + 8 * argument
        yield from ((_EQUAL, "deny", 0, value) for value in values[:-1])
        yield _EQUAL, "deny", "allow", values[-1]


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
