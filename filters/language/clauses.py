"""Clauses in another language of the same script, French in English: their function words show."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from filters.language.function_words import (
    ELIDED,
    commonest,
    english_words,
    kin,
    languages_of,
    own_words,
    telltale_words,
)
from filters.language.passages import is_prose
from filters.language.scripts import ACCENTED_WORD, Candidate, Run
from filters.spans import Span, inside

_TOKEN = re.compile(rf"{ELIDED}(?=[^\W\d_])|(?<![\\\w*^])[^\W\d_]+(?![\w*^(€])")
"""a word: neither a command of TeX nor a factor of a formula"""
_SENTENCE = re.compile(r"[^\n.!?;]+")
_PART = re.compile(r"[^,:()\[\]\"“”„«»—–]+")
_BRACKET = re.compile(r"[\"“”„«»()\[\]:]")
_MIN_TOKENS = 4
"""words of a clause: fewer are a name (van der Waals, Mar del Plata)"""
_SURE_HITS = 4
"""different function words of one language, and none of the target's, that need no detector"""
_FEW = 3
"""words of a part between commas that is a clause of its own"""
Tokens = Sequence[tuple[re.Match[str], frozenset[str]]]
"""words, and the languages whose function word each is"""


def foreign_clauses(text: str, target: str, code: Sequence[Span]) -> Iterator[Candidate]:
    for start, sentence in _telling_sentences(text, target, code):
        yield from _clauses(start, sentence, target)
        for part in _PART.finditer(sentence):
            yield from _as_part(start + part.start(), part[0], target)


def _telling_sentences(text: str, target: str, code: Sequence[Span]) -> Iterator[tuple[int, str]]:
    """Where they begin, outside code, those with a telltale word of another language, or in English
    one with accents."""
    telling = telltale_words(target)
    for match in _SENTENCE.finditer(text):
        words = match[0].lower().replace(",", " ").split()
        accents = target == "en" and not match[0].isascii() and ACCENTED_WORD.search(match[0])
        if (accents or not telling.isdisjoint(words)) and not (
            inside(match.start(), code) and inside(match.end() - 1, code)
        ):
            yield match.start(), match[0]


def _as_part(begin: int, part: str, target: str) -> Iterator[Candidate]:
    """What stands between commas and has no word that only the target has, if a word or two betray
    another language there: of English text any other, of other text English."""
    words = _TOKEN.findall(part)
    if len(words) < _FEW or not own_words(target).isdisjoint(words) or not is_prose(part):
        return
    words[0] = words[0].lower()  # a sentence begins with a capital letter
    small = [word for word in words if word.islower() and len(word) > 1]
    others = [word for word in small if not languages_of(word)]
    if target == "en":
        hits = Counter(t for w in small if "en" not in (of := languages_of(w)) for t in of)
        accented = sum(ACCENTED_WORD.match(word) is not None for word in others)
    else:
        hits, accented = Counter(en=len(english_words(target).intersection(small))), 0
    tongue = commonest(hits) if hits else "other"
    telling = accented or not telltale_words(target).isdisjoint(small)
    found = hits[tongue] + accented
    sure = 2 * hits[tongue] >= max(len(words), _SURE_HITS + 1)
    if telling and (sure or (others and found >= (2 if len(words) < _MIN_TOKENS else 1))):
        start = begin + len(part) - len(part.lstrip())
        yield Candidate(Run(start, begin + len(part.rstrip()), len(words), tongue), sure)


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
