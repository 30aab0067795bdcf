"""The first choice: the server leaves the host's file system once, every run gets namespaces of
its own, in one clone of a warm interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from filters.verifiers.sandbox import file_system, linux, walls
from filters.verifiers.sandbox.limits import Limits

_INSIDE = 1000, 1000  # the user and group the program sees itself as


class Namespaces(walls.Jail):
    flags = (
        linux.CLONE_NEWPID
        | linux.CLONE_NEWNS
        | linux.CLONE_NEWIPC
        | linux.CLONE_NEWUTS
        | linux.CLONE_NEWNET
    )

    def __init__(self, packages: Sequence[str], *, user: bool) -> None:
        super().__init__()
        self.own_user = user
        self.flags |= linux.CLONE_NEWUSER if user else 0
        self._ids = os.geteuid(), os.getegid()
        mounts = self._ids[0] == 0 and _may_unshare_mounts()
        if not mounts:  # the root of a user namespace for the server may mount, too
            linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
            self._map(self._ids)
        file_system.build(packages)
        if mounts and user:
            walls.become_nobody()
            self._ids = walls.NOBODY, walls.NOBODY
        self._ruleset = walls.ruleset(["/"], file_system.BOX)
        self._calls = walls.call_filter(namespaced=True)
        sys.path += [file_system.PACKAGES]

    def steps(self, limits: Limits, folder: str | None = None) -> list[walls.Step]:
        return [
            ("death with the server", linux.die_with_parent),
            # without a user namespace root is needed for the mount that follows, and left then
            ("user", lambda: self._map(_INSIDE) if self.own_user else None),
            ("tmpfs", lambda: _work_in_tmpfs(limits)),
            *walls.common_steps(limits, self._ruleset, self._calls, counted=True),
        ]

    def _map(self, inside: tuple[int, int]) -> None:
        """Call the user and group of the server so in the user namespace we are in."""
        lines = {"setgroups": "deny"}
        for name, ours, theirs in zip(("uid_map", "gid_map"), inside, self._ids, strict=True):
            lines[name] = f"{ours} {theirs} 1"
        for name, line in lines.items():
            fd = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=self.proc)
            os.write(fd, line.encode())
            os.close(fd)


def _work_in_tmpfs(limits: Limits) -> None:
    options = f"size={limits.disk_mib}m,nr_inodes=4096,mode=777"
    linux.mount("tmpfs", file_system.WORK, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
    linux.set_hostname(b"box")
    os.chdir(file_system.WORK)
    if os.geteuid() == 0:
        walls.become_nobody()


def _may_unshare_mounts() -> bool:
    try:
        linux.unshare(linux.CLONE_NEWNS)
    except OSError:
        return False
    return True
