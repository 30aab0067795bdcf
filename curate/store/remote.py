"""What lies at a URL, and its copy on this machine.

A shard never changes once it is there, so a copy is as good as the shard: it is fetched once, and
every stage, the index and the views read it from the disk as often as they want. What is committed
is put there first and then into the copy. A copy's time is made of the fingerprint that the store
gives (ETag and the like), so that a file that was replaced there is known, and what is built from
the copies knows it too.
"""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.store.disk import discard, hidden, make_folder, writing
from curate.store.urls import copies, url_of
from filters.errors import UserError

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

EXTRAS = {"s3": "coldstart-curate[s3]", "s3a": "coldstart-curate[s3]", "gs": "gcsfs", "az": "adlfs"}
"""protocol -> the package that knows it"""
AT_ONCE = 8
"""files fetched side by side: what waits is the network"""
_OF_RUN = re.compile(
    r"(.*/)?(run\.yaml|shards\.txt|progress/[^/]+\.json|\d{8}-[0-9a-f-]+\.parquet)"
)
"""what every command needs a copy of; all else (checkpoints) only those that say so"""
_OWN = re.compile(r"\..*|.*\.duckdb(\.wal)?")
"""of this machine alone: hidden files, and the index, which is built from the copies"""
_LEFT = re.compile(r"\.(run\.yaml-|writer|lease).*")
TRIES = 5
"""at a file that is replaced while it is fetched"""
TIMES = range(2**26, 2**27)
"""what the times of copies are made of: seconds of 1972 to 1974, a time that no other file has"""
Version = tuple[int, int]
"""size and time of a copy; two files of a name that have the same are the same"""


@dataclass(frozen=True)
class Remote:
    """A folder at a URL. Every refusal of the store's is a UserError."""

    url: str
    fs: AbstractFileSystem
    root: str

    @classmethod
    def of(cls, folder: Path) -> Remote | None:
        """Of what the folder is a copy; null where it is none."""
        url = url_of(folder)
        if url is None:
            return None
        fs = _filesystem(url)
        return cls(url, fs, fs._strip_protocol(url))

    def versions(self, below: str = "") -> dict[str, Version]:
        """Every file below, by its name within the folder."""
        top = f"{self.root}/{below}" if below else self.root
        with _as_user_errors(self.url):
            found = self.fs.find(top, detail=True)
        return {name[len(self.root) + 1 :]: _version(info) for name, info in found.items()}

    def read(self, name: str) -> bytes | None:
        with _as_user_errors(self.url):
            try:
                return bytes(self.fs.cat_file(f"{self.root}/{name}"))
            except FileNotFoundError:
                return None

    def put(self, name: str, data: bytes) -> None:
        with _as_user_errors(self.url):
            self.fs.pipe_file(f"{self.root}/{name}", data)

    def put_new(self, name: str, data: bytes) -> None:
        """Raises FileExistsError where another file of that name is there, however late it came.
        The same file there is this one: its first answer was lost, and it was sent again."""
        with _as_user_errors(self.url):
            try:
                self.fs.pipe_file(f"{self.root}/{name}", data, mode="create")
            except OSError:
                existing = self.read(name)
                if existing is None:
                    raise
                if existing != data:
                    raise FileExistsError(f"{self.url}/{name}") from None

    def upload(self, name: str, file: Path) -> Version:
        """A file of any size, in place of what is there."""
        with _as_user_errors(self.url):
            self.fs.put_file(str(file), f"{self.root}/{name}")
        return self.version(name)

    def version(self, name: str) -> Version:
        with _as_user_errors(self.url):
            return _version(self.fs.info(f"{self.root}/{name}"))

    def fetch(self, name: str, to: Path) -> None:
        with _as_user_errors(self.url):
            self.fs.get_file(f"{self.root}/{name}", str(to))

    def delete(self, name: str) -> None:
        with _as_user_errors(self.url), contextlib.suppress(FileNotFoundError):
            self.fs.rm_file(f"{self.root}/{name}")


def pull(folder: Path, whole: bool = False) -> set[str]:
    """Bring a copy up to date: what is new there is fetched, what is gone there goes. The names of
    all that is there. `whole`: fetch checkpoints and reports too, not only what every command
    needs. For what is no copy: nothing."""
    remote = Remote.of(folder)
    if remote is None:
        return set()
    # looked at before asking, so that nothing that is committed meanwhile is taken for gone
    here = dict(_copied(folder))
    there = {name: at for name, at in remote.versions().items() if not _is_own(name)}
    for name, version in here.items():
        if name not in there and _is_of_there(version):
            discard(folder / name)
    wanted = [
        (name, version)
        for name, version in there.items()
        if (whole or _OF_RUN.fullmatch(name)) and here.get(name) != version
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda at: _fetch(remote, folder, at[0], at[1], here.get(at[0])), wanted))
    return set(there)


