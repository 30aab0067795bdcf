"""The first choice: the server leaves the host's file system once, every run gets namespaces of
its own, in one clone of a warm interpreter."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from filters.verifiers.sandbox import file_system, linux, walls
from filters.verifiers.sandbox.limits import Limits
from filters.verifiers.sandbox.walls import Step

_FLAGS = {
    "pid": linux.CLONE_NEWPID,
    "mount": linux.CLONE_NEWNS,
    "ipc": linux.CLONE_NEWIPC,
    "uts": linux.CLONE_NEWUTS,
    "net": linux.CLONE_NEWNET,
}
_USER = 1000  # the user the program sees itself as


class Namespaces:
    exit_signals = False
    spare = 0

    def __init__(self, packages: Sequence[str], *, user: bool) -> None:
        self._own_user = user
        self.flags = sum(_FLAGS.values()) | (linux.CLONE_NEWUSER if user else 0)
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._ids = os.geteuid(), os.getegid()
        mounts = self._ids[0] == 0 and _may_unshare_mounts()
        if not mounts:
            _become_root_inside(*self._ids)
        file_system.build(file_system.library_folders(), packages)
        if mounts and user:
            walls.become_nobody()
            self._ids = walls.NOBODY, walls.NOBODY
        self._ruleset = walls.ruleset(["/"], file_system.BOX)
        self._calls = walls.call_filter(namespaced=True)
        sys.path += [file_system.PACKAGES]

    def layers(self) -> dict[str, bool]:
        return {
            "user": self._own_user,
            **dict.fromkeys(_FLAGS, True),
            "tmpfs": True,
            "landlock": self._ruleset is not None,
            "seccomp": self._calls is not None,
            "rlimits": True,
        }

    def own_folder(self) -> None:
        return None

    def clean(self, folder: str | None) -> None:
        """The folder went with its namespace."""

    def spawn(self) -> int:
        return linux.clone(self.flags)

    def enter(self, limits: Limits, folder: str | None) -> None:
        for _, build in self.steps(limits):
            build()
        os.write(walls.UP, b"u")
        os.close(walls.UP)

    def steps(self, limits: Limits) -> list[Step]:
        return [
            ("death with the server", linux.die_with_parent),
            ("user", self._change_user),
            ("tmpfs", lambda: _work_in_tmpfs(limits)),
            *walls.steps(limits, self._ruleset, self._calls, counted=True),
        ]

    def _change_user(self) -> None:
        """Without a user namespace root is needed for the mount that follows, and left then."""
        if not self._own_user:
            return
        user, group = self._ids
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{_USER} {user} 1"),
            ("gid_map", f"{_USER} {group} 1"),
        ):
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


def _become_root_inside(user: int, group: int) -> None:
    """Of a user namespace for the server, which is enough to mount in."""
    linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user} {user} 1"),
        ("gid_map", f"{group} {group} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)
