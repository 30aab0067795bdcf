"""Texts looked up in benchmark items: by runs of words, by all their words, by similarity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from filters.benchmarks import Item
from filters.minhash import bands, sketches
from filters.schema import content_id
from filters.shingles import Hashes, Places, Words, jaccard, ngrams, words

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
        self._stock = _by_length(boilerplate)
        found = self._words([item.text for item in items])
        self._runs = _Table(*_telling([item.text for item in items], found, n))
        self._questions = np.array([i.part == "question" for i in items], dtype=bool)
        self._whole = self._of_short_questions(found)
        self._near = _Near([item.text for item in items if item.part == "question"])

    def runs(self, texts: Sequence[str]) -> list[Hit | None]:
        """The longest run of each text, of n words or more, whose n-grams all are in the index."""
        found = self._words(texts)
        hashes, bounds, at = ngrams(found, self.n, short=False)
        hits: list[Hit | None] = [None] * len(texts)
        for text, first, length in _longest_runs(self._runs.has(hashes), bounds):
            start = int(found.starts[at[first]])
            end = int(found.ends[at[first] + length + self.n - 2])
            item = self.items[self._runs.owner(hashes[first])]
            hits[text] = Hit(item, length + self.n - 1, texts[text][start:end], start, end)
        return hits

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

    def _words(self, texts: Sequence[str]) -> Words:
        """Without the words of stock phrases."""
        found = words(texts)
        stock = np.zeros(len(found.hashes), dtype=bool)
        wild = _letters_alike(found)
        for length, phrases in self._stock.items():
            hashes, _, at = ngrams(wild, length, short=False)
            hit = at[np.isin(hashes, phrases)]
            for i in range(length):
                stock[hit + i] = True
        return found.only(~stock)

    def _of_short_questions(self, found: Words) -> dict[int, int]:
        keys = _whole_hashes(found, self.n)
        short = [(k, i) for i, k in enumerate(keys) if k is not None and self._questions[i]]
        return dict(reversed(short))


class _Table:
    """A set of hashes with the text each was seen in first; a bitmap answers most look-ups."""

    def __init__(self, hashes: Hashes, texts: Places) -> None:
        self._hashes, first = np.unique(hashes, return_index=True)
        self._texts = texts[first]
        self._shift = np.uint64(64 - max(16, len(self._hashes).bit_length() + 4))
        self._seen = np.zeros(1 << int(64 - self._shift), dtype=bool)
        self._seen[self._hashes >> self._shift] = True

    def has(self, hashes: Hashes) -> NDArray[np.bool_]:
        seen = self._seen[hashes >> self._shift]
        seen[seen] = np.isin(hashes[seen], self._hashes)
        return seen

    def owner(self, value: np.uint64) -> int:
        return int(self._texts[np.searchsorted(self._hashes, value)])


class _Near:
    """Similarity of words and word pairs."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._sets, self._sketches = _features(texts)
        self._bands = [_Band(key) for key in bands(self._sketches, NEAR_BAND)]

    def nearest(self, texts: Sequence[str]) -> list[tuple[int | None, float]]:
        sets, table = _features(texts)
        keys = np.stack(list(bands(table, NEAR_BAND)), axis=1)
        return [self._best(s, t, k) for s, t, k in zip(sets, table, keys, strict=True)]

    def _best(
        self, features: Hashes, sketch: NDArray[np.uint16], keys: Hashes
    ) -> tuple[int | None, float]:
        if not len(features):
            return None, 0.0
        found = [band.members(key) for band, key in zip(self._bands, keys, strict=True)]
        near = np.unique(np.concatenate(found))
        alike = (self._sketches[near] == sketch).mean(axis=1)
        near = near[np.argsort(-alike, kind="stable")[:CONFIRMED]]
        scores = [(jaccard(features, self._sets[i]), -int(i)) for i in near]
        score, question = max(scores, default=(0.0, 0))
        return (-question, score) if score > 0 else (None, 0.0)


class _Band:
    def __init__(self, key: Hashes) -> None:
        self._order = np.argsort(key, kind="stable")
        self._keys = key[self._order]

    def members(self, key: np.uint64) -> Places:
        return self._order[slice(*np.searchsorted(self._keys, [key, key + np.uint64(1)]))]


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


def _by_length(phrases: Sequence[str]) -> dict[int, Hashes]:
    found = _letters_alike(words(phrases))
    lengths = np.diff(found.bounds)
    table = {}
    for length in np.unique(lengths[lengths > 0]):
        hashes, bounds, _ = ngrams(found, int(length), short=False)
        table[int(length)] = hashes[bounds[:-1][lengths == length]]
    return table


def _letters_alike(found: Words) -> Words:
    """With one hash for all words of one letter a to z, in which stock phrases differ."""
    letters = words(["a b c d e f g h i j k l m n o p q r s t u v w x y z"]).hashes
    hashes = np.where(np.isin(found.hashes, letters), letters[0], found.hashes)
    return Words(hashes, found.bounds, found.starts, found.ends)
