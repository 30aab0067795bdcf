"""Near twins: candidates by sketch, confirmed by exact Jaccard similarity, one of them kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from filters.overlap.minhash import Sketches, similar_pairs
from filters.overlap.shingles import Hashes, Places, jaccard

Shingles = Callable[[Places], Iterator[tuple[int, Hashes]]]
"""numbers of texts -> each with its n-gram set, in any order"""


Known = Callable[[Places, Places], np.ndarray]
"""numbers of two texts, many times -> similarity where it is known, else NaN"""
_FEW = 16
"""candidates of a text up to which its similarity to each is worked out, so that no text has to be
read again when another of them is kept"""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Of every text, in the order of preference: its highest similarity to a text kept before it,
    and which that is (-1 where none is alike). And what was worked out anew."""

    similarity: np.ndarray
    twin: Places
    new: tuple[Places, Places, np.ndarray]
    """numbers of two texts, and their similarity"""


def nearest_kept(
    table: Sketches,
    scopes: Iterable[tuple[Places, Hashes]],
    threshold: float,
    shingles: Shingles,
    known: Known,
) -> Nearest:
    """A text is kept unless its similarity to one kept before it reaches the threshold. Texts are
    compared within each of the scopes: (numbers of texts, a key that must be equal)."""
    i, j = _pairs(table, scopes, threshold)
    similarity = known(i, j)
    new = np.isnan(similarity)
    pairs_of = _grouped(j, np.arange(len(j)))
    best, twin = np.zeros(len(table)), np.full(len(table), -1)
    kept = np.ones(len(table), dtype=bool)
    with tempfile.TemporaryFile() as file:
        sets = _OnDisk(file, shingles(np.unique(np.concatenate([i[new], j[new]]))))

        def work_out(pairs: Places) -> None:
            for pair in pairs[np.isnan(similarity[pairs])].tolist():
                similarity[pair] = jaccard(sets[int(j[pair])], sets[int(i[pair])])

        for text, pairs in pairs_of.items():  # a text is judged after those before it
            before = pairs[kept[i[pairs]]]
            work_out(pairs if len(pairs) <= _FEW else before)
            if len(before):
                # of equally similar ones the first
                nearest = before[np.argmax(similarity[before])]
                if similarity[nearest] > 0:
                    best[text], twin[text] = similarity[nearest], i[nearest]
                kept[text] = similarity[nearest] < threshold
    new &= ~np.isnan(similarity)
    return Nearest(best, twin, (i[new], j[new], similarity[new]))


class _OnDisk:
    """N-gram sets in a file: all texts are read once, and memory does not grow with
    the number of candidates (14 kB each where a trace has 1,700 words)."""

    def __init__(self, file: BinaryIO, sets: Iterable[tuple[int, Hashes]]) -> None:
        self._file = file
        self._places: dict[int, tuple[int, int]] = {}
        for text, hashes in sets:
            data = hashes.tobytes()
            self._places[text] = self._file.tell(), len(data)
            self._file.write(data)

    def __getitem__(self, text: int) -> Hashes:
        place, size = self._places[text]
        self._file.seek(place)
        return np.frombuffer(self._file.read(size), dtype=np.uint64)


def _pairs(
    table: Sketches, scopes: Iterable[tuple[Places, Hashes]], threshold: float
) -> tuple[Places, Places]:
    codes = [np.empty(0, dtype=np.int64)]
    for texts, key in scopes:
        i, j = similar_pairs(table[texts], threshold, key)
        codes.append(texts[i] * len(table) + texts[j])
    i, j = np.divmod(np.unique(np.concatenate(codes)), max(len(table), 1))
    return i, j


def _grouped(keys: Places, values: Places) -> dict[int, Places]:
    """In the order of the keys."""
    order = np.argsort(keys, kind="stable")
    unique, starts = np.unique(keys[order], return_index=True)
    return dict(zip(unique.tolist(), np.split(values[order], starts[1:]), strict=False))
