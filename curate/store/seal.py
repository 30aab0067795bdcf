"""A file of a fixed name, which says nothing of its content, carries the content's hash in its own
metadata: where the hash is to stand there are zeros while it is taken."""

from __future__ import annotations

import hashlib
from pathlib import Path

import polars as pl

KEY = "seal"
UNSEALED = "0" * 24


def seal(path: Path) -> None:
    """A Parquet file written with `UNSEALED` under `KEY`."""
    before, zeros, after = path.read_bytes().rpartition(UNSEALED.encode())
    path.write_bytes(before + _hash(before + zeros + after) + after)


def is_whole(path: Path) -> bool:
    """Whether it is byte for byte as it was sealed."""
    try:
        found = pl.read_parquet_metadata(path).get(KEY, "").encode()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, UnicodeError):
        return False
    before, _, after = path.read_bytes().rpartition(found or b"-")
    return found == _hash(before + UNSEALED.encode() + after)


def _hash(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=len(UNSEALED) // 2).hexdigest().encode()
