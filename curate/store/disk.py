"""Writing to disk: what it refuses (full, read-only, forbidden) is the user's to mend, so one line
and no traceback; and what is written under a hidden name before it is renamed into place."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import socket
from collections.abc import Container, Iterator
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
    errno.ENOENT: "there is no such folder, nor can it be made: choose another folder",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""refusals that are about writing, wherever they come from"""


def kernel() -> str:
    """This boot of this machine's kernel: names of hosts repeat, in containers above all."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()} {os.uname().version}"


def _place() -> str:
    """The host, and in few letters where its process numbers count."""
    where = kernel()
    with contextlib.suppress(OSError):
        where += os.readlink("/proc/self/ns/pid")
    host = re.sub(r"[^\w.]", "_", socket.gethostname())
    return f"{host}_{hashlib.blake2b(where.encode(), digest_size=4).hexdigest()}"


_HOST = _place()


@contextlib.contextmanager
def writing(place: Path, refusals: Container[int] = _HINTS) -> Iterator[None]:
    """Turns one of these refusals while `place` is written into a UserError; any other error
    passes."""
    try:
        yield
    except Exception as error:
        code = _errno(error)
        if code not in refusals or isinstance(error, UserError):
            raise
        hint = _HINTS[code]
        raise UserError(f"cannot write to {place}: {hint}") from error


def named_file(path: Path) -> Path:
    """The file that the user names to be written, behind links. Raises UserError for a folder, and
    for a device or a pipe, of which a rename would leave a plain file."""
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the file to write")
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is a device or a pipe; name a file to write")
    return path.resolve()


def put(staged: Path, path: Path) -> None:
    """Rename a written file into place so that a loss of power cannot take it back, or leave a name
    with nothing behind it: first what it holds is on the disk, then its name."""
    sync(staged)
    os.replace(staged, path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have a file's content, or a folder's names, on the disk."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def make_folder(folder: Path) -> None:
    """The folder and those above it that are missing, their names on the disk."""
    if not folder.is_dir():
        if folder.parent != folder:
            make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def hidden(folder: Path, name: str) -> Path:
    """A hidden name for what will be renamed to `name`, this process's own."""
    sweep(folder, name)
    return folder / f".{name}-{_HOST}-{os.getpid()}"


def sweep(folder: Path, name: str) -> None:
    """Remove what processes on this machine left under such names when they were killed."""
    own = re.compile(rf"\.{re.escape(name)}-{re.escape(_HOST)}-(\d+)(?!\d).*")
    for path in folder.glob(f".{name}-*"):
        if (match := own.fullmatch(path.name)) and not _alive(int(match[1])):
            discard(path)


def discard(path: Path) -> None:
    """Remove a file that may not be there; on a read-only disk it is not, yet unlinking fails."""
    with contextlib.suppress(OSError):
        path.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _errno(error: Exception) -> int:
    """The system's number for what went wrong, 0 where it was nothing of the system's."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    text = str(error)
    if number := re.search(r"(?:os error|errno) (\d+)", text):  # safetensors, pyarrow
        return int(number[1])
    if "PytorchStreamWriter failed" in text:  # and keeps to itself what the system said
        return errno.ENOSPC
    if type(error).__module__ == "_duckdb":  # of several types, as it comes to its log or its file
        return next((code for code in _HINTS if text.rstrip().endswith(os.strerror(code))), 0)
    return 0
