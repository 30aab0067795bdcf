"""Landlock: which files a confined program may touch, checked by the kernel beside the mount
namespace and, where namespaces are forbidden, in its place (Linux 5.13)."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence

from filters.verifiers.sandbox import linux

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1, 2, 4, 8
_READ = _READ_FILE | _READ_DIR
_MAKE_DEVICES = (1 << 6) | (1 << 11)
_RIGHTS_BY_VERSION = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
_TRUNCATE = 1 << 14
_BIND_AND_CONNECT, _SCOPE_SOCKETS_AND_SIGNALS = 3, 3


def version() -> int:
    """Of the kernel's Landlock; 0 where there is none."""
    try:
        return linux.syscall("landlock_create_ruleset", 0, 0, 1)
    except OSError:
        return 0


class Ruleset:
    """Where the kernel has Landlock: built before the programs come, `restrict` binds the calling
    process to it."""

    def __init__(self, read: Sequence[str], write: str, devices: Sequence[str]) -> None:
        abi = version()
        self._handled = max(rights for at, rights in _RIGHTS_BY_VERSION.items() if at <= abi)
        network = _BIND_AND_CONNECT if abi >= 4 else 0
        scoped = _SCOPE_SOCKETS_AND_SIGNALS if abi >= 6 else 0
        size = 24 if abi >= 6 else 16 if abi >= 4 else 8
        words = struct.pack("QQQ", self._handled, network, scoped)
        attributes = ctypes.create_string_buffer(words, 24)
        address = ctypes.addressof(attributes)
        self._fd = linux.syscall("landlock_create_ruleset", address, size, 0)
        for path in read:
            self._allow(path, _READ)
        self._allow(write, self._handled & ~_EXECUTE & ~_MAKE_DEVICES)
        for path in devices:
            self._allow(path, _READ_FILE | _WRITE_FILE | (self._handled & _TRUNCATE))

    def _allow(self, path: str, rights: int) -> None:
        path_beneath = 1
        if not os.path.isdir(path):
            rights &= _READ_FILE | _WRITE_FILE | _TRUNCATE
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, fd), 12)
        linux.syscall("landlock_add_rule", self._fd, path_beneath, ctypes.addressof(rule), 0)
        os.close(fd)

    def restrict(self) -> None:
        linux.syscall("landlock_restrict_self", self._fd, 0)
