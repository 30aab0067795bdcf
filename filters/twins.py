"""Near twins: candidates by sketch, confirmed by exact Jaccard similarity, one of them kept."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from filters.minhash import Sketches, similar_pairs
from filters.shingles import Hashes, Places, jaccard

Shingles = Callable[[Places], Iterator[tuple[int, Hashes]]]
"""numbers of texts -> each with its n-gram set, in any order"""


@dataclass(frozen=True, slots=True)
class Nearest:
    """Of every text, in the order of preference: its highest similarity to a text kept before it,
    and which that is (-1 where none is alike)."""

    similarity: np.ndarray
    twin: Places


def nearest_kept(
    table: Sketches, scopes: Iterable[tuple[Places, Hashes]], threshold: float, shingles: Shingles
) -> Nearest:
    """A text is kept unless its similarity to one kept before it reaches the threshold. Texts are
    compared within each of the scopes: (numbers of texts, a key that must be equal)."""
    i, j = _pairs(table, scopes, threshold)
    members = np.unique(np.concatenate([i, j]))
    before = _grouped(j, i)
    nearest = Nearest(np.zeros(len(table)), np.full(len(table), -1))
    kept: set[int] = set()
    with tempfile.TemporaryFile() as file:
        sets = _OnDisk(file, shingles(members))
        for text in members.tolist():
            own = sets[text]
            scores = [(jaccard(own, sets[o]), -o) for o in before.get(text, ()) if o in kept]
            score, other = max(scores, default=(0.0, 1))
            nearest.similarity[text], nearest.twin[text] = score, -other if score > 0 else -1
            if score < threshold:
                kept.add(text)
    return nearest


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


def _grouped(keys: Places, values: Places) -> dict[int, list[int]]:
    order = np.argsort(keys, kind="stable")
    unique, starts = np.unique(keys[order], return_index=True)
    parts = np.split(values[order], starts[1:])
    return {int(key): part.tolist() for key, part in zip(unique, parts, strict=False)}
