"""Walks over the bytes of many texts, compiled by numba.

A filter's first look at every text is a plain loop over its bytes: numba turns it into machine
code that reads faster than any chain of expressions, which walks once per expression. The texts
stay where polars keeps them; nothing is copied. What a look finds is read again, in Python, by the
few lines that know what it means.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy as np
import polars as pl
import pyarrow as pa
from llvmlite import ir
from numba import types
from numba.core import event
from numba.extending import intrinsic

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

ROOM = 4
"""entries that an array of places in a text has more than the text has bytes"""

NONE = -1
"""an end that is none: the slice is null"""


class Places(NamedTuple):
    """Where texts lie in memory: the rows that have one, and for each row its address and bytes."""

    rows: np.ndarray
    begins: np.ndarray
    sizes: np.ndarray


Walk = Callable[..., None]
"""walk(places, out, …): writes to `out[row]` for the `text_at(places, row)` of each row"""


class Texts:
    """A column of texts as bytes in UTF-8."""

    def __init__(self, column: pl.Series) -> None:
        self.column, self.height = column, len(column)
        self._views = column.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
        self.null = ~self._views.is_valid().to_numpy(zero_copy_only=False)
        _, memory, *data = self._views.buffers()
        first, last = self._views.offset, self._views.offset + self.height
        fields = np.frombuffer(memory or b"", dtype=np.int32).reshape(-1, 4)[first:last]
        sizes = np.where(self.null, 0, fields[:, 0]).astype(np.int64)
        far = sizes > _INLINE
        self._buffers, self._offsets = np.where(far, fields.T[2:], 0).astype(np.int64)
        begins = np.array([some.address for some in data] or [0])[self._buffers] + self._offsets
        if memory:
            begins[~far] = memory.address + _VIEW * np.arange(first, last)[~far] + 4
        self._places = Places(np.flatnonzero(~self.null), begins, sizes)

    def walk(self, walk: Walk, width: int, *given: Any) -> np.ndarray:
        """What `walk` counts, as an array of `width` whole numbers for every text: zeros
        for null."""
        out = np.zeros((self.height, width), dtype=np.int64)
        walk(self._places, out, *given)
        return out

    def sizes(self) -> np.ndarray:
        """Bytes of each text, none for null."""
        return self._places.sizes

    def characters(self) -> np.ndarray:
        """How many each text has, NaN for null."""
        return np.where(self.null, np.nan, self.walk(_characters, 1)[:, 0])

    def slices(self, begins: np.ndarray, ends: np.ndarray) -> pl.Series:
        """Of every text the bytes from `begins` to `ends`, where characters must begin and end;
        null where the end is `NONE`. They lie in the same memory as the texts."""
        views = np.zeros((self.height, 4), dtype=np.int32)
        views[:, 0] = np.where(ends >= 0, ends - begins, 0)
        far = views[:, 0] > _INLINE
        views[:, 2] = np.where(far, self._buffers, 0)
        views[:, 3] = np.where(far, self._offsets + begins, 0)
        _copy_heads(self._places, views[:, 0].copy(), views.view(np.uint8), begins)
        present = np.packbits(ends >= 0, bitorder="little")
        memory = [present, views, *self._views.buffers()[2:]]
        buffers = [pa.py_buffer(some) for some in memory]
        return pl.Series(pa.Array.from_buffers(self._views.type, self.height, buffers))


_VIEW, _INLINE = 16, 12
"""bytes of one of Arrow's string views (size; then the text itself, or its first four bytes, the
number of a buffer and where in that it lies), and of a text that is kept in the view itself"""


@intrinsic
def _pointer(typing: Any, address: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.inttoptr(values[0], ir.IntType(8).as_pointer())

    return types.CPointer(types.uint8)(types.int64), build


@compiled
def text_at(places, row):
    """The text of a row, as an array of bytes."""
    return numba.carray(_pointer(places.begins[row]), (places.sizes[row],))


@compiled
def _copy_heads(places, sizes, views, begins):
    """The first four bytes of a long text, all of a short one."""
    for row in places.rows:
        text, size = text_at(places, row), sizes[row]
        for i in range(size if size <= _INLINE else 4):
            views[row, 4 + i] = text[begins[row] + i]


@compiled
def _characters(places, out):
    for row in places.rows:
        text = text_at(places, row)
        size = np.uint64(len(text))
        whole, going_on = size - size % np.uint64(BLOCK), np.uint64(0)
        for at in range(np.uint64(0), whole, np.uint64(BLOCK)):
            going_on += count_bits(bits_between(text, at, 0x80, 0xBF))
        for i in range(whole, size):
            going_on += np.uint64((text[i] & 0xC0) == 0x80)
        out[row, 0] = size - going_on


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


def _bits(context: Any, builder: Any, type_: Any, values: Any) -> Any:
    """Instructions for `bits_between`: numba packs the outcomes of a loop into bits several times
    as slowly as the processor can."""
    text, at, low, high = values
    data = context.make_array(type_)(context, builder, text).data
    bytes_ = ir.VectorType(ir.IntType(8), BLOCK)
    block = builder.load(builder.bitcast(builder.gep(data, [at]), bytes_.as_pointer()), align=1)

    def everywhere(value: Any) -> Any:
        nowhere = ir.Constant(bytes_, ir.Undefined)
        one = builder.insert_element(nowhere, value, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), BLOCK), [0] * BLOCK)
        return builder.shuffle_vector(one, nowhere, mask)

    from_low = builder.sub(block, everywhere(low))
    between = builder.icmp_unsigned("<=", from_low, everywhere(builder.sub(high, low)))
    return builder.bitcast(between, ir.IntType(BLOCK))


@intrinsic
def bits_between(typing: Any, text: Any, at: Any, low: Any, high: Any) -> Any:
    """A block of the text as bits: 1 where a byte is from `low` to `high`."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _bits(context, builder, signature.args[0], values)

    return types.uint64(text, types.uint64, types.uint8, types.uint8), build


