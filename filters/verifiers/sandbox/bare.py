"""The last choice, where no namespace can be had: Landlock keeps a program to the libraries and
its own folder, seccomp from sockets, signals and children."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence

from filters.verifiers.sandbox import linux, walls
from filters.verifiers.sandbox.file_system import folders_of_libraries
from filters.verifiers.sandbox.limits import Limits


class Bare(walls.Jail):
    spaces = own_user = False

    def __init__(self, packages: Sequence[str], *, unprotected: bool) -> None:
        super().__init__()
        self._readable = [*folders_of_libraries(), *packages]
        self._parent = tempfile.gettempdir()
        if os.geteuid() == 0 and all(map(_open_to_all, self._readable)):
            walls.become_nobody()
        self._calls = walls.call_filter(namespaced=False)
        if not unprotected and not (walls.ruleset(self._readable, self._parent) and self._calls):
            raise OSError("Landlock or seccomp is missing")
        tempfile.tempdir = None  # a program's own temporary files go to its folder
        sys.path += {os.path.dirname(path) for path in packages}

    def own_folder(self) -> str:
        return tempfile.mkdtemp(prefix="program-", dir=self._parent)

    def clean(self, folder: str | None) -> None:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def steps(self, limits: Limits, folder: str | None = None) -> list[walls.Step]:
        assert folder
        ruleset = walls.ruleset(self._readable, folder)
        return [
            ("death with the server", linux.die_with_parent),
            ("folder", lambda: os.chdir(folder)),
            *walls.common_steps(limits, ruleset, self._calls, counted=False),
        ]


def _open_to_all(path: str) -> bool:
    """Whether any user may get to the folder."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True
