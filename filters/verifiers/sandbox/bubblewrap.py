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
_MODULE = "filters.verifiers.sandbox.bubblewrap"
_OPTIONS = (
    "--unshare-all --uid 1000 --gid 1000 --die-with-parent --new-session --hostname box "
    "--clearenv --setenv PYTHONHASHSEED 0 --setenv PYTHONPATH"
).split()


class Bubblewrap(walls.Jail):
    exit_signals = True
    spare = 2  # bwrap outside and inside

    def __init__(self, packages: Sequence[str]) -> None:
        super().__init__()
        found = shutil.which("bwrap", path=os.defpath)
        if not found:
            raise OSError("not installed")
        self._bwrap = found
        self._packages = list(packages)

    def enter(self, limits: Limits, folder: str | None) -> None:
        linux.die_with_parent()
        linux.close_from(walls.UP + 1)
        facts = json.dumps({"limits": asdict(limits), "packages": self._packages})
        python = [sys.executable, "-S", "-m", _MODULE, facts]
        os.execv(self._bwrap, [self._bwrap, *self._options(limits), "--", *python])

    def _options(self, limits: Limits) -> list[str]:
        # where a virtual environment's interpreter looks for its standard library
        settings = str(Path(sys.executable).parent.parent / "pyvenv.cfg")
        interpreter = [sys.executable, os.path.realpath(sys.executable), settings]
        wanted = [*file_system.folders_of_libraries(), *self._packages, *interpreter]
        wanted += [f"{_PROJECT}/filters"]
        bound = [path for path in dict.fromkeys(wanted) if os.path.exists(path)]
        options = [*_OPTIONS, _PROJECT]
        for path in bound:
            options += ["--ro-bind", path, path]
        for path in walls.DEVICES:
            options += ["--dev-bind", path, path]
        size = str(limits.disk_mib << 20)
        options += ["--perms", "0777", "--size", size, "--tmpfs", file_system.WORK]
        if not any(path.startswith("/tmp/") for path in bound):
            options += ["--symlink", file_system.WORK, "/tmp"]
        return [*options, "--chdir", file_system.WORK]


def main() -> None:
    """Inside bwrap: the walls it does not build, then the program."""
    facts = json.loads(sys.argv[1])
    sys.path[:] = [path for path in sys.path if path != _PROJECT]
    sys.path += {os.path.dirname(path) for path in facts["packages"]}
    ruleset = walls.ruleset(["/"], file_system.WORK)
    calls = walls.call_filter(namespaced=True)
    walls.put_up(walls.common_steps(Limits(**facts["limits"]), ruleset, calls, counted=False))
    child.prepare()
    child.main()


if __name__ == "__main__":
    main()