@intrinsic
def bits_of(typing: Any, text: Any, at: Any, byte: Any) -> Any:
    """A block of the text as bits: 1 where the byte stands."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return _bits(context, builder, signature.args[0], [*values, values[2]])

    return types.uint64(text, types.uint64, types.uint8), build


if _config.BOUNDSCHECK:  # then the compiler checks what is read here, which it cannot see above
    _unchecked_between, _unchecked_of = bits_between, bits_of

    @compiled
    def bits_between(text, at, low, high):  # type: ignore[misc]
        _ = text[at + np.uint64(BLOCK - 1)]
        return _unchecked_between(text, at, low, high)

    @compiled
    def bits_of(text, at, byte):  # type: ignore[misc]
        _ = text[at + np.uint64(BLOCK - 1)]
        return _unchecked_of(text, at, byte)


@intrinsic
def count_bits(typing: Any, bits: Any) -> Any:
    """How many are set."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctpop(values[0])

    return types.uint64(types.uint64), build


@intrinsic
def lowest_bit(typing: Any, bits: Any) -> Any:
    """Which one it is; 64 if there is none."""

    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.cttz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), build


@intrinsic
def _bits_above(typing: Any, bits: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        return builder.ctlz(values[0], ir.Constant(ir.IntType(1), 0))

    return types.uint64(types.uint64), build


@compiled
def highest_bit(bits):
    """Which one it is; there is one."""
    return np.uint64(BLOCK - 1) - _bits_above(bits)


@compiled
def find_byte(text, byte, at):
    """Where the byte comes next, from `at` on; the length of the text where it does not."""
    n = np.uint64(len(text))
    i = np.uint64(at)
    while i + np.uint64(BLOCK) <= n:
        bits = bits_of(text, i, byte)
        if bits:
            return np.int64(i + lowest_bit(bits))
        i += np.uint64(BLOCK)
    while i < n and text[i] != byte:
        i += np.uint64(1)
    return np.int64(i)


@compiled
def find_byte_before(text, byte, at):
    """Where the byte comes last before `at`; -1 where it does not."""
    while at >= BLOCK:
        bits = bits_of(text, np.uint64(at - BLOCK), byte)
        if bits:
            return at - BLOCK + np.int64(highest_bit(bits))
        at -= BLOCK
    at -= 1
    while at >= 0 and text[at] != byte:
        at -= 1
    return at


@compiled
def line_starts(text, lines):
    """Writes where each line begins that is not empty, and says how many there are. Two lines of
    each block are written whether there are any or not, as most blocks have no more: the
    processor would guess wrong which have."""
    count, at, n = np.uint64(0), np.uint64(0), np.uint64(len(text))
    one, fed = np.uint64(1), np.uint64(1)  # whether a line feed, or nothing, is before
    while at + np.uint64(BLOCK) <= n:
        feeds = bits_of(text, at, 10)
        begins = ((feeds << one) | fed) & ~feeds
        fed = feeds >> np.uint64(BLOCK - 1)
        for _ in range(2):
            lines[count] = at + lowest_bit(begins)
            count += np.uint64(begins != 0)
            begins &= begins - one
        while begins:
            lines[count] = at + lowest_bit(begins)
            count += one
            begins &= begins - one
        at += np.uint64(BLOCK)
    for i in range(at, n):
        feed = np.uint64(text[i] == 10)
        lines[count] = i
        count += fed & ~feed
        fed = feed
    return np.int64(count)


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
