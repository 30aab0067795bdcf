"""The bytes of a file or of stdin, unpacked where they are packed."""

from __future__ import annotations

import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import zstandard

from filters.errors import UserError

DAMAGE = (EOFError, OSError, UnicodeError, zlib.error, zstandard.ZstdError)
"""what reading a damaged file raises"""
STDIN = "-"
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def unpacked_bytes(path: Path) -> io.BufferedReader:
    """Packed is what ends in .gz or .zst, and what so begins on stdin."""
    if str(path) == STDIN:
        given = io.BufferedReader(sys.stdin.buffer.raw, 1 << 20)  # type: ignore
        head = given.peek(4)[:4]
        return _unpacked(given, head.startswith(_GZIP), head == _ZSTD)
    try:
        suffix = path.suffix.lower()
        return _unpacked(path.open("rb"), suffix == ".gz", suffix == ".zst")
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, a file is wanted") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None


def _unpacked(file: io.BufferedReader, gz: bool, zst: bool) -> io.BufferedReader:
    if gz:
        return io.BufferedReader(gzip.GzipFile(fileobj=file), 1 << 20)  # type: ignore[arg-type]
    return io.BufferedReader(_Zstd(file), 1 << 20) if zst else file


class _Zstd(io.RawIOBase):
    """A .zst file, frame after frame. One that ends inside a frame is damaged, which
    `zstandard.open` does not notice."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._chunks = _frames(self._file)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, into: Any) -> int:
        while not self._ready:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._ready = memoryview(chunk)
        given = min(len(into), len(self._ready))
        into[:given], self._ready = self._ready[:given], self._ready[given:]
        return given

    def close(self) -> None:
        self._file.close()
        super().close()


def _frames(file: IO[bytes]) -> Iterator[bytes]:
    decompressor = zstandard.ZstdDecompressor()
    frame = None
    while data := file.read(1 << 17):
        while data:
            frame = frame or decompressor.decompressobj()
            yield frame.decompress(data)
            data, frame = (frame.unused_data, None) if frame.eof else (b"", frame)
    if frame is not None:
        raise EOFError("it ends inside a zstd frame")
