"""MinHash sketches of n-gram sets, and the pairs whose sketches are alike.

Every place of a sketch is equal in two texts with probability exactly their Jaccard similarity.
One pass over the n-grams fills most places (each n-gram falls into one of them, the least of a
place stays); what is still empty is filled by further passes with other hashes, and at last by one
hash per place. So long texts cost a few operations per n-gram instead of one for every place. The
idea is from Dahlgaard, Knudsen, Thorup: Fast Similarity Sketching (arXiv 1704.04370).
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from filters.overlap.shingles import Hashes, Places, mixed

PLACES = 128
_PASSES = 4
_EMPTY = np.uint32(0xFFFFFFFF)
_FOUND = 0.995
"""share of the pairs at the threshold that share a band"""
_CROWD = 50
"""members of a crowded band that every other member is paired with"""
_SLACK = 4.0
"""standard deviations below the threshold from which a pair is not worth confirming"""

Sketches = NDArray[np.uint16]


def sketches(hashes: Hashes, bounds: Places) -> Sketches:
    """One row of `PLACES` per text, of the n-grams `hashes[bounds[i]:bounds[i + 1]]`. A text
    without any has a meaningless row."""
    table = np.full((len(bounds) - 1, PLACES), _EMPTY, dtype=np.uint32)
    counts = np.diff(bounds)
    for turn in range(_PASSES):
        open_rows = np.flatnonzero((table == _EMPTY).any(axis=1) & (counts > 0))
        if not len(open_rows):
            break
        filled = _one_pass(hashes, bounds, open_rows, turn)
        old = table[open_rows]
        table[open_rows] = np.where(old == _EMPTY, filled, old)
    for place in np.flatnonzero((table == _EMPTY).any(axis=0)):
        rows = np.flatnonzero((table[:, place] == _EMPTY) & (counts > 0))
        table[rows, place] = _least(hashes, bounds, rows, _PASSES + int(place))
    return table.astype(np.uint16)  # the low bits: the high ones of a least value are nearly all 0


def rows_per_band(threshold: float) -> int:
    """The longest band (fewest chance pairs) that still finds pairs at the threshold."""
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (PLACES // rows) >= _FOUND:
            return rows
    return 1


def bands(table: Sketches, rows: int) -> Iterator[Hashes]:
    """For every band of `rows` places one number per text, equal where the band is."""
    for start in range(0, PLACES - rows + 1, rows):
        key = np.full(len(table), start, dtype=np.uint64)
        for place in range(start, start + rows):
            key = mixed(key ^ table[:, place].astype(np.uint64))
        yield key


def similar_pairs(table: Sketches, threshold: float, scope: Hashes) -> tuple[Places, Places]:
    """Pairs (i, j), i < j, of equal `scope` that may be as similar as the threshold. In a band
    that very many share, each is paired with the first `_CROWD` of them only."""
    pairs = np.empty(0, dtype=np.int64)
    for key in bands(table, rows_per_band(threshold)):
        i, j = _neighbours(mixed(key ^ scope))
        new = np.setdiff1d(i * len(table) + j, pairs)
        i, j = np.divmod(new, len(table))
        pairs = np.union1d(pairs, new[_alike(table, i, j) >= _lowest(threshold)])
    i, j = np.divmod(pairs, len(table))
    return i, j


def _one_pass(hashes: Hashes, bounds: Places, rows: Places, turn: int) -> NDArray[np.uint32]:
    """Least value per text and place, every n-gram falling into one place."""
    values, owner = _of_rows(hashes, bounds, rows)
    values = mixed(values, turn)
    table = np.full(len(rows) * PLACES, _EMPTY, dtype=np.uint32)
    place = owner * PLACES + (values >> np.uint64(57)).astype(np.int64)
    np.minimum.at(table, place, values.astype(np.uint32))
    return table.reshape(-1, PLACES)


def _least(hashes: Hashes, bounds: Places, rows: Places, seed: int) -> NDArray[np.uint32]:
    values, owner = _of_rows(hashes, bounds, rows)
    firsts = np.searchsorted(owner, np.arange(len(rows)))
    return np.minimum.reduceat(mixed(values, seed).astype(np.uint32), firsts)


def _of_rows(hashes: Hashes, bounds: Places, rows: Places) -> tuple[Hashes, Places]:
    """The n-grams of some of the texts, and the number of the text each belongs to."""
    counts = np.diff(bounds)
    owner = np.repeat(np.arange(len(rows)), counts[rows])
    if len(rows) == len(counts):
        return hashes, owner
    chosen = np.zeros(len(counts), dtype=bool)
    chosen[rows] = True
    return hashes[np.repeat(chosen, counts)], owner


def _neighbours(key: Hashes) -> tuple[Places, Places]:
    """All pairs of texts with equal keys, each text with at most the `_CROWD` first."""
    order = np.argsort(key, kind="stable")
    ordered = key[order]
    fresh = np.concatenate([[True], ordered[1:] != ordered[:-1]])[: len(order)]
    heads = np.flatnonzero(fresh)
    head = heads[np.cumsum(fresh) - 1]
    firsts, seconds = [], []
    at = np.flatnonzero(~fresh)
    for step in range(_CROWD):
        at = at[at > head[at] + step]
        if not len(at):
            break
        firsts.append(order[head[at] + step])
        seconds.append(order[at])
    empty = [np.empty(0, dtype=np.int64)]
    return np.concatenate(firsts or empty), np.concatenate(seconds or empty)


def _alike(table: Sketches, i: Places, j: Places) -> NDArray[np.float64]:
    """Estimated Jaccard similarity, by slices so that memory stays bounded."""
    slices = [slice(k, k + 65_536) for k in range(0, len(i), 65_536)]
    shares = [(table[i[s]] == table[j[s]]).mean(axis=1) for s in slices]
    return np.concatenate(shares) if shares else np.empty(0)


def _lowest(threshold: float) -> float:
    return threshold - _SLACK * (threshold * (1 - threshold) / PLACES) ** 0.5
