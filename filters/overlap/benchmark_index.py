"""Texts looked up in benchmark items: by runs of words, by all their words, by similarity."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from filters.overlap.benchmarks import Item
from filters.overlap.boilerplate import (
    CUT,
    without_instructions,
    without_phrases,
    without_tex,
)
from filters.overlap.shingles import Hashes, Places, batches, cumulated, ngrams, spread, words
from filters.schema import content_id

TELLING = 3
"""words of an n-gram that say something: neither counting to ten nor a formula is a leak"""
TEMPLATE_ITEMS, TEMPLATE_SHARE = 3, 0.1
"""an n-gram of so many questions of a benchmark, and of more than this share of them, is how they
are asked; a question in ten variations, as some benchmarks have them, is a smaller share"""
_FUNCTIONS = frozenset("sin cos tan log gcd lcm max min mod sqrt".split())


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
        self.n = n
        self.content_hash = content_id(
            *(part for i in items for part in (i.benchmark, i.item_id, i.part, i.text))
        )
        distinct = {(i.benchmark, i.part, i.text): i for i in reversed(items)}
        self.items = tuple(reversed(distinct.values()))
        self._phrases = tuple(boilerplate)
        texts = [item.text for item in self.items]
        grams = self._telling(list(map(without_tex, self._asked(texts, CUT))))
        texts = self._asked(texts)
        told = set(grams.get_column("item"))
        grams = grams.unique("gram", keep="first", maintain_order=True).sort("gram")
        self._grams, self._owners = (grams.get_column(c).to_numpy() for c in ("gram", "item"))
        self._seen = np.zeros(1 << 24, dtype=bool)  # tells nearly all others from the members
        self._seen[self._grams >> np.uint64(40)] = True
        questions = [i for i, item in enumerate(self.items) if item.part == "question"]
        untold = [i for i in reversed(questions) if i not in told]
        self._whole = dict(zip(_keys([texts[i] for i in untold]), untold, strict=True))
        self._whole.pop(b"", None)
        self._questions = [self.items[i] for i in questions]
        self._near = _Near([without_tex(texts[i]) for i in questions])

    def runs(self, texts: Iterable[str]) -> list[Hit | None]:
        """The longest run of each text, of n words or more, whose n-grams all are in the index."""
        return [hit for batch in batches(texts) for hit in self._runs_in(batch)]

    def questions(self, texts: Sequence[str]) -> list[tuple[Hit | None, Hit | None]]:
        """The question of exactly the text's words, TeX included, where it is too short for a run
        or all formula; and the one most similar to it, if any is."""
        asked = self._asked(texts)
        same = (self._whole.get(key) for key in _keys(asked))
        near = self._near.nearest(map(without_tex, asked))
        return [
            (
                None if i is None else Hit(self.items[i], 1.0, self.items[i].text),
                Hit(self._questions[j], score, self._questions[j].text) if score else None,
            )
            for i, (j, score) in zip(same, near, strict=True)
        ]

    def without_phrases(self, texts: Sequence[str]) -> list[str]:
        return without_phrases(pl.Series(texts, dtype=pl.String), self._phrases).to_list()

    def _asked(self, texts: Sequence[str], put: str = "") -> list[str]:
        """Without instructions either."""
        series = without_instructions(pl.Series(texts, dtype=pl.String), put)
        return without_phrases(series, self._phrases).to_list()

    def _telling(self, texts: Sequence[str]) -> pl.DataFrame:
        """The n-grams of the items that say something and touch nothing that all are asked with:
        `gram`, and `item`, its number."""
        found = words(texts)
        hashes, bounds, at = ngrams(found.hashes, found.bounds, self.n)
        spans = zip(_owners(found.bounds).tolist(), found.starts, found.ends, strict=True)
        spelled = [texts[text][start:end] for text, start, end in spans]
        says, asked = (np.array([f(w) for w in spelled], dtype=bool) for f in (_says, CUT.__eq__))
        grams = pl.DataFrame({"gram": hashes, "item": _owners(bounds)})
        common = at[_common(grams, self.items).to_numpy()]
        asked[spread(common, np.full(len(common), self.n))] = True
        said, asking = (
            np.diff(cumulated(of)[[at, at + self.n]], axis=0)[0] for of in (says, asked)
        )
        return grams.filter((said >= TELLING) & (asking == 0))

    def _runs_in(self, texts: Sequence[str]) -> list[Hit | None]:
        found = words(map(without_tex, texts))
        hashes, bounds, at = ngrams(found.hashes, found.bounds, self.n)
        hits: list[Hit | None] = [None] * len(texts)
        for text, (first, length) in _longest_runs(self._has(hashes), bounds).items():
            start = int(found.starts[at[first]])
            end = int(found.ends[at[first] + length + self.n - 2])
            item = self.items[self._owners[np.searchsorted(self._grams, hashes[first])]]
            hits[text] = Hit(item, length + self.n - 1, texts[text][start:end], start, end)
        return hits

    def _has(self, hashes: Hashes) -> NDArray[np.bool_]:
        there = self._seen[hashes >> np.uint64(40)]
        place = np.searchsorted(self._grams, hashes[there])
        there[there] = self._grams[np.minimum(place, len(self._grams) - 1)] == hashes[there]
        return there


class _Near:
    """Similarity of words and word pairs, to all texts that share any."""

    def __init__(self, texts: Iterable[str]) -> None:
        sets = list(_features(texts))
        self._sizes = np.array([len(s) for s in sets], dtype=np.int64)
        features = np.concatenate([np.empty(0, dtype=np.uint64), *sets])
        self._texts = np.repeat(np.arange(len(sets)), self._sizes)[np.argsort(features)]
        self._features, times = np.unique(features, return_counts=True)
        self._bounds = cumulated(times)

    def nearest(self, texts: Iterable[str]) -> Iterator[tuple[int, float]]:
        """(number, similarity) of the first of those most similar to each."""
        for features in _features(texts):
            at = np.searchsorted(self._features, features)
            at = at[self._features[np.minimum(at, len(self._features) - 1)] == features]
            having = self._texts[spread(self._bounds[at], np.diff(self._bounds)[at])]
            shared = np.bincount(having, minlength=len(self._sizes))
            similarity = shared / np.maximum(self._sizes + len(features) - shared, 1)
            best = int(np.argmax(similarity))
            yield best, float(similarity[best])


def _features(texts: Iterable[str]) -> Iterator[Hashes]:
    for batch in batches(texts):
        found = words(batch)
        pairs, bounds, _ = ngrams(found.hashes, found.bounds, 2)
        for (a, b), (c, d) in zip(*map(itertools.pairwise, (found.bounds, bounds)), strict=True):
            yield np.union1d(found.hashes[a:b], pairs[c:d])


def _common(grams: pl.DataFrame, items: Sequence[Item]) -> pl.Series:
    """Which of the n-grams many items of a benchmark share."""
    sets = pl.Series("set", [f"{item.benchmark}/{item.part}" for item in items], dtype=pl.String)
    in_sets = grams.with_columns(sets.gather(grams["item"]))
    times = in_sets.unique().group_by("gram", "set").len()
    found = in_sets.join(times, on=("gram", "set"), how="left", maintain_order="left")
    size = pl.col("set").replace_strict(Counter(sets), return_dtype=pl.Float64)
    many = (pl.col("len") >= TEMPLATE_ITEMS) & (pl.col("len") > size * TEMPLATE_SHARE)
    return found.select(many).to_series()


def _says(word: str) -> bool:
    """No number, letter, name of a few points (ABC) or function: a word of three letters, or one
    sign of a script without blanks."""
    if word > "\u2e80":
        return True
    letters = sum(map(str.isalpha, word))
    return letters >= 3 and not (word.isupper() and letters <= 4) and word not in _FUNCTIONS


def _owners(bounds: Places) -> Places:
    """For every entry the number of the text it belongs to."""
    return np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))


def _keys(texts: Iterable[str]) -> list[bytes]:
    """The same for texts of the same words."""
    found = words(texts)
    return [found.hashes[a:b].tobytes() for a, b in itertools.pairwise(found.bounds)]


def _longest_runs(hit: NDArray[np.bool_], bounds: Places) -> dict[int, tuple[int, int]]:
    """text -> (first n-gram, n-grams) of its longest run of hits, of equal ones the first."""
    places = np.flatnonzero(hit)
    texts = np.searchsorted(bounds, places, side="right") - 1
    hits = zip(texts.tolist(), places.tolist(), itertools.count(), strict=False)
    best: dict[int, tuple[int, int]] = {}
    for (text, _), run in itertools.groupby(hits, key=lambda h: (h[0], h[1] - h[2])):
        (_, first, _), *rest = run
        if text not in best or len(rest) + 1 > best[text][1]:
            best[text] = first, len(rest) + 1
    return best
