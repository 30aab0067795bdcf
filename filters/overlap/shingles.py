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
from typing import Any

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
_KIND = np.uint32(24)
_BASE = 0x9E3779B97F4A7C15  # odd, so it has an inverse modulo 2**64
_INVERSE = pow(_BASE, -1, 1 << 64)

LONGEST = 1 << 20
"""characters of a text that are looked at"""
_BATCH = 100_000  # characters that numpy handles at once: more falls out of the processor's cache


@dataclass(frozen=True, slots=True)
class Words:
    """All words of all texts in a row; those of text i are `bounds[i]:bounds[i + 1]`."""

    hashes: Hashes
    bounds: Places
    starts: Places
    """offset of a word's first character in its text"""
    ends: Places

    def only(self, chosen: NDArray[np.bool_]) -> Words:
        """Without the words not chosen; those around them become neighbours."""
        kept = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(chosen)])
        columns = (self.hashes[chosen], kept[self.bounds], self.starts[chosen], self.ends[chosen])
        return Words(*columns)


def batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """The texts in a few at once, so that memory stays bounded; the longest ones cut."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and size + len(text) > _BATCH:
            yield batch
            batch, size = [], 0
        batch.append(text[:LONGEST])
        size += len(batch[-1])
    if batch:
        yield batch


def words(texts: Sequence[str]) -> Words:
    text = "\n".join(texts)
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    letters = _alphabet()[codes]
    kind = (letters >> _KIND).astype(np.uint8)
    breaks = (kind[1:] != kind[:-1]) | (kind[1:] == _SINGLE)
    solid = kind > 0
    starts = np.flatnonzero(np.concatenate([solid[:1], breaks & solid[1:]]))
    ends = np.flatnonzero(np.concatenate([breaks & solid[:-1], solid[-1:]])) + 1
    begins = _cumulated(np.array([len(t) + 1 for t in texts], dtype=np.int64))
    bounds = np.searchsorted(starts, begins)
    origin = np.repeat(begins[:-1], np.diff(bounds))
    return Words(_word_hashes(letters, starts, ends), bounds, starts - origin, ends - origin)


def ngrams(found: Words, n: int, *, short: bool) -> tuple[Hashes, Places, Places]:
    """(hashes, bounds, index of the first word). A text of fewer than n words has one n-gram, of
    all its words, where `short`, else none."""
    counts = np.diff(found.bounds)
    many = np.maximum(counts - n + 1, 0)
    hashes, at = _rolled(found.hashes, n), spread(found.bounds[:-1], many)
    if not short:
        return hashes[at], _cumulated(many), at
    brief = np.flatnonzero((counts > 0) & (counts < n))
    if not len(brief):
        return hashes[at], _cumulated(many), at
    whole = [_rolled(found.hashes[found.bounds[i] : found.bounds[i + 1]], counts[i]) for i in brief]
    bounds = _cumulated(many)
    values = np.insert(hashes[at], bounds[brief], np.concatenate(whole))
    places = np.insert(at, bounds[brief], found.bounds[brief])
    many[brief] = 1
    return values, _cumulated(many), places


def ngrams_at(hashes: Hashes, places: Places, n: int) -> Hashes:
    """The n-grams that begin at these words, which have n - 1 words of their text after them."""
    rolled = np.zeros(len(places), dtype=np.uint64)
    for i in range(n):
        rolled += hashes[places + i] * np.uint64(pow(_BASE, i, 1 << 64))
    return mixed(rolled)


class HashSet:
    """Tells members from others; a bitmap answers for nearly all that are none."""

    def __init__(self, hashes: Hashes) -> None:
        self.members = _distinct(hashes)
        self._shift = np.uint64(64 - max(16, len(self.members).bit_length() + 4))
        self._seen = np.zeros(1 << int(64 - self._shift), dtype=bool)
        self._seen[self.members >> self._shift] = True

    def has(self, hashes: Hashes) -> NDArray[np.bool_]:
        seen = self._seen[hashes >> self._shift]
        seen[seen] = self.members[self.place(hashes[seen])] == hashes[seen]
        return seen

    def place(self, hashes: Any) -> Any:
        """The number of each among the members, where it is one."""
        return np.minimum(np.searchsorted(self.members, hashes), max(len(self.members) - 1, 0))


def shingle_sets(texts: Sequence[str], n: int) -> list[Hashes]:
    """The distinct n-grams of each text, sorted."""
    sets = []
    for batch in batches(texts):
        hashes, bounds, _ = ngrams(words(batch), n, short=True)
        sets += [_distinct(hashes[a:b]) for a, b in itertools.pairwise(bounds)]
    return sets


def _distinct(hashes: Hashes) -> Hashes:
    """As np.unique, which is ten times slower on a few thousand."""
    hashes = np.sort(hashes)
    return hashes[np.concatenate([[True], hashes[1:] != hashes[:-1]])[: len(hashes)]]


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared ÷ all, exactly; two empty sets share nothing."""
    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / max(len(a) + len(b) - shared, 1)


def mixed(values: Hashes, seed: int = 0) -> Hashes:
    """splitmix64's finalizer: every bit of the result depends on every bit of the value."""
    values = values + np.uint64((seed * _BASE + 0x632BE59BD9B4E019) % (1 << 64))
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _word_hashes(letters: NDArray[np.uint32], starts: Places, ends: Places) -> Hashes:
    """Polynomial in the word's letters, from running sums over all characters at once."""
    powers, inverses = _powers(len(letters))
    sums = np.zeros(len(letters) + 1, dtype=np.uint64)
    np.cumsum(letters * powers, out=sums[1:])
    return mixed((sums[ends] - sums[starts]) * inverses[starts])


def _rolled(hashes: Hashes, n: int) -> Hashes:
    """The n-gram that begins at each word; the last n - 1 run over the end and mean nothing."""
    rolled = np.zeros(len(hashes), dtype=np.uint64)
    for i in range(min(n, len(hashes))):
        rolled[: len(hashes) - i] += hashes[i:] * np.uint64(pow(_BASE, i, 1 << 64))
    return mixed(rolled[: max(len(hashes), 1)] if n < len(hashes) else rolled[:1])


def spread(starts: Places, counts: Places) -> Places:
    """start, start + 1, …, `count` of them, for each pair, in a row."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)


def _cumulated(lengths: Places) -> Places:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(lengths)])


def _powers(n: int) -> tuple[Hashes, Hashes]:
    """The first n powers of the base and of its inverse."""
    powers, inverses = _power_table(max(1 << 20, 1 << n.bit_length()))
    return powers[:n], inverses[:n]


@functools.lru_cache(maxsize=1)
def _power_table(n: int) -> tuple[Hashes, Hashes]:
    def of(base: int) -> Hashes:
        factors = np.full(n, base, dtype=np.uint64)
        factors[0] = 1
        return np.cumprod(factors)

    return of(_BASE), of(_INVERSE)


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
