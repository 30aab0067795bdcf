"""What one started program may use. The names are those of a case's `params`."""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from filters.errors import UserError, did_you_mean


@dataclass(frozen=True, slots=True)
class Limits:
    wall_s: float = 10.0
    """time to come to an end in; waiting for a processor on a busy machine does not count"""
    cpu_s: float = 10.0
    """processor time of the program and all its children together"""
    memory_mib: int = 512
    """of the whole process tree; the interpreter's own few MiB included"""
    output_kib: int = 4096
    """bytes on stdout, and apart from them in the returned values"""
    disk_mib: int = 64
    processes: int = 32
    """processes and threads alive at one time"""

    @property
    def patience_s(self) -> float:
        """After so long a run that still queues for a processor is given up."""
        return 30 * (self.wall_s + 2)


def limits_of(params: Mapping[str, Any]) -> Limits:
    """`wall_s` given alone is the processor limit too; the reverse leaves twice and a second."""
    known = {field.name for field in fields(Limits)}
    given = {name: _number(name, value) for name, value in params.items() if name in known}
    for name in params:
        if name not in known:
            raise UserError(f"unknown limit {name!r}{did_you_mean(name, known)}")
    if "wall_s" in given:
        given.setdefault("cpu_s", given["wall_s"])
    elif "cpu_s" in given:
        given["wall_s"] = max(Limits().wall_s, 2 * given["cpu_s"] + 1)
    whole = {name: value if name.endswith("_s") else int(value) for name, value in given.items()}
    return Limits(**whole)  # type: ignore[arg-type]


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < 1e6:
        raise UserError(f"limit {name} must be a number above 0, not {value!r}")
    return value


def out_of_room(number: int | None) -> bool:
    """Whether an errno says that a limit of ours was met."""
    return number in {
        *(errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.ENOMEM, errno.EMFILE),
        errno.EAGAIN,  # what fork says
    }
