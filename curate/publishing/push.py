"""`curate push`: the folder that `curate export` writes, byte for byte, as a dataset on the Hub.

What was pushed where is a row of the table `pushes`. A dataset that is there already as it is here
is left alone: a second push uploads nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.publishing.private import scrubbed
from curate.publishing.remote import MAIN, File, Files, Kind, Pushed, Remote
from curate.records.export import Choice, export
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read
from data_cards import lacks
from filters.errors import UserError
from filters.schema import PUSH, content_id, utc_now

_REPO = re.compile(r"[\w.-]+/[\w.-]+")
_OURS = re.compile(r"data/\w+/\w+-\d{5}-of-\d{5}-[0-9a-f]{12}\.parquet")


@dataclass(frozen=True)
class Where:
    """In the repository."""

    revision: str | None = None
    create_pr: bool = False
    private: bool = False


@dataclass(frozen=True)
class Parcel:
    """What goes to the Hub in one commit, and which files of an older one it outdates."""

    files: Files
    kind: Kind
    title: str
    stale: Callable[[str], bool]
    checkpoint_id: str | None = None
    record_ids: Sequence[str] | None = None
    """of a dataset: all that it holds"""

    @property
    def content(self) -> str:
        return content_id(*(f"{name} {file.sha256}" for name, file in self.files.items()))


@writes("push")
def push(run: Run, repo: str, where: Where, choice: Choice) -> dict[str, Any]:
    """Bring the run's dataset to USER/NAME. Counts: files, bytes, uploaded; and which commit."""
    check_target(repo, where)
    with tempfile.TemporaryDirectory() as scratch:
        files = _exported(run, Path(scratch), choice)
        parcel = Parcel(
            files, "dataset", scrubbed(run.config.name), _stale, record_ids=_records(files)
        )
        return send(run, repo, where, parcel)


def send(run: Run, repo: str, where: Where, parcel: Parcel) -> dict[str, Any]:
    """Make the repository hold the parcel, and remember it in the table `pushes`."""
    remote = Remote(repo, where.revision, where.create_pr, parcel.kind)
    pushed = _proposed(run, remote, parcel) if where.create_pr else None
    if pushed is None:
        remote.make(where.private)
        message = f"{parcel.title} by coldstart-curate"
        pushed = remote.commit(parcel.files, parcel.stale, message)
    row = {
        "repo": repo,
        "kind": parcel.kind,
        "checkpoint_id": parcel.checkpoint_id,
        "branch": remote.revision,
        "commit": pushed.commit,
        "pull_request": pushed.pull_request,
        "content_hash": parcel.content,
        "files": len(parcel.files),
        "bytes": sum(file.size for file in parcel.files.values()),
    }
    _remember(run, row, parcel.record_ids)
    counts = {name: row[name] for name in ("files", "bytes", "commit")}
    return counts | {"uploaded": pushed.uploaded, "pull_request": pushed.pull_request}


def dry_run(run: Run, repo: str, where: Where, choice: Choice) -> dict[str, Any]:
    """What a push would bring there, and what the card cannot say; the Hub is not asked."""
    check_target(repo, where)
    with tempfile.TemporaryDirectory() as scratch:
        files = _exported(run, Path(scratch), choice)
        card = files["README.md"].path.read_text(encoding="utf-8")
        listed = [{"file": name, "bytes": file.size} for name, file in files.items()]
    return {"repo": repo, "files": listed, "card_lacks": lacks(card)}


def check_target(repo: str, where: Where) -> None:
    if not _REPO.fullmatch(repo):
        raise UserError(f"{repo!r} is no name on the Hub; it looks like USER/NAME")
    if where.create_pr and where.revision not in (None, MAIN):
        raise UserError("--create-pr proposes to main; leave out --revision")


def _exported(run: Run, scratch: Path, choice: Choice) -> Files:
    export(run, scratch / "out", choice)
    return files_below(scratch / "out")


def _records(files: Files) -> list[str]:
    """Read from the files themselves: what is told of a push is what was pushed."""
    paths = [file.path for name, file in files.items() if name.startswith("data/sft/")]
    found = pl.scan_parquet(paths, glob=False).select("record_id").collect()
    return found.get_column("record_id").to_list()


def files_below(folder: Path) -> Files:
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): File.of(path) for path in paths}


def _stale(name: str) -> bool:
    """Whether it is a data file of an earlier push; what else people put there stays."""
    return bool(_OURS.fullmatch(name))


def _proposed(run: Run, remote: Remote, parcel: Parcel) -> Pushed | None:
    """The pull request that holds all this already, if one was made."""
    same = (pl.col("repo") == remote.repo) & (pl.col("content_hash") == parcel.content)
    rows = pushes(run).filter(same & pl.col("pull_request").is_not_null())
    for row in rows.tail(1).iter_rows(named=True):
        if remote.holds(parcel.files, row["commit"]):
            return Pushed(row["commit"], row["pull_request"], 0)
    return None


def pushes(run: Run) -> pl.DataFrame:
    """All pushes of the run, oldest first (columns of `PUSH` without `record_ids`)."""
    facts = [name for name in PUSH if name != "record_ids"]
    return read(run.shards("pushes"), PUSH, facts)


def _remember(run: Run, row: dict[str, Any], record_ids: Sequence[str] | None) -> None:
    known = pushes(run).tail(1).select(*row).to_dicts()
    if known == [row]:
        return
    row |= {"record_ids": record_ids, "created_at": utc_now().replace(microsecond=0)}
    commit(run.folder("pushes"), pl.DataFrame([row], schema=PUSH), PUSH)
