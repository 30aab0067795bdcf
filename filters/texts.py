"""Walks over the bytes of many texts, compiled by numba.

A filter's first look at every text is a plain loop over its bytes: numba turns it into machine
code that reads faster than any chain of expressions, which walks once per expression. The texts
stay where polars keeps them; nothing is copied. What a look finds is read again, in Python, by the
few lines that know what it means.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
import polars as pl
import pyarrow as pa
from numba.core import event

_config: Any = numba.config


def _cache_folder() -> str:
    """Where machine code is kept: beside the source, or in the user's cache where that cannot be
    written; one folder for each state of all sources, as a walk has parts of other files in it, of
    which numba does not see when they change."""
    here = Path(__file__).parent
    sources = hashlib.blake2b(digest_size=8)
    for path in sorted(here.glob("*.py")):
        sources.update(path.read_bytes())
    beside = here / "__pycache__" if os.access(here, os.W_OK) else Path.home() / ".cache" / "curate"
    return str(Path(_config.CACHE_DIR or beside) / f"walks-{sources.hexdigest()}")


_FOLDER = _cache_folder()


def compiled(walk: Callable[..., Any]) -> Callable[..., Any]:
    """A walk or a part of one. Only the first run after an installation compiles it."""
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
    others, _config.CACHE_DIR = _config.CACHE_DIR, _FOLDER
    try:
        return numba.njit(walk, cache=True, **options)
    except RuntimeError:  # it cannot be written
        return numba.njit(walk, **options)
    finally:
        _config.CACHE_DIR = others


class _OnCompiling(event.Listener):
    def __init__(self, tell: Callable[[], None]) -> None:
        self.tell: Callable[[], None] | None = tell

    def on_start(self, event: event.Event) -> None:
        if self.tell is not None:
            tell, self.tell = self.tell, None
            tell()

    def on_end(self, event: event.Event) -> None:
        """It goes on with the next one."""


@lru_cache(maxsize=1)
def on_compiling(tell: Callable[[], None]) -> None:
    """Calls `tell` when the first walk of this process is compiled, if one is."""
    event.register("numba:compile", _OnCompiling(tell))


BLOCK = 64
"""bytes looked at in one go for something rare"""

NONE = -1
"""an end that is none: the slice is null"""

Walk = Callable[..., None]
"""walk(data, starts, ends, rows, out, …): writes to `out[row]` for `data[start:end]` of each"""


class Texts:
    """A column of texts as bytes in UTF-8."""

    def __init__(self, column: pl.Series) -> None:
        self.column, self.height = column, len(column)
        self._views = column.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
        self.null = ~self._views.is_valid().to_numpy(zero_copy_only=False)
        self._parts = list(_grouped(self._views, self.null))

    def walk(self, walk: Walk, width: int, *given: Any) -> np.ndarray:
        """What `walk` counts, as an array of `width` whole numbers for every text: zeros
        for null."""
        out = np.zeros((self.height, width), dtype=np.int64)
        for _, data, starts, ends, rows in self._parts:
            walk(data, starts, ends, rows, out, *given)
        return out

    def sizes(self) -> np.ndarray:
        """Bytes of each text, none for null."""
        out = np.zeros(self.height, dtype=np.int64)
        for _, _, starts, ends, rows in self._parts:
            out[rows] = ends - starts
        return out

    def characters(self) -> np.ndarray:
        """How many each text has, NaN for null."""
        return np.where(self.null, np.nan, self.walk(_characters, 1)[:, 0])

    def slices(self, begins: np.ndarray, ends: np.ndarray) -> pl.Series:
        """Of every text the bytes from `begins` to `ends`, where characters must begin and end;
        null where the end is `NONE`. They lie in the same memory as the texts."""
        entries = np.zeros((self.height, _VIEW), dtype=np.uint8)
        for number, data, starts, _, rows in self._parts:
            _write_views(data, starts, rows, number, begins, ends, entries)
        present = np.packbits(ends >= 0, bitorder="little")
        memory = [present, entries, *self._views.buffers()[2:]]
        buffers = [pa.py_buffer(some) for some in memory]
        return pl.Series(pa.Array.from_buffers(self._views.type, self.height, buffers))


_Part = tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
_VIEW, _INLINE = 16, 12
"""bytes of one of Arrow's string views, and of a text that is kept in the view itself"""


def _grouped(views: pa.Array, null: np.ndarray) -> Iterator[_Part]:
    """The texts that lie in one buffer, buffer by buffer: its number, its bytes, where each text
    begins and ends in it, and which it is."""
    _, memory, *data = views.buffers()
    entries = np.frombuffer(memory, dtype=np.uint8)
    first, last = views.offset, views.offset + len(views)
    fields = entries.view(np.int32).reshape(-1, 4)[first:last]
    size = fields[:, 0].astype(np.int64)
    long = size > _INLINE
    begins = np.where(long, fields[:, 3], np.arange(first, last) * _VIEW + 4)
    buffer = np.where(long, fields[:, 2], -1)
    rows = np.flatnonzero(~null)
    rows = rows[np.argsort(buffer[rows], kind="stable")]
    for some in np.split(rows, np.flatnonzero(np.diff(buffer[rows])) + 1):
        if len(some):
            number = int(buffer[some[0]])
            where = entries if number < 0 else np.frombuffer(data[number], dtype=np.uint8)
            yield number, where, begins[some], begins[some] + size[some], some


