"""In which language should a trace be? In its question's, unless this asks for another."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

import polars as pl

from filters.language.detectors import surely
from filters.language.foreign_pieces import Piece, foreign_pieces, may_have_pieces
from filters.language.function_words import FUNCTION_WORDS, commonest, languages_of
from filters.language.passages import PROSE_WORD, is_prose
from filters.language.scripts import ACCENTED_WORD, SCRIPTS, SCRIPTS_OF

_CODES = {
    **{"english": "en", "chinese": "zh", "mandarin": "zh", "japanese": "ja", "korean": "ko"},
    **{"russian": "ru", "ukrainian": "uk", "french": "fr", "german": "de", "spanish": "es"},
    **{"italian": "it", "portuguese": "pt", "arabic": "ar", "hebrew": "he", "hindi": "hi"},
    **{"thai": "th", "greek": "el", "cmn": "zh", "zho": "zh", "eng": "en", "fra": "fr"},
    **{"deu": "de", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "jpn": "ja", "kor": "ko"},
}
_KNOWN = {*SCRIPTS_OF, *FUNCTION_WORDS, "el"}


def target_languages(frame: pl.DataFrame) -> pl.Series:
    """The language each trace should be in: its problem's, as stated or as the text shows."""
    stated = frame.get_column("language")
    codes = {language: stated_language(language) for language in stated.unique()}
    known = stated.replace_strict(codes, return_dtype=pl.String)
    problem = frame.get_column("problem")
    unclear = known.is_null() & frame.select(_may_be_other(pl.col("problem"))).to_series()
    read = {text: target_language(text) for text in problem.filter(unclear).unique()}
    shown = problem.replace_strict(read, default="en", return_dtype=pl.String)
    return known.fill_null(shown).alias("target")


def _may_be_other(problem: pl.Expr) -> pl.Expr:
    """A cheap look: where it says no, the problem is in English."""
    return may_have_pieces(problem, "en") | problem.str.contains("[À-ÖØ-öø-ɏ]")


def target_language(problem: str | None, language: str | None = None) -> str:
    """A two-letter code. `language` wins over what the text of the problem shows; English where
    neither says anything."""
    problem = problem or ""
    return stated_language(language) or _by_letters(problem) or _by_words(problem)


def stated_language(language: str | None) -> str | None:
    """The code of a language known by its name or code; none for any other word (`python`)."""
    code = re.split(r"[-_]", (language or "").strip().lower())[0]
    code = _CODES.get(code, code)
    return code if code in _KNOWN else None


_A_WORD_IN_LETTERS = 1.5
"""letters of another script that weigh as much as a word of Latin letters: Chinese words have one
or two, and a problem with as many English words is English and speaks of Chinese ones"""


def _by_letters(problem: str) -> str | None:
    """The language whose script most of the problem is written in."""
    if not _OTHER_LETTER.search(problem):
        return None
    letters = {name: len(re.findall(f"[{of}]", problem)) for name, of in SCRIPTS.items()}
    script = max(letters, key=lambda name: letters[name])
    if letters[script] <= _A_WORD_IN_LETTERS * sum(len(word) > 1 for word in _latin_words(problem)):
        return None
    if letters["kana"] > 0.1 * letters["han"]:  # Japanese sentences have a third of kana and more
        return "ja"
    return next((code for code, own in SCRIPTS_OF.items() if script in own), "en")


def _by_words(problem: str) -> str:
    """The language of most of its small words, if these are three or English; else the one that
    a detector is sure of."""
    words = set(PROSE_WORD.findall(problem.lower()))
    hits = Counter(code for word in words for code in languages_of(word))
    best = commonest(hits) if hits else "en"
    if hits[best] >= 3:
        return best
    if hits["en"]:
        return "en"
    if len(words) >= _A_SENTENCE and is_prose(problem):
        return surely(problem) or "en"
    told = surely(problem.lower()) if hits or ACCENTED_WORD.search(problem) else None
    return told or "en"


_A_SENTENCE = 6
"""different words that a detector needs: of fewer it says anything"""


_OTHER_LETTER = re.compile(f"[{''.join(SCRIPTS.values())}]")
_LETTERS = re.compile(r"[^\W\d_]+")


def _latin_words(problem: str) -> list[str]:
    words = _LETTERS.findall(_OTHER_LETTER.sub(" ", problem))
    return [word for word in words if word.isascii() or word.upper() != word.lower()]


# ------------------------------------------------------------------ what it asks for

_ASKS = re.compile(r"\b(?:translat|transcri|bilingual)|翻译|译成|译为|用(?:英|中|日|法|德)[文语]")
_TONGUES = "|".join(
    [
        *"english chinese mandarin japanese korean russian french german spanish italian".split(),
        *"portuguese latin greek arabic hebrew hindi thai cyrillic".split(),
        *("foreign languages", "foreign language"),
    ]
)
_TONGUE = re.compile(rf"\b(?:{_TONGUES})\b")
_TO_SAY_IN = re.compile(
    r"\b(?:say|writ\w+|called|words?|phrases?|sentences?|mottos?|titles?|slogans?"
    r"|proverbs?|express\w*|poems?|mean\w*|characters?|pronounc\w*|respond|reply|answer|explain"
    r"|speak)\b.{0,60}\b(?:in|into) $"
)
_WORDS_OF = re.compile(
    r"\s+(?:words?|phrases?|sentences?|proverbs?|idioms?|characters?|alphabets?|letters?|verbs?"
    r"|nouns?|grammar|translation)"
)
_BEFORE = 80
"""characters before the name of a language that are looked at: a verb and the 60 behind it"""


def is_asked(problem: str, switches: list[Piece], target: str) -> bool:
    """Whether the question itself brings the other language in, or asks for it."""
    asked, own = _asked(problem, target)
    return asked or all(piece.tongue in own for piece in switches)


@lru_cache(maxsize=1024)
def _asked(problem: str, target: str) -> tuple[bool, frozenset[str]]:
    """Whether a problem asks for another language, and which it brings in: one for its samples."""
    lower = problem.lower()
    asked = bool(_ASKS.search(lower)) or any(
        _WORDS_OF.match(lower, name.end())
        or _TO_SAY_IN.search(lower[max(0, name.start() - _BEFORE) : name.start()])
        for name in _TONGUE.finditer(lower)
    )
    return asked, frozenset(piece.tongue for piece in foreign_pieces(problem, target))
