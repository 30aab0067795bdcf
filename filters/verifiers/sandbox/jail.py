"""The walls around a program: what the server builds once (`Jail`), and what each child does to
itself before it reads the program (`Jail.enter`).

Three ways to stand, strongest first; the server takes the first that works on this host:
namespaces  every run in its own user, pid, net, ipc, uts and mount namespaces
root        the same without the user namespace, where root may not make one
bare        no namespaces: Landlock and seccomp alone keep the program in, and it may not fork
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from filters.verifiers.sandbox import landlock, linux, seccomp
from filters.verifiers.sandbox.limits import Limits

NAMESPACES, ROOT, BARE = "namespaces", "root", "bare"
_NEW = {
    "pid": linux.CLONE_NEWPID,
    "net": linux.CLONE_NEWNET,
    "ipc": linux.CLONE_NEWIPC,
    "uts": linux.CLONE_NEWUTS,
    "mount": linux.CLONE_NEWNS,
}
FLAGS = {
    NAMESPACES: sum(_NEW.values()) | linux.CLONE_NEWUSER,
    ROOT: sum(_NEW.values()),
    BARE: 0,
}
Step = tuple[str, Callable[[], None]]
_NOBODY = 65534
_INSIDE = 1000  # the user the program sees itself as
_BOX = "/box"
WORK = f"{_BOX}/tmp"  # /tmp is a link to it; Landlock knows the folder, each run mounts on it
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/urandom", "/dev/random")
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")


@dataclass(frozen=True)
class Stance:
    """What the one who starts the server asks for."""

    packages: tuple[str, ...] = ()
    """folders of importable packages the program may use besides the standard library"""
    unsandboxed: bool = False
    """run even where no wall can be built"""


def stand(stance: Stance) -> tuple[str | None, list[str]]:
    """The strongest way that works here, tried out in a child; and why stronger ones did not."""
    problems: list[str] = []
    for way in (NAMESPACES, ROOT, BARE):
        problem = _try_out(way, stance)
        if problem is None:
            return way, problems
        problems.append(f"{way}: {problem}")
    return None, problems


def _try_out(way: str, stance: Stance) -> str | None:
    """A whole jail with one empty run in it; what went wrong, if anything."""
    listen, tell = os.pipe()
    if os.fork() == 0:
        try:
            jail = Jail(way, stance)
            folder = jail.own_folder()
            if jail.spawn() == 0:
                jail.enter(Limits(), folder, keep=64)
                os._exit(0)
            _, status = os.wait()
            jail.clean(folder)
            os.write(tell, b"" if status == 0 else b"a child could not enter")
        except BaseException as error:
            os.write(tell, str(error).encode()[:500])
        os._exit(0)
    os.close(tell)
    os.wait()
    with open(listen, "rb") as file:
        return file.read().decode("utf-8", "replace") or None


class Jail:
    """Built in the server, which from then on sees as little of the host as the programs do."""

    def __init__(self, way: str, stance: Stance) -> None:
        self.way = way
        self._proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._user, self._group = os.geteuid(), os.getegid()
        self._readable = [*_library_folders(), *stance.packages]
        if way == BARE:
            self._parent = tempfile.mkdtemp(prefix="coldstart-")
            leave_root = self._user == 0 and all(map(_open_to_all, self._readable))
        else:
            mounts = self._user == 0 and _may_unshare_mounts()
            _build_root(self._readable, own_user_namespace=not mounts)
            leave_root = mounts and way != ROOT
        if leave_root:
            self._leave_root()
        self._landlock = None if way == BARE else _or_none(self._ruleset, ["/"], _BOX)
        self._seccomp = _or_none(seccomp.Filter, way != BARE)
        if way == BARE and not stance.unsandboxed and not self._holds_alone():
            raise OSError(errno.ENOSYS, "Landlock or seccomp is missing")
        sys.path += {os.path.dirname(path) for path in stance.packages}

    @property
    def proc(self) -> int:
        """A descriptor of the host's /proc, to watch the runs by; closed in every child."""
        return self._proc

    def layers(self) -> dict[str, bool]:
        """By name: which are on."""
        names = {"user": self.way == NAMESPACES} | dict.fromkeys(_NEW, self.way != BARE)
        return names | {
            "tmpfs": self.way != BARE,
            "landlock": landlock.version() > 0,
            "seccomp": self._seccomp is not None,
            "rlimits": True,
        }

    def spawn(self) -> int:
        return linux.clone(FLAGS[self.way])

    def own_folder(self) -> str | None:
        """Where no tmpfs can be mounted: an empty folder on the disk for one run."""
        return tempfile.mkdtemp(dir=self._parent) if self.way == BARE else None

    def clean(self, folder: str | None) -> None:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)

    def enter(self, limits: Limits, folder: str | None, keep: int) -> None:
        """In the child: put the walls up, close every descriptor from `keep` on."""
        for _, build in self.steps(limits, folder, keep):
            build()

    def steps(self, limits: Limits, folder: str | None, keep: int) -> list[Step]:
        """The walls in the order in which each can still be built behind those before it."""
        return [
            ("death with the server", linux.die_with_parent),
            ("user", self._map_user),
            ("tmpfs", lambda: self._work_in(folder, limits)),
            ("rlimits", lambda: _limit(limits, counted=self.way != BARE)),
            ("landlock", lambda: self._restrict(folder)),
            ("capabilities", linux.drop_capabilities),
            ("descriptors", lambda: linux.close_from(keep)),
            ("seccomp", self._filter_calls),
        ]

    def _work_in(self, folder: str | None, limits: Limits) -> None:
        if folder:
            os.chdir(folder)
            return
        options = f"size={limits.disk_mib}m,nr_inodes=4096,mode=777"
        linux.mount("tmpfs", WORK, "tmpfs", linux.MS_NOSUID | linux.MS_NODEV, options)
        linux.set_hostname(b"box")
        os.chdir("/tmp")
        if self.way == ROOT:
            _become_nobody()

    def _restrict(self, folder: str | None) -> None:
        linux.no_new_privileges()
        ruleset = _or_none(self._ruleset, self._readable, folder) if folder else self._landlock
        if ruleset is not None:
            ruleset.restrict()

    def _filter_calls(self) -> None:
        if self._seccomp is not None:
            self._seccomp.load()

    def _leave_root(self) -> None:
        """Root counts no processes and owns the host's files: run programs as nobody. Without
        a user namespace the children need root for their mounts and change user themselves."""
        if self.way == BARE:
            os.chown(self._parent, _NOBODY, _NOBODY)
        _become_nobody()
        linux.stay_dumpable()
        self._user = self._group = _NOBODY

    def _map_user(self) -> None:
        if self.way != NAMESPACES:
            return
        for name, line in (
            ("setgroups", "deny"),
            ("uid_map", f"{_INSIDE} {self._user} 1"),
            ("gid_map", f"{_INSIDE} {self._group} 1"),
        ):
            fd = os.open(f"self/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=self._proc)
            os.write(fd, line.encode())
            os.close(fd)

    def _holds_alone(self) -> bool:
        return landlock.version() > 0 and self._seccomp is not None

    @staticmethod
    def _ruleset(readable: list[str], write: str) -> landlock.Ruleset:
        devices = [path for path in _DEVICES if os.path.exists(path)]
        return landlock.Ruleset(readable, [write], devices)


_Wall = TypeVar("_Wall")


def _or_none(build: Callable[..., _Wall], *arguments: Any) -> _Wall | None:
    """A wall this kernel may not have; the layers tell."""
    try:
        return build(*arguments)
    except OSError:
        return None


def _library_folders() -> list[str]:
    """The standard library and the shared libraries its extension modules are linked with."""
    standard = os.path.dirname(os.__file__)
    found = [standard, os.path.join(sys.base_prefix, "lib"), *_SYSTEM]
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def _may_unshare_mounts() -> bool:
    try:
        linux.unshare(linux.CLONE_NEWNS)
    except OSError:
        return False
    return True


def _build_root(readable: list[str], *, own_user_namespace: bool) -> None:
    """A tree with nothing but the libraries, a few devices and the mount point of the work
    folder, read-only as a whole, in the place of the host's."""
    if own_user_namespace:  # root inside a namespace of our own, which is enough to mount
        user, group = os.geteuid(), os.getegid()
        linux.unshare(linux.CLONE_NEWUSER | linux.CLONE_NEWNS)
        for name, line in (("setgroups", "deny"), ("uid_map", user), ("gid_map", group)):
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line if isinstance(line, str) else f"{line} {line} 1")
    sources = {path: os.open(path, os.O_PATH) for path in [*readable, *_DEVICES] if _is_there(path)}
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    new = tempfile.gettempdir()
    linux.mount("tmpfs", new, "tmpfs", linux.MS_NOSUID, "size=1m,mode=755")
    for path, fd in sources.items():
        _bind(fd, new + path)
        os.close(fd)
    for path in filter(os.path.islink, readable):  # /lib -> usr/lib
        os.symlink(os.readlink(path), new + path)
    os.makedirs(new + WORK)
    os.symlink(WORK, f"{new}/tmp")
    linux.make_read_only(new)
    linux.pivot_root(new)


def _is_there(path: str) -> bool:
    return os.path.exists(path) and not os.path.islink(path)


def _open_to_all(path: str) -> bool:
    """Whether any user may get to the folder."""
    while path != "/":
        if not os.stat(path).st_mode & 0o001:
            return False
        path = os.path.dirname(path)
    return True


def _bind(fd: int, target: str) -> None:
    if os.path.exists(target):
        return  # lies within a folder that is bound already
    source = f"/proc/self/fd/{fd}"
    if os.path.isdir(source):
        os.makedirs(target)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY))
    linux.mount(source, target, None, linux.MS_BIND | linux.MS_REC)


def _become_nobody() -> None:
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)


_MIB = 1 << 20


def _limit(limits: Limits, *, counted: bool) -> None:
    """The kernel's own limits, per process: behind those the server keeps for the whole tree.
    Counting processes is left out where it would count the user's others too."""
    seconds = int(limits.cpu_s) + 2
    for what, value in (
        (resource.RLIMIT_AS, limits.memory_mib * _MIB),
        (resource.RLIMIT_CPU, seconds),
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
