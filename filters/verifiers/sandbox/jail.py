"""The jails there are, strongest first, and which of them this host allows:

namespaces  every run in its own user, pid, net, ipc, uts and mount namespaces
root        the same without the user namespace, where root may not make one
bubblewrap  bwrap makes the namespaces, a cold start for every run
bare        no namespaces: Landlock and seccomp alone keep the program in, and it may not fork
none        whatever of Landlock and seccomp there is; only when asked for by this name
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from filters.verifiers.sandbox import walls
from filters.verifiers.sandbox.bare import Bare
from filters.verifiers.sandbox.bubblewrap import Bubblewrap
from filters.verifiers.sandbox.limits import Limits
from filters.verifiers.sandbox.namespaces import Namespaces


class Jail(Protocol):
    """Built once in the server, which may be walled in by it too."""

    proc: int
    """a descriptor of the host's /proc, to watch the runs by; closed in every child"""
    exit_signals: bool
    """whether an exit status above 128 tells of a signal, as a go-between reports it"""
    spare: int
    """processes of the jail's own in every run"""

    def layers(self) -> dict[str, bool]: ...
    def own_folder(self) -> str | None: ...
    def clean(self, folder: str | None) -> None: ...
    def spawn(self) -> int: ...
    def enter(self, limits: Limits, folder: str | None) -> None: ...


@dataclass(frozen=True)
class Settings:
    """What the one who starts the server asks for."""

    ways: Sequence[str]
    """names of jails, the first that works is taken"""
    packages: Sequence[str] = ()
    """folders of importable packages the program may use besides the standard library"""


def build(way: str, settings: Settings) -> Jail:
    if way in ("namespaces", "root"):
        return Namespaces(settings.packages, user=way == "namespaces")
    if way == "bubblewrap":
        return Bubblewrap(settings.packages)
    return Bare(settings.packages, unprotected=way == "none")


def first_that_works(settings: Settings) -> tuple[str | None, list[str]]:
    """Tried out in a child each; with it why those before it do not work here."""
    problems: list[str] = []
    for way in settings.ways:
        problem = _try_out(way, settings)
        if problem is None:
            return way, problems
        problems.append(f"{way}: {problem}")
    return None, problems


def _try_out(way: str, settings: Settings) -> str | None:
    """A whole jail with one empty run in it; what went wrong, if anything."""
    listen, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(tell, walls.UP)
            jail = build(way, settings)
            folder = jail.own_folder()
            if jail.spawn() == 0:
                jail.enter(Limits(), folder)
                os._exit(0)
            os.wait()
            jail.clean(folder)
        except BaseException as error:
            os.write(tell, str(error).encode()[:500])
        os._exit(0)
    os.close(tell)
    os.waitpid(pid, 0)
    with open(listen, "rb") as file:
        said = file.read().decode("utf-8", "replace")
    return None if said == "u" else said or "the child died on its way in"
