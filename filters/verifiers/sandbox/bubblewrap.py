"""The second choice: bubblewrap makes the namespaces, for hosts where it may and we may not. Every
run is a cold start of it and of an interpreter, which then puts up the remaining walls itself."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from filters.verifiers.sandbox import child, file_system, linux, walls
from filters.verifiers.sandbox.limits import Limits

_PROJECT = str(Path(__file__).resolve().parents[3])


class Bubblewrap:
    exit_signals = True
    spare = 2  # bwrap outside and inside

    def __init__(self, packages: Sequence[str]) -> None:
        found = shutil.which("bwrap", path=os.defpath)
        if not found:
            raise OSError("not installed")
        self._bwrap = found
        self._packages = list(packages)
        self.proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)

    def layers(self) -> dict[str, bool]:
        made = dict.fromkeys(("user", "pid", "mount", "ipc", "uts", "net", "tmpfs"), True)
        calls = walls.call_filter(namespaced=True) is not None
        landlock = walls.ruleset([], "/") is not None
        return made | {"landlock": landlock, "seccomp": calls, "rlimits": True}

    def own_folder(self) -> None:
        return None

    def clean(self, folder: str | None) -> None:
        """The folder went with its namespace."""

    def spawn(self) -> int:
        return linux.clone(0)

    def enter(self, limits: Limits, folder: str | None) -> None:
        linux.die_with_parent()
        linux.close_from(walls.UP + 1)
        os.execv(self._bwrap, [self._bwrap, *self._options(limits), *self._python(limits)])

    def _options(self, limits: Limits) -> list[str]:
        options = [
            "--unshare-all",
            "--uid",
            "1000",
            "--gid",
            "1000",
            "--die-with-parent",
            "--new-session",
            "--hostname",
            "box",
        ]
        options += ["--clearenv", "--setenv", "PYTHONPATH", _PROJECT]
        options += ["--setenv", "PYTHONHASHSEED", "0"]
        interpreter = [sys.executable, os.path.realpath(sys.executable), _settings_of_venv()]
        ours = [f"{_PROJECT}/filters"]
        wanted = dict.fromkeys(
            [*file_system.library_folders(), *self._packages, *interpreter, *ours]
        )
        bound = [path for path in wanted if path and os.path.exists(path)]
        for path in bound:
            options += ["--ro-bind", path, path]
        for path in walls.DEVICES:
            options += ["--dev-bind", path, path]
        size = str(limits.disk_mib << 20)
        options += ["--perms", "0777", "--size", size, "--tmpfs", file_system.WORK]
        if not any(path.startswith("/tmp/") for path in bound):
            options += ["--symlink", file_system.WORK, "/tmp"]
        return [*options, "--chdir", file_system.WORK, "--"]

    def _python(self, limits: Limits) -> list[str]:
        facts = json.dumps({"limits": asdict(limits), "packages": self._packages})
        return [sys.executable, "-S", "-m", "filters.verifiers.sandbox.bubblewrap", facts]


def _settings_of_venv() -> str:
    """Where a virtual environment's interpreter looks for its standard library."""
    return str(Path(sys.executable).parent.parent / "pyvenv.cfg")


def main() -> None:
    """Inside bwrap: the walls it does not build, then the program."""
    facts = json.loads(sys.argv[1])
    sys.path[:] = [path for path in sys.path if path != _PROJECT]
    sys.path += {os.path.dirname(path) for path in facts["packages"]}
    ruleset = walls.ruleset(["/"], file_system.WORK)
    calls = walls.call_filter(namespaced=True)
    for _, build in walls.steps(Limits(**facts["limits"]), ruleset, calls, counted=False):
        build()
    os.write(walls.UP, b"u")
    os.close(walls.UP)
    child.prepare()
    child.main()


if __name__ == "__main__":
    main()
