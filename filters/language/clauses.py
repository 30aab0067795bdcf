"""Clauses in another language of the same script, French in English: their function words pick
them, and a language detector confirms it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from filters.language.detectors import probability
from filters.language.function_words import ELIDED, languages_of, telltale_words
from filters.language.mentions import inside
from filters.language.scripts import Run

_TOKEN = re.compile(rf"{ELIDED}(?=[^\W\d_])|[^\W\d_]+")
_SENTENCE = re.compile(r"[^\n.!?;]+")
CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_BRACKET = re.compile(r"[\"“”„«»()\[\]:]")
_MIN_TOKENS = 4
"""words of a clause: fewer are a name (van der Waals, Mar del Plata)"""
_SURE_HITS = 4
"""different function words of one language, and none of the target's, that need no detector"""
_CONFIRMED = 0.2
"""a detector that gives the target language more than this has not confirmed a foreign piece: it is
sure of most clauses, and says 0 or nearly 1"""
_ASKED = 30
"""clauses of a text that the detector is asked about one by one, for 0.02 s; the others it sees as
one text. Real traces have less"""

Tokens = Sequence[tuple[re.Match[str], frozenset[str]]]
"""words, and the languages whose function word each is"""


class _Clause(NamedTuple):
    run: Run
    hits: int
    """its different function words"""


def foreign_clauses(text: str, target: str, detector: str) -> list[Run]:
    found = [
        clause
        for start, sentence in _telling_sentences(text, target)
        for clause in _clauses(start, sentence, target)
    ]
    unsure = {text[c.run.start : c.run.end]: True for c in found if c.hits < _SURE_HITS}
    one_by_one, others = list(unsure)[:_ASKED], list(unsure)[_ASKED:]
    confirmed = {
        clause: probability(clause, target, detector) <= _CONFIRMED for clause in one_by_one
    }
    if others:
        together = probability(" ".join(others), target, detector) <= _CONFIRMED
        confirmed.update(dict.fromkeys(others, together))
    return [c.run for c in found if confirmed.get(text[c.run.start : c.run.end], True)]


def _telling_sentences(text: str, target: str) -> Iterator[tuple[int, str]]:
    """Where they begin, outside code, those with a telltale word of another language."""
    telling = telltale_words(target)
    code: list[tuple[int, int]] | None = None
    for match in _SENTENCE.finditer(text):
        if not telling.isdisjoint(match.group().split(" ")[1:-1]):
            if code is None:
                code = [span.span() for span in CODE.finditer(text)]
            if not inside(match.start(), code):
                yield match.start(), match.group()


def _clauses(begin: int, sentence: str, target: str) -> Iterator[_Clause]:
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


def _as_clause(begin: int, stretch: Tokens, target: str) -> Iterator[_Clause]:
    hits: dict[str, set[str]] = {}
    for token, tongues in stretch:
        for tongue in tongues if target not in tongues else ():
            hits.setdefault(tongue, set()).add(token.group().lower())
    if not hits or len(stretch) < _MIN_TOKENS:
        return
    tongue = max(sorted(hits), key=lambda t: len(hits[t]))
    n = len(hits[tongue])
    content = sum(t.group().islower() and not tongues for t, tongues in stretch)
    if n >= 3 or (n == 2 and content >= 2):
        start, end = begin + stretch[0][0].start(), begin + stretch[-1][0].end()
        yield _Clause(Run(start, end, len(stretch), tongue), n)
