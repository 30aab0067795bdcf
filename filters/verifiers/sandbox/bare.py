"""The last choice, where no namespace can be had: Landlock keeps a program to the libraries and
its own folder, seccomp from sockets, signals and children."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence

from filters.verifiers.sandbox import linux, walls
from filters.verifiers.sandbox.file_system import library_folders
from filters.verifiers.sandbox.limits import Limits


class Bare:
    exit_signals = False
    spare = 0

    def __init__(self, packages: Sequence[str], *, unprotected: bool) -> None:
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._readable = [*library_folders(), *packages]
        self._parent = tempfile.gettempdir()
        if os.geteuid() == 0 and all(map(_open_to_all, self._readable)):
            walls.become_nobody()
        self._calls = walls.call_filter(namespaced=False)
        self._landlock = walls.ruleset(self._readable, self._parent) is not None
        if not unprotected and not (self._landlock and self._calls):
            raise OSError("Landlock or seccomp is missing")
        tempfile.tempdir = None  # a program's own temporary files go to its folder
        sys.path += {os.path.dirname(path) for path in packages}

    def layers(self) -> dict[str, bool]:
        none = dict.fromkeys(("user", "pid", "mount", "ipc", "uts", "net", "tmpfs"), False)
        own = {"landlock": self._landlock, "seccomp": self._calls is not None, "rlimits": True}
        return none | own

    def own_folder(self) -> str:
        return tempfile.mkdtemp(prefix="program-", dir=self._parent)

    def clean(self, folder: str | None) -> None:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def spawn(self) -> int:
        return linux.clone(0)

    def enter(self, limits: Limits, folder: str | None) -> None:
        assert folder
        linux.die_with_parent()
        os.chdir(folder)
        ruleset = walls.ruleset(self._readable, folder)
        for _, build in walls.steps(limits, ruleset, self._calls, counted=False):
            build()
        os.write(walls.UP, b"u")
        os.close(walls.UP)


def _open_to_all(path: str) -> bool:
    """Whether any user may get to the folder."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True
