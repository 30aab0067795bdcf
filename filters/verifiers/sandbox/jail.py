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

from filters.verifiers.sandbox import walls
from filters.verifiers.sandbox.bare import Bare
from filters.verifiers.sandbox.bubblewrap import Bubblewrap
from filters.verifiers.sandbox.limits import Limits
from filters.verifiers.sandbox.namespaces import Namespaces


def build(way: str, packages: Sequence[str]) -> walls.Jail:
    """`packages`: folders of what a program may import besides the standard library."""
    if way in ("namespaces", "root"):
        return Namespaces(packages, user=way == "namespaces")
    if way == "bubblewrap":
        return Bubblewrap(packages)
    return Bare(packages, unprotected=way == "none")


def first_that_works(ways: Sequence[str], packages: Sequence[str]) -> tuple[str | None, list[str]]:
    """Tried out in a child each; with it why those before it do not work here."""
    problems: list[str] = []
    for way in ways:
        problem = _try_out(way, packages)
        if problem is None:
            return way, problems
        problems.append(f"{way}: {problem}")
    return None, problems


def _try_out(way: str, packages: Sequence[str]) -> str | None:
    """A whole jail with one empty run in it; what went wrong, if anything."""
    listen, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(tell, walls.UP)
            jail = build(way, packages)
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
        message = file.read().decode("utf-8", "replace")
    return None if message == "u" else message or "the child died on its way in"