def _fetch(
    remote: Remote, folder: Path, name: str, version: Version, known: Version | None
) -> None:
    """Unless the copy has changed since it was looked at: then its writer, on this machine, was
    here in between. What is gone there by now was superseded."""
    path = folder / name
    with writing(path):
        make_folder(path.parent)
        staged = hidden(path.parent, path.name)
        try:
            stamp(staged, _fetched(remote, name, version, staged))
            if _version_here(path) in (known, None):
                os.replace(staged, path)
        except FileNotFoundError:
            return
        finally:
            discard(staged)


def _fetched(remote: Remote, name: str, version: Version, to: Path) -> Version:
    """Fetch a file; of which version it is."""
    for _ in range(TRIES):
        remote.fetch(name, to)
        before, version = version, remote.version(name)
        if version == before:
            return version
    raise UserError(f"{remote.url}/{name} changes all the time: run the same command again")


def push(folder: Path, pulled: set[str]) -> None:
    """Put there what was made or changed in the copy alone (checkpoints, figures); and of what was
    `pulled` take away what is gone from a folder that is here still."""
    remote = Remote.of(folder)
    if remote is None:
        return
    here = dict(_copied(folder))
    for name, version in here.items():
        if not _is_of_there(version):
            stamp(folder / name, remote.upload(name, folder / name))
    folders = {name.rpartition("/")[0] for name in here}
    for name in pulled - here.keys():
        if name.rpartition("/")[0] in folders and not _OF_RUN.fullmatch(name):
            remote.delete(name)


def strangers(folder: Path) -> set[str]:
    """What is in a folder beside what a run that was never begun leaves behind. Raises UserError
    where the copy of a run that is gone holds more than its shards."""
    remote = Remote.of(folder)
    here = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    if remote is None:
        return {name for name in here if not _LEFT.fullmatch(name)}
    if any(not _is_own(name) for name, _ in _copied(folder)):
        raise UserError(
            f"nothing is at {remote.url} any more, but its copy in {copies()} holds files that "
            "were never put there: remove that first"
        )
    return {name for name in remote.versions() if not _is_own(name)}


def present(path: Path) -> None:
    """Fetch one file that this machine has no copy of yet: a worker on another machine is told the
    path alone."""
    if url_of(path) and not path.exists() and (remote := Remote.of(path.parent)):
        _fetch(remote, path.parent, path.name, remote.version(path.name), None)


def stamp(copy: Path, version: Version) -> None:
    """Make a copy's time that of its version. Raises UserError where it was cut off."""
    size, at = version
    if copy.stat().st_size != size:
        raise UserError(f"{copy} came incomplete: run the same command again")
    os.utime(copy, (at, at))


def _copied(folder: Path) -> Iterator[tuple[str, Version]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if not _is_own(name) and (version := _version_here(path)):
            yield name, version


def _is_own(name: str) -> bool:
    return any(_OWN.fullmatch(part) for part in name.split("/"))


def _version_here(path: Path) -> Version | None:
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if path.is_file():
            found = path.stat()
            return found.st_size, int(found.st_mtime)
    return None


def _version(info: dict[str, Any]) -> Version:
    """From whatever the store says of a version."""
    fields = ("ETag", "etag", "generation", "md5Hash", "content_md5", "created", "mtime")
    version = next((info[name] for name in fields if info.get(name)), info.get("LastModified"))
    if isinstance(version, datetime.datetime):  # in a listing it may be a number
        version = version.timestamp()
    digest = hashlib.blake2b(f"{version}".encode(), digest_size=8).digest()
    return int(info["size"]), TIMES[0] + int.from_bytes(digest) % len(TIMES)


def _is_of_there(version: Version) -> bool:
    """Was it fetched or put there, and is it unchanged since?"""
    return version[1] in TIMES


def _filesystem(url: str) -> AbstractFileSystem:
    import fsspec  # only a run at a URL needs it

    protocol = url.partition("://")[0]
    package = EXTRAS.get(protocol, "what fsspec names for it")
    try:
        # its own memory of what lies there would not see what others commit
        return fsspec.filesystem(protocol, use_listings_cache=False)
    except ImportError:
        raise UserError(f"{url} needs a package more: pip install '{package}'") from None
    except ValueError:
        raise UserError(f"{url}: {protocol}:// is no store that fsspec knows") from None


@contextlib.contextmanager
def _as_user_errors(url: str) -> Iterator[None]:
    """Each store raises errors of its own kinds for what is the user's to mend (no such bucket, no
    leave, no network): one line. What is not there, or there already, is for the caller."""
    try:
        yield
    except (FileExistsError, UserError):
        raise
    except FileNotFoundError as error:
        if "bucket" not in str(error).lower():
            raise
        raise UserError(f"{url}: {_line(error)}") from error
    except Exception as error:
        raise UserError(
            f"cannot reach {url}: {_line(error)} (address and credentials are those of the "
            "environment, such as AWS_ENDPOINT_URL and AWS_ACCESS_KEY_ID)"
        ) from error


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