@compiled
def _write_views(data, starts, rows, number, begins, ends, entries):
    """Length; then the text, or its first four bytes, buffer and place."""
    for k in range(len(rows)):
        row = rows[k]
        begin, size = starts[k] + begins[row], ends[row] - begins[row]
        if size <= 0:
            continue
        of = entries[row]
        for i in range(4):
            of[i] = (size >> (8 * i)) & 0xFF
        for i in range(min(size, 4 if size > _INLINE else _INLINE)):
            of[4 + i] = data[begin + i]
        if size > _INLINE:
            for i in range(4):
                of[8 + i], of[12 + i] = (number >> (8 * i)) & 0xFF, (begin >> (8 * i)) & 0xFF


@compiled
def _characters(data, starts, ends, rows, out):
    for k in range(len(rows)):
        count = 0
        for byte in data[starts[k] : ends[k]]:
            count += int((byte & 0xC0) != 0x80)  # it does not go on with one
        out[rows[k], 0] = count


@compiled
def stands(text, at, literal):
    """Whether the literal, an array of bytes, stands there."""
    if at < 0 or at + len(literal) > len(text):
        return False
    for j in range(len(literal)):  # noqa: SIM110
        if text[at + j] != literal[j]:
            return False
    return True


@compiled
def here(text, at, literal):
    """Whether the literal stands there, in a text that goes on for as long. Without a branch: over
    a block of places, with a constant, the processor compares 64 at once."""
    same = True
    for j in range(np.uint64(len(literal))):
        same &= text[at + j] == literal[j]
    return same


@compiled
def eight_bytes(text, at):
    """As one number, the first one lowest."""
    word = np.uint64(0)
    for j in range(np.uint64(8)):
        word |= np.uint64(text[at + j]) << (np.uint64(8) * j)
    return word


@compiled
def bits_of(text, at, byte):
    """A block of the text as bits: 1 where the byte stands."""
    bits = np.uint64(0)
    for j in range(np.uint64(BLOCK)):
        bits |= np.uint64(text[at + j] == byte) << j
    return bits


_DE_BRUIJN = 0x03F79D71B4CB0A89
_NUMBERS = np.zeros(BLOCK, dtype=np.uint8)
for _i in range(BLOCK):
    _NUMBERS[((_DE_BRUIJN << _i) & 0xFFFFFFFFFFFFFFFF) >> 58] = _i


@compiled
def bit_number(bit):
    """Which bit of a word it is (a de Bruijn sequence, Leiserson, Prokop and Randall 1998)."""
    return np.uint64(_NUMBERS[(bit * np.uint64(_DE_BRUIJN)) >> np.uint64(58)])


@compiled
def find_byte(text, byte, at):
    """Where the byte comes next, from `at` on; the length of the text where it does not."""
    n = np.uint64(len(text))
    i = np.uint64(at)
    while i + np.uint64(BLOCK) <= n:
        bits = bits_of(text, i, byte)
        if bits:
            return np.int64(i + bit_number(bits & -bits))
        i += np.uint64(BLOCK)
    while i < n and text[i] != byte:
        i += np.uint64(1)
    return np.int64(i)


@compiled
def whole_blocks(text, lookahead):
    """How many bytes from its begin are whole blocks with so many bytes behind them."""
    return max(0, len(text) - lookahead) // BLOCK * BLOCK


@compiled
def fill_end(text, begin, padding, end):
    """The bytes from `begin` on, with padding behind them, in place of what `end` held."""
    end[:] = padding
    end[: len(text) - begin] = text[begin:]


@compiled
def _space_at(text, at):
    """How many bytes the white space has that begins there, none if none."""
    byte = text[at]
    if byte < 0x80:
        return int(byte == 32 or 9 <= byte <= 13)
    if byte == 0xC2 and at + 1 < len(text):
        return 2 * int(text[at + 1] == 0x85 or text[at + 1] == 0xA0)
    if at + 2 >= len(text):
        return 0
    code = (np.int64(byte) << 16) | (np.int64(text[at + 1]) << 8) | np.int64(text[at + 2])
    if 0xE28080 <= code <= 0xE2808A or code in (0xE28087, 0xE280A8, 0xE280A9, 0xE280AF):
        return 3
    return 3 * int(code == 0xE19A80 or code == 0xE2819F or code == 0xE38080)


@compiled
def stripped(text, begin, end):
    """Begin and end of what is between, without white space around it."""
    while begin < end:
        size = _space_at(text, begin)
        if size == 0:
            break
        begin += size
    while end > begin:
        last = end - 1
        while last > begin and text[last] & 0xC0 == 0x80:
            last -= 1
        if _space_at(text, last) == 0:
            break
        end = last
    return begin, end


def literal(text: str) -> np.ndarray:
    """Its bytes, for `stands`."""
    return np.frombuffer(text.encode(), dtype=np.uint8)
