"""The words of many texts as numbers, and their n-grams: what duplicates and leaks are found by.

A word is a run of letters and digits, folded to lower case; in scripts written without blanks
(Chinese, Japanese, Thai, …) every character is a word. Everything else separates. All texts of a
batch go through numpy at once, character by character, so there is no loop in Python over words.
"""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.int64]

_UNSPACED = (
    # first and last character: written without blanks between words
    *((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF)),  # Thai, Lao; Burmese; Khmer
    *((0x2E80, 0x2FDF), (0x3005, 0x3007), (0x3040, 0x30FF)),  # radicals; 々〆〇; kana
    *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x3FFFF)),  # Han
)
_WORD, _SINGLE = 1, 2
_KIND = np.uint32(24)  # bits of a character below its kind: Unicode has 21
BASE = 0x9E3779B97F4A7C15  # 2**64 ÷ golden ratio, odd: its multiples lie far apart

LONGEST = 1 << 20
"""characters of a text that are looked at, so that no text fills the memory"""
_BATCH = 100_000  # characters that numpy handles at once: more falls out of the processor's cache


@dataclass(frozen=True, slots=True)
class Words:
    """All words of all texts in a row; those of text i are `bounds[i]:bounds[i + 1]`."""

    hashes: Hashes
    bounds: Places
    starts: Places
    """offset of a word's first character in its text"""
    ends: Places


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in a few at once, so that memory stays bounded; the longest ones cut."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) >= _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(text[:LONGEST])
        size += len(batch[-1]) + 1
    if batch:
        yield batch


def words(texts: Iterable[str]) -> Words:
    parts = [_words(batch) for batch in batches(texts)]
    counts = np.concatenate([np.empty(0, dtype=np.int64), *(np.diff(p.bounds) for p in parts)])
    hashes = np.concatenate([np.empty(0, dtype=np.uint64), *(p.hashes for p in parts)])
    starts, ends = (
        np.concatenate([np.empty(0, dtype=np.int64), *(getattr(p, name) for p in parts)])
        for name in ("starts", "ends")
    )
    return Words(hashes, cumulated(counts), starts, ends)


def _words(batch: Sequence[str]) -> Words:
    joined = "".join(text + "\n" for text in batch) or "\n"
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = _alphabet().take(codes)  # half the time of `[codes]`
    kind = (letters >> _KIND).astype(np.uint8)
    fresh = np.flatnonzero((kind[1:] != kind[:-1]) | (kind[1:] == _SINGLE)) + 1
    edges = np.concatenate([[0], fresh, [len(kind)]])  # of words, and of what lies between them
    are_words = kind[edges[:-1]] > 0
    starts, ends = edges[:-1][are_words], edges[1:][are_words]
    # a polynomial in the letters of each word, from a running sum over all
    powers, inverses = _powers()
    sums = np.concatenate([[np.uint64(0)], np.cumsum(letters * powers[: len(letters)])])
    hashes = mixed((sums[ends] - sums[starts]) * inverses[starts])
    begins = cumulated(np.array([len(text) + 1 for text in batch], dtype=np.int64))
    bounds = np.searchsorted(starts, begins)
    origin = np.repeat(begins[:-1], np.diff(bounds))
    return Words(hashes, bounds, starts - origin, ends - origin)


def ngrams(hashes: Hashes, bounds: Places, n: int) -> tuple[Hashes, Places, Places]:
    """The n-grams within each text: hashes, bounds, index of the first word."""
    rolled = np.zeros(max(len(hashes) - n + 1, 0), dtype=np.uint64)
    for i in range(n if len(rolled) else 0):
        rolled = rolled * np.uint64(BASE) + hashes[i : i + len(rolled)]
    counts = np.maximum(np.diff(bounds) - n + 1, 0)
    at = spread(bounds[:-1], counts)
    return mixed(rolled[at]), cumulated(counts), at


def shingles(texts: Iterable[str], n: int) -> Iterator[tuple[Places, Hashes, Places]]:
    """For each batch: words of each text, the n-grams of all and their bounds. A text of fewer
    than n words has one n-gram, filled up."""
    for batch in batches(texts):
        found = words(batch)
        counts = np.diff(found.bounds)
        lacking = np.where(counts > 0, np.maximum(n - counts, 0), 0)
        filled = np.insert(found.hashes, np.repeat(found.bounds[1:], lacking), 0)
        hashes, bounds, _ = ngrams(filled, found.bounds + cumulated(lacking), n)
        yield counts, hashes, bounds


def shingle_sets(texts: Iterable[str], n: int) -> Iterator[Hashes]:
    """The distinct n-grams of each text, sorted."""
    for _, hashes, bounds in shingles(texts, n):
        yield from (np.unique(hashes[a:b]) for a, b in itertools.pairwise(bounds))


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared ÷ all, exactly; two empty sets share nothing."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / max(len(a) + len(b) - shared, 1)


def mixed(values: Hashes, seed: int = 0) -> Hashes:
    """splitmix64's finalizer: every bit of the result depends on every bit of the value."""
    values = values + np.uint64((seed * BASE + 0x632BE59BD9B4E019) % (1 << 64))
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def spread(starts: Places, counts: Places) -> Places:
    """start, start + 1, …, `count` of them, for each pair, in a row."""
    ends = cumulated(counts)
    return np.arange(ends[-1]) + np.repeat(starts - ends[:-1], counts)


def cumulated(lengths: Places) -> Places:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


@functools.cache
def _powers() -> tuple[Hashes, Hashes]:
    """The powers of the base and of its inverse modulo 2**64, for the characters of a batch."""
    bases = np.full((2, LONGEST + 1), [[BASE], [pow(BASE, -1, 1 << 64)]], dtype=np.uint64)
    powers, inverses = np.cumprod(bases, axis=1)
    return powers, inverses


@functools.cache
def _alphabet() -> NDArray[np.uint32]:
    """For every character its folded form, and in the bits above whether it is part of a word, a
    word by itself, or (all bits 0) a separator."""
    kinds = np.zeros(0x110000, dtype=np.uint32)
    folded = np.arange(0x110000, dtype=np.uint32)
    for code in (*range(0x3400), *range(0xA000, 0xD7B0), *range(0xF900, 0x20000)):
        letter = chr(code)
        if letter.isalnum() or unicodedata.category(letter).startswith("M"):
            kinds[code] = _WORD
            plain = unicodedata.normalize("NFKC", letter).lower()
            folded[code] = ord(plain) if len(plain) == 1 else code
    for first, last in _UNSPACED:
        block = kinds[first : last + 1]
        block[(block > 0) | (first >= 0x3400)] = _SINGLE
    return np.where(kinds > 0, folded | (kinds << _KIND), 0).astype(np.uint32)
