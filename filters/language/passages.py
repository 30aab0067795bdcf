"""Passages that lack the small words of the text's language: a whole thinking in another one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from filters.language.function_words import commonest, kin, languages_of, own_words
from filters.language.scripts import Candidate, Run, count_words
from filters.spans import Span, inside

_LINE = re.compile(r"[^\n]+")
_LATIN = "A-Za-zÀ-ÖØ-öø-ɏəḀ-ỿ"
PROSE_WORD = re.compile(rf"(?<![\\{_LATIN}])[{_LATIN}]{{2,}}")  # no commands of TeX, no variables
_PASSAGE = 40
"""words that lines are put together to: a dozen of them are small ones in prose of any language"""
_SHORTEST = 20
"""words that a passage has at least; fewer are left to the clauses"""
_OWN = 0.05
"""share of the language's own small words under which lines are not in it: English prose has 0.3,
and of real passages one in 500 less than this, formulas without small words of another language"""
_SURE = 4
"""different small words of one other language that need no detector"""
_PROSE = 0.85
"""share of letters among the signs of prose, at least: the Declaration of Human Rights has 0.98 in
any language, files of Python from 0.6 to 0.88"""


def foreign_passages(text: str, target: str, code: Sequence[Span]) -> list[Candidate]:
    """Those that the small words of another language do not decide are doubtful, and there are none
    of these in code, nor in a text that is in its language on the whole."""
    own = own_words(target)
    found = []
    for start, end, words in _passages(text, own, code):
        hits = Counter(
            tongue
            for word in set(words)
            if target not in (tongues := languages_of(word))
            for tongue in tongues - kin(target)
        )
        tongue = commonest(hits) if hits else "other"
        sure = hits[tongue] >= _SURE
        if sure or is_prose(text[start:end]):
            found.append(Candidate(Run(start, end, count_words(text[start:end]), tongue), sure))
    if all(candidate.sure for candidate in found) or _is_elsewhere(text, own):
        return found
    return [candidate for candidate in found if candidate.sure]


def _is_elsewhere(text: str, own: frozenset[str]) -> bool:
    return _share(PROSE_WORD.findall(text.lower()), own) < _OWN


def _passages(
    text: str, own: frozenset[str], code: Sequence[Span]
) -> Iterator[tuple[int, int, list[str]]]:
    """Lines together that have no words of its own, and their words; code is none of them."""
    start, end = 0, 0
    words: list[str] = []
    for line in _LINE.finditer(text):
        more = PROSE_WORD.findall(line.group().lower())
        foreign = _share(more, own) < _OWN and not inside(line.start(), code)
        if foreign:
            start, end = (start if words else line.start()), line.end()
            words += more
        if len(words) >= (_PASSAGE if foreign else _SHORTEST):
            yield start, end, words
            words = []
        elif not foreign:
            words = []
    if len(words) >= _SHORTEST:
        yield start, end, words


def is_prose(passage: str) -> bool:
    """Neither code nor mainly formulas."""
    signs = "".join(passage.split())
    return sum(map(str.isalpha, signs)) >= _PROSE * len(signs)


def _share(words: list[str], own: frozenset[str]) -> float:
    return sum(word in own for word in words) / max(1, len(words))
