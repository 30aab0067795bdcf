"""The file system a program sees: the libraries, a few devices and one folder of its own."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence

from filters.verifiers.sandbox import linux
from filters.verifiers.sandbox.walls import DEVICES

BOX = "/box"
WORK = f"{BOX}/tmp"
"""/tmp is a link to it; Landlock knows the box, each run mounts its folder there"""
PACKAGES = f"{BOX}/packages"
"""where importable packages lie, wherever they are on the host (below its /tmp, perhaps)"""
_SYSTEM = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/share/zoneinfo")


def folders_of_libraries() -> list[str]:
    """The standard library and the shared libraries its extension modules are linked with."""
    found = [os.path.dirname(os.__file__), os.path.join(sys.base_prefix, "lib"), *_SYSTEM]
    return [path for path in dict.fromkeys(found) if os.path.isdir(path)]


def build(packages: Sequence[str]) -> None:
    """In a mount namespace of our own: put the bare tree, read-only, in the place of the host's."""
    libraries = folders_of_libraries()
    places = {path: path for path in (*libraries, *DEVICES) if _is_there(path)}
    places |= {f"{PACKAGES}/{os.path.basename(path)}": path for path in packages}
    sources = {place: os.open(path, os.O_PATH) for place, path in places.items()}
    linux.mount("none", "/", None, linux.MS_REC | linux.MS_PRIVATE)
    new = tempfile.gettempdir()
    linux.mount("tmpfs", new, "tmpfs", linux.MS_NOSUID, "size=1m,mode=755")
    for place, fd in sources.items():
        _bind(fd, new + place)
        os.close(fd)
    for path in filter(os.path.islink, libraries):  # /lib -> usr/lib
        os.symlink(os.readlink(path), new + path)
    os.makedirs(new + WORK)
    os.symlink(WORK, f"{new}/tmp")
    linux.make_read_only(new)
    linux.pivot_root(new)


def _is_there(path: str) -> bool:
    return os.path.exists(path) and not os.path.islink(path)


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
