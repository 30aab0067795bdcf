"""Which of texts alike are kept, by the exact similarity of the pairs that sketches suggest."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import numpy as np
import polars as pl

from filters.overlap.shingles import Hashes, jaccard

Shingles = Callable[[list[int]], Iterator[tuple[int, Hashes]]]
"""numbers of texts -> each with its n-gram set, in any order"""
_FEW = 16
"""candidates of a text up to which its similarity to each is worked out, so that no text has to be
read again when another of them is kept"""


def nearest_kept(
    pairs: pl.DataFrame, threshold: float, shingles: Shingles
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Of `pairs` (`first` < `second` in order of preference, `similarity` where it is known) the
    nearest of each text to one kept before it, and all that were worked out. A text is kept
    unless its similarity to one kept before it reaches the threshold."""
    pairs = pairs.sort("second", "first")
    first, second = pairs["first"].to_list(), pairs["second"].to_list()
    similarity = pairs["similarity"].to_list()
    unknown = pairs.filter(pl.col("similarity").is_null())
    wanted = pl.concat([unknown["first"], unknown["second"]]).unique().to_list()
    nearest, dropped = [], set()
    with tempfile.TemporaryFile() as file:
        sets = _OnDisk(file, shingles(wanted))
        for candidates in _runs(second):
            before = [pair for pair in candidates if first[pair] not in dropped]
            for pair in candidates if len(candidates) <= _FEW else before:
                if similarity[pair] is None:
                    similarity[pair] = jaccard(sets[second[pair]], sets[first[pair]])
            if not before:
                continue
            best = max(before, key=similarity.__getitem__)  # of equally similar ones the first
            nearest.append(best)
            if similarity[best] >= threshold:
                dropped.add(second[best])
    known = pairs.with_columns(pl.Series("similarity", similarity, dtype=pl.Float64))
    new = known.filter(pairs["similarity"].is_null(), pl.col("similarity").is_not_null())
    return known[nearest], new


def _runs(values: list[int]) -> Iterator[range]:
    """Where equal values stand, which are next to each other."""
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            yield range(start, end)
            start = end


class _OnDisk:
    """N-gram sets in a file: all texts are read once, and memory does not grow with the number of
    candidates (14 kB each where a trace has 1,700 words)."""

    def __init__(self, file: BinaryIO, sets: Iterable[tuple[int, Hashes]]) -> None:
        self._file = file
        self._places: dict[int, tuple[int, int]] = {}
        for text, hashes in sets:
            self._places[text] = file.tell(), hashes.nbytes
            file.write(hashes.tobytes())

    def __getitem__(self, text: int) -> Hashes:
        place, size = self._places[text]
        self._file.seek(place)
        return np.frombuffer(self._file.read(size), dtype=np.uint64)
