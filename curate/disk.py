"""What a disk refuses (full, read-only, forbidden) is the user's to mend: one line, no traceback.

Polars and DuckDB raise errors of their own for it, with the system's message or number inside.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from filters.errors import UserError

_HINTS = {
    errno.ENOSPC: "the disk is full: free some space and run the same command again",
    errno.EDQUOT: "the disk quota is used up: free some space and run the same command again",
    errno.EFBIG: "the file would be larger than is allowed here (see `ulimit -f`)",
    errno.EROFS: "the file system is read-only: choose another folder",
    errno.EACCES: "no permission: choose another folder or mend its rights",
    errno.EPERM: "no permission: choose another folder or mend its rights",
    errno.ENOTDIR: "a file is where a folder should be: choose another folder",
    errno.EEXIST: "a file is where a folder should be: choose another folder",
    errno.EISDIR: "a folder is where a file should be: choose another folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}
_NUMBER = re.compile(r"\(os error (\d+)\)")


@contextlib.contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turns a refusal while `place` is written into a UserError; any other error passes."""
    try:
        yield
    except Exception as error:
        hint = _HINTS.get(_errno(error))
        if hint is None or isinstance(error, UserError):
            raise
        raise UserError(f"cannot write to {place}: {hint}") from error


def _errno(error: Exception) -> int:
    """The system's number for what went wrong, 0 where it was nothing of the system's."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    text = str(error)
    if found := _NUMBER.search(text):
        return int(found[1])
    if isinstance(error, OSError) or type(error).__name__ == "IOException":  # DuckDB's
        return next((code for code in _HINTS if text.rstrip().endswith(os.strerror(code))), 0)
    return 0
