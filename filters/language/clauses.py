"""Clauses in another language of the same script, French in English: their function words show."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from filters.language.function_words import ELIDED, commonest, kin, languages_of, telltale_words
from filters.language.mentions import Span, inside
from filters.language.scripts import Candidate, Run

_TOKEN = re.compile(rf"{ELIDED}(?=[^\W\d_])|[^\W\d_]+")
_SENTENCE = re.compile(r"[^\n.!?;]+")
_BRACKET = re.compile(r"[\"“”„«»()\[\]:]")
_MIN_TOKENS = 4
"""words of a clause: fewer are a name (van der Waals, Mar del Plata)"""
_SURE_HITS = 4
"""different function words of one language, and none of the target's, that need no detector"""
Tokens = Sequence[tuple[re.Match[str], frozenset[str]]]
"""words, and the languages whose function word each is"""


def foreign_clauses(text: str, target: str, code: Sequence[Span]) -> Iterator[Candidate]:
    for start, sentence in _telling_sentences(text, target, code):
        yield from _clauses(start, sentence, target)


def _telling_sentences(text: str, target: str, code: Sequence[Span]) -> Iterator[tuple[int, str]]:
    """Where they begin, outside code, those with a telltale word of another language."""
    telling = telltale_words(target)
    for match in _SENTENCE.finditer(text):
        words = match.group().split(" ")[1:-1]
        if not (telling.isdisjoint(words) or inside(match.start(), code)):
            yield match.start(), match.group()


def _clauses(begin: int, sentence: str, target: str) -> Iterator[Candidate]:
    """Stretches without a word that only the target has which hold several of one other."""
    stretch: list[tuple[re.Match[str], frozenset[str]]] = []
    end = 0
    for token in _TOKEN.finditer(sentence):
        tongues = languages_of(token.group())
        if tongues == {target} or _BRACKET.search(sentence, end, token.start()):
            yield from _as_clause(begin, stretch, target)
            stretch = []
        if tongues != {target}:
            named = end and token.group()[0].isupper()  # El Paso: part of a name
            stretch.append((token, frozenset() if named else tongues))
        end = token.end()
    yield from _as_clause(begin, stretch, target)


def _as_clause(begin: int, stretch: Tokens, target: str) -> Iterator[Candidate]:
    hits: dict[str, set[str]] = {}
    for token, tongues in stretch:
        for tongue in tongues - kin(target) if target not in tongues else ():
            hits.setdefault(tongue, set()).add(token.group().lower())
    if not hits or len(stretch) < _MIN_TOKENS:
        return
    tongue = commonest({tongue: len(words) for tongue, words in hits.items()})
    n = len(hits[tongue])
    content = sum(t.group().islower() and not tongues for t, tongues in stretch)
    if n >= 3 or (n == 2 and content >= 2):
        start, end = begin + stretch[0][0].start(), begin + stretch[-1][0].end()
        yield Candidate(Run(start, end, len(stretch), tongue), n >= _SURE_HITS)
