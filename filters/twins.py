"""Near twins: candidates by sketch, confirmed by exact Jaccard similarity, one of them kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from filters.minhash import Sketches, similar_pairs
from filters.shingles import Hashes, Places, jaccard

AT_ONCE = 4_096
"""texts whose n-grams are in memory at once: 14 kB each where a trace has 1,700 words"""

Shingles = Callable[[Places], dict[int, Hashes]]
"""numbers of texts -> their n-gram sets"""


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
    cluster = _clusters(len(table), i, j)
    members = np.unique(np.concatenate([i, j]))
    members = members[np.lexsort((members, cluster[members]))]
    nearest = Nearest(np.zeros(len(table)), np.full(len(table), -1))
    before = _grouped(j, i)
    kept: dict[int, Hashes] = {}
    current = -1
    for start in range(0, len(members), AT_ONCE):
        batch = members[start : start + AT_ONCE]
        sets = shingles(batch)
        for text in batch.tolist():
            if cluster[text] != current:  # nothing in another cluster is alike
                current, kept = cluster[text], {}
            scores = [(jaccard(sets[text], kept[o]), -o) for o in before.get(text, ()) if o in kept]
            score, other = max(scores, default=(0.0, 1))
            nearest.similarity[text], nearest.twin[text] = score, -other if score > 0 else -1
            if score < threshold:
                kept[text] = sets[text]
    return nearest


def _pairs(
    table: Sketches, scopes: Iterable[tuple[Places, Hashes]], threshold: float
) -> tuple[Places, Places]:
    codes = [np.empty(0, dtype=np.int64)]
    for texts, key in scopes:
        i, j = similar_pairs(table[texts], threshold, key)
        codes.append(texts[i] * len(table) + texts[j])
    i, j = np.divmod(np.unique(np.concatenate(codes)), max(len(table), 1))
    return i, j


def _clusters(n: int, i: Places, j: Places) -> Places:
    """For every text the first text it is linked with, over any number of pairs."""
    root = list(range(n))

    def find(text: int) -> int:
        while root[text] != text:
            root[text] = text = root[root[text]]
        return text

    for a, b in zip(i.tolist(), j.tolist(), strict=True):
        low, high = sorted((find(a), find(b)))
        root[high] = low
    return np.array([find(text) for text in range(n)], dtype=np.int64)


def _grouped(keys: Places, values: Places) -> dict[int, list[int]]:
    order = np.argsort(keys, kind="stable")
    unique, starts = np.unique(keys[order], return_index=True)
    parts = np.split(values[order], starts[1:])
    return {int(key): part.tolist() for key, part in zip(unique, parts, strict=False)}
