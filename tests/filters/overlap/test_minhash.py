import numpy as np
import pytest

from filters.overlap.minhash import PLACES, rows_per_band, similar_pairs, sketches


def sketched(sets: list[np.ndarray]) -> np.ndarray:
    bounds = np.concatenate([[0], np.cumsum([len(s) for s in sets])])
    return sketches(np.concatenate(sets), bounds)


def pair(rng: np.random.Generator, n: int, shared: int) -> list[np.ndarray]:
    """Two sets of n with so many in common: Jaccard shared / (2n - shared)."""
    drawn = rng.integers(0, 2**64, size=2 * n - shared, dtype=np.uint64)
    return [drawn[:n], np.concatenate([drawn[:shared], drawn[n:]])]


@pytest.mark.parametrize("n", [1, 4, 40, 400, 4000])
def test_share_of_equal_places_is_the_jaccard_similarity_at_any_size(n):
    rng, shared, times = np.random.default_rng(n), -(-n * 4 // 5), 100
    table = sketched([s for _ in range(times) for s in pair(rng, n, shared)])
    truth = shared / (2 * n - shared)
    error = abs((table[::2] == table[1::2]).mean() - truth)
    assert error <= 4 * (truth * (1 - truth) / PLACES / times) ** 0.5 + 1e-9


def test_a_sketch_does_not_depend_on_the_texts_beside_it_or_on_repetition():
    rng = np.random.default_rng(0)
    sets = [s for n in (3, 300, 50) for s in pair(rng, n, n // 2)]
    table = sketched(sets)
    alone = np.concatenate([sketched([np.concatenate([s[::-1], s])]) for s in sets])
    assert np.array_equal(table, alone)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9])
def test_bands_find_pairs_at_the_threshold(threshold):
    rows = rows_per_band(threshold)
    assert 1 - (1 - threshold**rows) ** (PLACES // rows) >= 0.995


def test_pairs_are_found_within_their_scope_only():
    rng = np.random.default_rng(1)
    table = sketched([s for _ in range(20) for s in pair(rng, 200, 195)])
    everywhere = np.zeros(40, dtype=np.uint64)
    pairs = similar_pairs(table, 0.9, everywhere).sort("first")
    assert pairs.rows() == [(k, k + 1) for k in range(0, 40, 2)]
    apart = np.arange(40, dtype=np.uint64)
    assert similar_pairs(table, 0.9, apart).is_empty()


def test_a_crowd_of_equals_gives_few_pairs_and_reaches_everyone():
    table = sketched([np.arange(9, dtype=np.uint64)] * 500)
    pairs = similar_pairs(table, 0.8, np.zeros(500, dtype=np.uint64))
    assert set(pairs["second"]) == set(range(1, 500))
    assert pairs.height < 500 * 50
    assert (pairs["first"] == 0).sum() == 499


def test_nothing_to_compare():
    empty = np.empty(0, dtype=np.uint64)
    assert similar_pairs(sketches(empty, np.zeros(1, dtype=np.int64)), 0.8, empty).is_empty()
