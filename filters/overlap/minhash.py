"""MinHash sketches of n-gram sets, and the pairs whose sketches are alike.

Every place of a sketch is equal in two texts with probability exactly their Jaccard similarity.
In the first turns each n-gram falls into one place, whose least value stays: a few operations per
n-gram instead of one for every place. What is still empty then is filled place by place. The idea
is from Dahlgaard, Knudsen, Thorup: Fast Similarity Sketching (arXiv 1704.04370).
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from filters.overlap.shingles import BASE, Hashes, Places, mixed

PLACES = 128  # 2**7: a similarity is off by 0.035 at 0.8 (one standard deviation), in 256 bytes
_SCATTERED = 4  # turns over all places: 400 n-grams fill them all but for one text in 2,000
_EMPTY = np.uint32(0xFFFFFFFF)
_FOUND = 0.995  # share of the pairs at the threshold that share a band; all but one in 200
_CROWD = 50  # of those alike in a band, how many each is paired with: n equal texts have n² pairs
_SLICE = 4096  # texts, whose sketches are 1 MB
_SLACK = 4.0  # standard deviations that a pair may look less alike than it is: one in 30,000

Sketches = NDArray[np.uint16]


def sketches(hashes: Hashes, bounds: Places) -> Sketches:
    """One row of `PLACES` per text, of the n-grams `hashes[bounds[i]:bounds[i + 1]]`. A text
    without any has a meaningless row."""
    counts = np.diff(bounds)
    table = np.full((len(counts), PLACES), _EMPTY, dtype=np.uint32)
    table[counts == 0] = 0
    for turn in range(_SCATTERED):
        _fill(table, (table == _EMPTY).any(axis=1), hashes, counts, turn, None)
    for place in np.flatnonzero((table == _EMPTY).any(axis=0)).tolist():
        _fill(table, table[:, place] == _EMPTY, hashes, counts, _SCATTERED + place, place)
    return table.astype(np.uint16)  # the low bits: the high ones of a least value are nearly all 0


def similar_pairs(table: Sketches, threshold: float, scope: Hashes) -> pl.DataFrame:
    """Pairs `first` < `second` of texts of equal `scope` that may be as similar as the threshold.
    Of those whose band is the same, each is paired with the first `_CROWD` only."""
    rows = rows_per_band(threshold)
    deviation = (threshold * (1 - threshold) / PLACES) ** 0.5
    found = [pl.DataFrame(schema={"first": pl.UInt32, "second": pl.UInt32})]
    for key in _band_keys(table, rows, scope):
        pairs = _equals(key)
        first, second = (pairs[name].to_numpy() for name in pairs.columns)
        found.append(pairs.filter(_alike(table, first, second) >= threshold - _SLACK * deviation))
    return pl.concat(found).unique()


def rows_per_band(threshold: float) -> int:
    """The longest band (fewest chance pairs) that still finds pairs at the threshold."""
    for rows in range(16, 1, -1):
        if 1 - (1 - threshold**rows) ** (PLACES // rows) >= _FOUND:
            return rows
    return 1


def _band_keys(table: Sketches, rows: int, scope: Hashes) -> Hashes:
    """A row of keys for each band: one number that says what is in the band, and the scope. A slice
    of the texts for all bands before the next, as those that lie in the cache."""
    keys = np.empty((PLACES // rows, len(table)), dtype=np.uint64)
    for start in range(0, len(table), _SLICE):
        texts = slice(start, start + _SLICE)
        places = np.ascontiguousarray(table[texts].T).astype(np.uint64)
        for band, key in enumerate(keys):
            key[texts] = scope[texts]
            for place in places[band * rows : (band + 1) * rows]:
                key[texts] = key[texts] * np.uint64(BASE) + place
            key[texts] = mixed(key[texts])
    return keys


def _fill(
    table: NDArray[np.uint32],
    lacking: NDArray[np.bool_],
    hashes: Hashes,
    counts: Places,
    turn: int,
    place: int | None,
) -> None:
    """Writes the n-grams of the lacking texts where it is empty: into one place, or each into its
    own."""
    values = mixed(hashes[np.repeat(lacking, counts)], turn)
    to = place if place is not None else (values >> np.uint64(57)).astype(np.int64)
    to = to + PLACES * np.repeat(np.flatnonzero(lacking), counts[lacking])
    flat = table.reshape(-1)
    free = flat[to] == _EMPTY
    np.minimum.at(flat, to[free], values[free].astype(np.uint32))


def _equals(key: Hashes) -> pl.DataFrame:
    """Pairs of places in which the key is the same, each with the first `_CROWD` of them."""
    ordered = np.sort(key)
    again = pl.Series(ordered[1:][ordered[1:] == ordered[:-1]])
    texts = pl.DataFrame({"key": key}).with_row_index("second")
    texts = texts.filter(pl.col("key").is_in(again.implode()))
    firsts = texts.filter(pl.int_range(pl.len()).over("key") < _CROWD).rename({"second": "first"})
    pairs = firsts.join(texts, on="key").filter(pl.col("first") < pl.col("second"))
    return pairs.select("first", "second")


def _alike(table: Sketches, first: Places, second: Places) -> pl.Series:
    """Estimated Jaccard similarity, by slices so that memory stays bounded."""
    slices = [slice(k, k + 65_536) for k in range(0, len(first), 65_536)]
    shares = [(table[first[s]] == table[second[s]]).mean(axis=1) for s in slices]
    return pl.Series(np.concatenate([np.empty(0), *shares]))
