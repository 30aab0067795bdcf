"""Stock phrases: many problems share them, so they say nothing about where one is from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from filters.errors import UserError
from filters.overlap.shingles import HashSet, Words, ngrams, ngrams_at, words

BOILERPLATE = (
    # competition mathematics
    "where m and n are relatively prime positive integers",
    "where m and n are relatively prime integers",
    "where m n and p are positive integers",
    "where m and n are positive integers",
    "where m and n are integers",
    "m and n are relatively prime",
    "n is not divisible by the square of any prime",
    "is a positive integer not divisible by the square of any prime",
    *("can be written in the form", "can be expressed in the form", "in the form"),
    *("can be written as", "can be expressed as", "can be represented as"),
    *("find m n p q", "find m n p", "find m n", "what is m n p", "what is m n"),
    *("frac m n", "tfrac m n", "dfrac m n", "m sqrt n", "frac m sqrt n p"),
    "let x y and z be positive real numbers",
    "how many of the following statements are true",
    "which of the following is closest to",
    "express your answer as a common fraction",
    "express your answer in simplest radical form",
    "round your answer to the nearest",
    # prompts
    "please reason step by step and put your final answer within boxed",
    "let s think step by step",
    "solve the following math problem step by step",
    "answer the following multiple choice question",
    "write a python function",
    "you are given an array of integers",
    "from typing import list",
    # Chinese
    *("请一步一步推理", "请逐步推理", "并把最终答案放在boxed中", "最终答案放在boxed"),
    *("下列说法正确的是", "下列选项中", "请问一共有多少"),
)


class Boilerplate:
    """Phrases by their words; a word of one letter, a to z, stands for any such word."""

    def __init__(self, phrases: Sequence[str]) -> None:
        found = _letters_alike(words(phrases))
        lengths = np.diff(found.bounds)
        for phrase, length in zip(phrases, lengths, strict=True):
            if length < 2:
                raise UserError(f"boilerplate phrase {phrase!r} has fewer than two words")
        first = found.bounds[:-1]
        self._openings = HashSet(ngrams_at(found.hashes, first, 2))
        self._phrases = {
            int(length): HashSet(ngrams_at(found.hashes, first[lengths == length], int(length)))
            for length in np.unique(lengths)
        }

    def cut(self, found: Words) -> Words:
        """The words that belong to no phrase; those around one become neighbours."""
        wild = _letters_alike(found)
        pairs, _, at = ngrams(wild, 2, short=False)
        at = at[self._openings.has(pairs)]
        left = wild.bounds[np.searchsorted(wild.bounds, at, side="right")] - at
        own = np.ones(len(found.hashes), dtype=bool)
        for length, phrases in self._phrases.items():
            start = at[left >= length]
            hit = start[phrases.has(ngrams_at(wild.hashes, start, length))]
            for i in range(length):
                own[hit + i] = False
        return found.only(own)


def _letters_alike(found: Words) -> Words:
    single = found.ends - found.starts == 1
    letters = words(["a b c d e f g h i j k l m n o p q r s t u v w x y z"]).hashes
    hashes = found.hashes.copy()
    hashes[single] = np.where(np.isin(hashes[single], letters), letters[0], hashes[single])
    return Words(hashes, found.bounds, found.starts, found.ends)
