"""Texts looked up in benchmark items: by runs of words, by all their words, by similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.overlap.benchmarks import Item
from filters.overlap.boilerplate import Boilerplate
from filters.overlap.minhash import bands, sketches
from filters.overlap.shingles import (
    Hashes,
    HashSet,
    Places,
    Words,
    batches,
    jaccard,
    ngrams,
    spread,
    words,
)
from filters.schema import content_id

NEAR_BAND = 2
"""places per band of the sketches of questions: finds 99.8 % of the pairs of similarity 0.3"""
CONFIRMED = 8
"""candidates whose similarity is computed exactly"""
TELLING = 3
"""words of an n-gram that are neither a number nor a single letter: counting to ten is no leak"""


@dataclass(frozen=True, slots=True)
class Hit:
    item: Item
    score: float
    """words of the longest run; 1 for equal texts; similarity of near ones"""
    text: str
    """what was matched: of the text looked up, or of the item where the hit is no run"""
    start: int | None = None
    end: int | None = None


class Index:
    def __init__(self, items: Sequence[Item], n: int, boilerplate: Sequence[str]) -> None:
        self.items = tuple(items)
        self.n = n
        self.content_hash = content_id(
            *(part for i in items for part in (i.benchmark, i.item_id, i.part, i.text))
        )
        self._stock = Boilerplate(boilerplate)
        found = self._words([item.text for item in items])
        hashes, owners = _telling([item.text for item in items], found, n)
        self._ngrams, first = HashSet(hashes), np.unique(hashes, return_index=True)[1]
        self._owners = owners[first]  # of each n-gram the first item, questions before solutions
        self._questions = np.array([i.part == "question" for i in items], dtype=bool)
        self._whole = self._of_short_questions(found)
        self._near = _Near([item.text for item in items if item.part == "question"])

    def runs(self, texts: Sequence[str]) -> list[Hit | None]:
        """The longest run of each text, of n words or more, whose n-grams all are in the index."""
        return [hit for batch in batches(texts) for hit in self._runs_in(batch)]

    def whole(self, texts: Sequence[str]) -> list[Hit | None]:
        """The question of fewer than n words that has exactly the text's words."""
        keys = _whole_hashes(self._words(texts), self.n)
        items = [None if key is None else self._whole.get(key) for key in keys]
        return [None if i is None else Hit(self.items[i], 1.0, self.items[i].text) for i in items]

    def nearest(self, texts: Sequence[str]) -> list[Hit | None]:
        """The question most similar to each text; null where none shares anything."""
        numbers = np.flatnonzero(self._questions)
        hits: list[Hit | None] = []
        for question, score in self._near.nearest(texts):
            item = None if question is None else self.items[numbers[question]]
            hits.append(None if item is None else Hit(item, score, item.text))
        return hits

    def _runs_in(self, texts: Sequence[str]) -> list[Hit | None]:
        found = self._words(texts)
        hashes, bounds, at = ngrams(found, self.n, short=False)
        hits: list[Hit | None] = [None] * len(texts)
        for text, first, length in _longest_runs(self._ngrams.has(hashes), bounds):
            start = int(found.starts[at[first]])
            end = int(found.ends[at[first] + length + self.n - 2])
            item = self.items[self._owners[self._ngrams.place(hashes[first])]]
            hits[text] = Hit(item, length + self.n - 1, texts[text][start:end], start, end)
        return hits

    def _words(self, texts: Sequence[str]) -> Words:
        return self._stock.cut(words(texts))

    def _of_short_questions(self, found: Words) -> dict[int, int]:
        keys = _whole_hashes(found, self.n)
        short = [(k, i) for i, k in enumerate(keys) if k is not None and self._questions[i]]
        return dict(reversed(short))


class _Near:
    """Similarity of words and word pairs."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sets, self._sketches = _features(texts)
        keys = np.stack(list(bands(self._sketches, NEAR_BAND)))  # the bands' keys all differ
        order = np.argsort(keys, axis=None, kind="stable")
        self._keys, self._texts = keys.ravel()[order], order % max(len(texts), 1)

    def nearest(self, texts: Sequence[str]) -> list[tuple[int | None, float]]:
        """(number, similarity) of the text most similar to each."""
        sets, table = _features(texts)
        keys = np.stack(list(bands(table, NEAR_BAND)), axis=1)
        return [self._best(s, t, k) for s, t, k in zip(sets, table, keys, strict=True)]

    def _best(
        self, features: Hashes, sketch: NDArray[np.uint16], keys: Hashes
    ) -> tuple[int | None, float]:
        if not len(features):
            return None, 0.0
        low, high = (np.searchsorted(self._keys, keys, side) for side in ("left", "right"))
        near = np.unique(self._texts[spread(low, high - low)])
        alike = (self._sketches[near] == sketch).mean(axis=1)
        near = near[np.argsort(-alike, kind="stable")[:CONFIRMED]]
        scores = [(jaccard(features, self._sets[i]), -int(i)) for i in near]
        score, text = max(scores, default=(0.0, 0))
        return (-text, score) if score > 0 else (None, 0.0)


def _telling(texts: Sequence[str], found: Words, n: int) -> tuple[Hashes, Places]:
    """The n-grams of the items that say something, and the number of the item of each."""
    hashes, bounds, at = ngrams(found, n, short=False)
    spans = zip(_owners(found.bounds).tolist(), found.starts, found.ends, strict=True)
    said = [0, *(_says(texts[text][start:end]) for text, start, end in spans)]
    so_far = np.cumsum(said)
    telling = so_far[at + n] - so_far[at] >= TELLING
    return hashes[telling], _owners(bounds)[telling]


def _says(word: str) -> bool:
    return not word.isdigit() and (len(word) > 1 or not word.isascii())


def _owners(bounds: Places) -> Places:
    """For every entry the number of the text it belongs to."""
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def _features(texts: Sequence[str]) -> tuple[list[Hashes], NDArray[np.uint16]]:
    found = words(texts)
    pairs, bounds, _ = ngrams(found, 2, short=False)
    sets = [
        np.union1d(
            found.hashes[found.bounds[i] : found.bounds[i + 1]], pairs[bounds[i] : bounds[i + 1]]
        )
        for i in range(len(texts))
    ]
    ends = np.concatenate([[0], np.cumsum([len(s) for s in sets])]).astype(np.int64)
    return sets, sketches(np.concatenate([np.empty(0, dtype=np.uint64), *sets]), ends)


def _longest_runs(hit: NDArray[np.bool_], bounds: Places) -> list[tuple[int, int, int]]:
    """(text, first n-gram, n-grams) of the longest run of hits of each text that has one; of
    equally long ones the first."""
    places = np.flatnonzero(hit)
    if not len(places):
        return []
    texts = np.searchsorted(bounds, places, side="right") - 1
    fresh = np.concatenate([[True], (np.diff(places) > 1) | (np.diff(texts) > 0)])
    heads = np.flatnonzero(fresh)
    lengths = np.diff(np.append(heads, len(places)))
    runs = zip(texts[heads].tolist(), places[heads].tolist(), lengths.tolist(), strict=True)
    best: dict[int, tuple[int, int, int]] = {}
    for text, first, length in runs:
        if text not in best or length > best[text][2]:
            best[text] = (text, first, length)
    return list(best.values())


def _whole_hashes(found: Words, n: int) -> list[int | None]:
    """One number for all words of a text that has fewer than n, null for others."""
    counts = np.diff(found.bounds)
    hashes, bounds, _ = ngrams(found, n, short=True)
    return [int(hashes[bounds[i]]) if 0 < counts[i] < n else None for i in range(len(counts))]
