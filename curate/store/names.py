"""What a shard is called: `<number>-<hash of its content>.parquet`, by which the later one counts;
or `<first>-<last>-<hash>.parquet`, if `curate tidy` made it of those from first to last. That one
stands in their place from the moment it is there, whether they are still there or not."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

NAME = re.compile(r"(\d{8})-(?:(\d{8})-)?([0-9a-f]{12})\.parquet")


def span(path: Path) -> tuple[int, int] | None:
    """The first and last number that it stands for; null for a name of another kind."""
    name = NAME.fullmatch(path.name)
    return (int(name[1]), int(name[2] or name[1])) if name else None


def content(path: Path) -> str | None:
    """The hash in its name."""
    name = NAME.fullmatch(path.name)
    return name[3] if name else None


def content_hash(content: bytes | memoryview) -> str:
    """Twelve hexadecimal digits: two writers never give one name to different content."""
    return hashlib.blake2b(content, digest_size=6).hexdigest()


def holds_what_it_says(path: Path) -> bool:
    """Whether the content is that of the hash in the name, byte for byte."""
    digest = content(path)
    return digest is not None and digest == content_hash(path.read_bytes())


def live_shards(folder: Path) -> list[Path]:
    """The shards of a folder that count, oldest first. Of a run: `Run.shards`."""
    found = sorted(folder.glob("[0-9]*.parquet"), key=lambda path: path.name)
    merged = [path for path in found if _is_merged(path)]
    return [path for path in found if not any(_covers(one, path) for one in merged)]


def has_successor(path: Path) -> bool:
    """Whether another stands in its place, be it still there or not."""
    return any(_covers(one, path) for one in live_shards(path.parent) if _is_merged(one))


def next_number(shards: Iterable[Path]) -> int:
    return max((last for _, last in filter(None, map(span, shards))), default=-1) + 1


def _is_merged(path: Path) -> bool:
    name = NAME.fullmatch(path.name)
    return name is not None and name[2] is not None


def _covers(merged: Path, path: Path) -> bool:
    """Whether the one was made of the other, or of what that was made of."""
    whole, part = span(merged), span(path)
    if whole is None or part is None or (_is_merged(path) and whole == part):
        return False
    return whole[0] <= part[0] and part[1] <= whole[1]
