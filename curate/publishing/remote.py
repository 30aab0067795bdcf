"""A dataset's or a model's repository on the Hub: what lies there, and one commit that makes it
equal a folder.

All files come in one commit upon the head they were compared with, so that readers see the whole of
a push or nothing of it. Large files are stored before that commit: a push that broke off finds
them there. Whatever is refused for the moment (busy, 5xx, somebody else's commit) is looked at anew
and tried again; other refusals become one line.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from curate.terminal.progress import say
from filters.errors import UserError

if TYPE_CHECKING:
    from huggingface_hub import HfApi

T = TypeVar("T")
TRIES = 6
WAIT_S = 1.0
"""before the second try; doubled for each further one"""
LONGEST_WAIT_S = 300.0
"""the Hub's windows for counting requests are five minutes long"""
_NOT_TAKEN = (409, 412, 429)
"""busy, somebody else's commit, too many requests: nothing was done"""
_FOR_A_WHILE = (*_NOT_TAKEN, 500, 502, 503, 504)
MAIN = "main"
Kind = Literal["dataset", "model"]


@dataclass(frozen=True)
class File:
    """A file with the two hashes by which the Hub knows files: large ones and small ones."""

    path: Path
    size: int
    sha256: str
    git_blob: str

    @classmethod
    def of(cls, path: Path) -> File:
        size = path.stat().st_size
        large, small = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                large.update(piece)
                small.update(piece)
        return cls(path, size, large.hexdigest(), small.hexdigest())


Files = dict[str, File]
"""by their names in the repository"""


@dataclass(frozen=True)
class Pushed:
    commit: str
    pull_request: str | None
    uploaded: int
    """files that were not there yet"""


class Remote:
    """USER/NAME on the Hub, as the token of the environment or of the login may see it."""

    def __init__(
        self, repo: str, revision: str | None, create_pr: bool, kind: Kind = "dataset"
    ) -> None:
        self.repo, self.revision, self.create_pr = repo, revision or MAIN, create_pr
        self.kind = kind
        self.api = _api()

    def make(self, private: bool) -> None:
        """The repository and the branch, where they are missing."""
        self._tried(lambda: self._make(private), _FOR_A_WHILE)

    def _make(self, private: bool) -> None:
        from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

        try:
            repository = self.api.repo_info(self.repo, repo_type=self.kind)
        except RepositoryNotFoundError:
            self.api.create_repo(self.repo, repo_type=self.kind, private=private, exist_ok=True)
            repository = None
        if repository and private and not repository.private:
            raise UserError(
                f"{self.repo} is public already; make it private on the Hub, or leave out --private"
            )
        try:
            self.head()
        except RevisionNotFoundError:
            self.api.create_branch(
                self.repo, branch=self.revision, repo_type=self.kind, exist_ok=True
            )

    def head(self) -> str:
        info = self.api.repo_info(self.repo, repo_type=self.kind, revision=self.revision)
        return str(info.sha)

    def hashes(self, revision: str) -> dict[str, str]:
        """name -> sha256 of a large file, git's hash of a small one"""
        from huggingface_hub import RepoFile

        tree = self.api.list_repo_tree(
            self.repo, recursive=True, revision=revision, repo_type=self.kind
        )
        return {
            file.path: file.lfs.sha256 if file.lfs else file.blob_id
            for file in tree
            if isinstance(file, RepoFile)
        }

    def holds(self, files: Files, revision: str) -> bool:
        """Whether all these files lie there as they are here."""
        from huggingface_hub.errors import RevisionNotFoundError

        try:
            return not _changed(files, self._tried(lambda: self.hashes(revision), _FOR_A_WHILE))
        except RevisionNotFoundError:
            return False

    def commit(self, files: Files, stale: Callable[[str], bool], message: str) -> Pushed:
        """Make the repository hold these files, and no other that `stale` says is an older push's.
        Raises UserError where what lies there afterwards is something else."""
        # a pull request that was made although the answer got lost would be made twice
        again = _NOT_TAKEN if self.create_pr else _FOR_A_WHILE
        pushed = self._tried(lambda: self._commit(files, stale, message), again)
        if not self.holds(files, pushed.commit):
            raise UserError(
                f"{self.repo} at {pushed.commit} does not hold what was sent: push again, and "
                "do not use this revision"
            )
        return pushed

    def _commit(self, files: Files, stale: Callable[[str], bool], message: str) -> Pushed:
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        head = self.head()
        hashes = self.hashes(head)
        self._refuse_others(hashes)
        changed = _changed(files, hashes)
        gone = [name for name in hashes if name not in files and stale(name)]
        if not changed and not gone:
            return Pushed(head, None, 0)
        created = self.api.create_commit(
            self.repo,
            [
                *(CommitOperationDelete(name) for name in gone),
                *(CommitOperationAdd(name, str(files[name].path)) for name in changed),
            ],
            commit_message=message,
            repo_type=self.kind,
            revision=self.revision,
            create_pr=self.create_pr,
            parent_commit=head,
        )
        return Pushed(str(created.oid), created.pr_url, len(changed))

    def _refuse_others(self, hashes: dict[str, str]) -> None:
        from curate.records.export import MARK

        if set(hashes) - {".gitattributes"} and MARK not in hashes and not self.create_pr:
            raise UserError(
                f"{self.repo} holds something else that `curate push` did not write; choose "
                "another name, or propose it with --create-pr"
            )

    def _tried(self, step: Callable[[], T], again: tuple[int, ...]) -> T:
        """The step, tried again while the Hub refuses it for the moment."""
        for number in range(TRIES):
            try:
                return step()
            except (UserError, KeyboardInterrupt):
                raise
            except Exception as error:
                status, wait = _status(error), WAIT_S * 2**number
                if status is None:
                    raise
                if number + 1 == TRIES or not (status in again or (status == 0 and 500 in again)):
                    raise _as_user_error(error, status, self.repo) from error
                wait = min(_retry_after(error) or wait, LONGEST_WAIT_S)
                what = f"answered {status}" if status else "did not answer"
                say(f"push: the Hub {what}; trying again in {wait:.0f} s")
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")


def _api() -> HfApi:
    """The Hub's client, quiet: what must be said is said here."""
    import sys

    from huggingface_hub import HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars, logging

    if not get_token():
        raise UserError(
            "the Hub wants a token: set HF_TOKEN to one that may write, or run `hf auth login`"
        )
    logging.set_verbosity_error()
    if not sys.stderr.isatty():
        disable_progress_bars()
    return HfApi(library_name="coldstart-curate")


def _changed(files: Files, hashes: dict[str, str]) -> list[str]:
    return [
        name for name, file in files.items() if hashes.get(name) not in (file.sha256, file.git_blob)
    ]


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _status(error: Exception) -> int | None:
    """The status of the answer, 0 where none came, null where it was nothing of the Hub's. A
    missing revision is no refusal: the caller knows what to do."""
    import httpx2  # what huggingface_hub 2 is built on
    from huggingface_hub.errors import HfHubHTTPError, RevisionNotFoundError

    for cause in _causes(error):
        if isinstance(cause, RevisionNotFoundError):
            return None
        if isinstance(cause, HfHubHTTPError):
            return int(cause.response.status_code)
        if isinstance(cause, httpx2.TransportError):
            return 0
    return None


def _retry_after(error: Exception) -> float | None:
    for cause in _causes(error):
        if (answer := getattr(cause, "response", None)) is not None:
            seconds = answer.headers.get("retry-after", "")
            return float(seconds) if seconds.replace(".", "", 1).isdigit() else None
    return None


def _as_user_error(error: Exception, status: int, repo: str) -> UserError:
    hints = {
        401: "the Hub does not know the token: set HF_TOKEN to one that may write, or run "
        "`hf auth login`",
        403: f"the token may not write to {repo}: use one that may, or another name",
        404: f"the Hub knows no dataset {repo}, or this token may not see it",
        0: "the Hub cannot be reached",
    }
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    what = hints.get(status, f"the Hub refuses the push of {repo} ({status}): {first}")
    rest = "" if status in (401, 403, 404) else "; push again later: what is there stays there"
    return UserError(what + rest)
