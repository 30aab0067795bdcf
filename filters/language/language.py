"""Is the trace in the language of its question, all of it?

A cheap look at all texts (letters of another script, telltale function words) picks the few that
are read word by word in `foreign.py`. Formulas are not cut out first: `$...$` around money would
swallow the sentences between two prices.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter, scoring
from filters.language.first_look import looks, words_in
from filters.language.foreign_pieces import (
    SCRIPTS,
    SCRIPTS_OF,
    Piece,
    Window,
    check_detector,
    count_words,
    foreign_pieces,
)
from filters.language.function_words import FUNCTION_WORDS
from filters.settings import Share, Text
from filters.texts import Texts
from filters.verdict_rows import Found, detail, found, scattered

_CODES = {
    **{"english": "en", "chinese": "zh", "mandarin": "zh", "japanese": "ja", "korean": "ko"},
    **{"russian": "ru", "ukrainian": "uk", "french": "fr", "german": "de", "spanish": "es"},
    **{"italian": "it", "portuguese": "pt", "arabic": "ar", "hebrew": "he", "hindi": "hi"},
    **{"thai": "th", "greek": "el", "cmn": "zh", "zho": "zh", "eng": "en", "fra": "fr"},
    **{"deu": "de", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "jpn": "ja", "kor": "ko"},
}
_TONGUES = (
    *"english chinese mandarin japanese korean russian french german spanish italian".split(),
    *"portuguese latin greek arabic hebrew hindi thai cyrillic".split(),
    *("foreign language", "foreign languages"),
)
# all of these look at small letters
_ASKS = re.compile(r"\b(?:translat|transcri|bilingual)|翻译|译成|译为|用(?:英|中|日|法|德)[文语]")
_HINTS = "translat transcri bilingual 翻译 译成 译为 用英 用中 用日 用法 用德".split()
"""without one of these, which are found faster, it finds nothing"""
_TO_SAY_IN = re.compile(
    r"\b(?:say|writ\w+|called|words?|phrases?|sentences?|express\w*|poems?|mean\w*|characters?"
    r"|pronounc\w*|respond|reply|answer|explain|speak)\b.{0,60}\b(?:in|into) $"
)
_WORDS_OF = re.compile(
    r"\s+(?:words?|phrases?|sentences?|proverbs?|idioms?|characters?|translation)"
)
_INSIDE = re.compile(r"\w\w")
"""two characters between which no word begins or ends"""
_BEFORE = 200
"""characters before the name of a language that are looked at"""


@dataclass(frozen=True)
class Language(Filter):
    """`mixing` = words that the author wrote in another language than the question's ÷ all words;
    quoted words (`mentions`) are not among them, nor those the question asked for."""

    name: ClassVar[str] = "language"
    version: ClassVar[int] = 4
    scores: ClassVar[tuple[str, ...]] = ("mixing", "switches", "mentions", "consistency", "asked")

    high: Share = 0.0
    """mixing above this is dropped; at 0 a single word is enough, as one word is what R1-like
    models leave"""
    consistent: Share = 0.5
    """below this share of target-language words in the thinking, it is not in that language"""
    detector: Text = scoring("langdetect")
    """or `lingua`, better and slower, an extra"""

    def __post_init__(self) -> None:
        check_detector(self.detector)

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        texts = Texts(frame.get_column("response"))
        targets = target_languages(frame)
        windows = looks(texts, targets.to_list())
        rows = pl.Series(np.flatnonzero(windows.any(axis=1)))
        looked = [targets, pl.Series("windows", windows)]
        some = frame.select("response", "thinking", "problem").with_columns(looked)[rows]
        words = {
            "words": pl.Series(words_in(Texts(some.get_column("response")))),
            "words_in_thinking": pl.Series(words_in(Texts(some.get_column("thinking")))),
        }
        seen = [self._read(*row) for row in some.with_columns(**words).iter_rows()]
        empty = texts.sizes() == 0
        scores = {
            name: scattered(frame.height, rows, [s[name] for s, _ in seen], rest, empty)
            for name, rest in zip(self.scores, (0.0, 0.0, 0.0, 1.0, 0.0), strict=True)
        }
        found = detail(frame.height, rows, [f for _, f in seen])
        return pl.DataFrame({**scores, "detail": found})

    def _read(
        self,
        text: str,
        thinking: str | None,
        problem: str | None,
        target: str,
        windows: list[int],
        words: int,
        words_in_thinking: int,
    ) -> tuple[dict[str, float], list[Found]]:
        script, prose = _in_characters(text, windows)
        pieces = foreign_pieces(text, target, self.detector, script, prose)
        switches = [p for p in pieces if not p.mention]
        begin = text.find(thinking) if thinking else 0
        inside = [p for p in switches if begin <= p.start < begin + len(thinking or text)]
        share = sum(p.words for p in switches) / max(1, words)
        thought = sum(p.words for p in inside) / max(1, words_in_thinking or words)
        scores = {
            "mixing": share,
            "switches": len(switches),
            "mentions": len(pieces) - len(switches),
            "consistency": 1.0 - thought,
            "asked": float(bool(switches) and is_asked(problem or "", switches, target)),
        }
        kinds = (("mention" if p.mention else f"switch:{p.tongue}", p) for p in pieces)
        return scores, [found(what, text, p.start, p.end) for what, p in kinds]

    def rules(self) -> dict[str, pl.Expr]:
        unasked = pl.col("asked") == 0
        return {
            "wrong_language": unasked & (pl.col("consistency") < self.consistent),
            "mixed_language": unasked & (pl.col("mixing") > self.high),
        }

    def input_hash(self) -> pl.Expr:
        return pl.concat_str(
            pl.col("response_hash").fill_null(""),
            pl.col("problem_id").fill_null(""),
            pl.col("language").fill_null(""),
            separator="/",
        )


def language_consistency(thinking: str, target: str) -> float:
    """R1's language reward (arXiv 2501.12948): words in the target language ÷ all words of the
    thinking, quoted ones too. 0 for no text; 1 for text without words."""
    if not thinking.strip():
        return 0.0
    foreign = sum(piece.words for piece in foreign_pieces(thinking, target))
    return max(0.0, 1.0 - foreign / max(1, count_words(thinking)))


def _in_characters(text: str, windows: list[int]) -> tuple[Window, Window]:
    """Two windows of bytes as windows of characters."""
    if not text.isascii():
        begins = np.frombuffer(text.encode(), dtype=np.uint8) & 0xC0 != 0x80
        inside = [at < len(begins) and not begins[at] for at in windows]
        before = [int(np.count_nonzero(begins[:at])) for at in windows]
        windows = [count - within for count, within in zip(before, inside, strict=True)]
    script, prose = ((a, b) if b else None for a, b in (windows[:2], windows[2:]))
    return script, prose


def target_languages(frame: pl.DataFrame) -> pl.Series:
    """The language each trace should be in: its problem's, as stated or as the text shows."""
    stated = frame.get_column("language").to_list()
    of_language = {language: target_language(None, language) for language in set(stated)}
    targets = [of_language[language] for language in stated]
    silent = [row for row, language in enumerate(stated) if not language]
    problems = frame.get_column("problem")[silent]
    unclear = looks(Texts(problems), ["en"] * len(silent)).any(axis=1)
    unclear |= (problems.str.len_bytes() > problems.str.len_chars()).fill_null(False).to_numpy()
    for i in np.flatnonzero(unclear):
        targets[silent[i]] = target_language(problems[int(i)])
    return pl.Series("target", targets, dtype=pl.String)


@lru_cache(maxsize=1024)
def target_language(problem: str | None, language: str | None = None) -> str:
    """A two-letter code. `language` wins over what the text of the problem shows; English where
    neither says anything."""
    if language:
        code = re.split(r"[-_]", language.strip().lower())[0]
        return _CODES.get(code, code)
    problem = problem or ""
    letters = {name: len(re.findall(f"[{cls}]", problem)) for name, cls in SCRIPTS.items()}
    script = max(letters, key=lambda name: letters[name])
    latin = re.findall(
        r"[^\W\d_]+", re.sub("|".join(f"[{c}]" for c in SCRIPTS.values()), " ", problem)
    )
    latin = [w for w in latin if w.isascii() or w.upper() != w.lower()]
    if letters[script] > 1.5 * sum(len(w) > 1 for w in latin):
        if letters["kana"] > 0.1 * letters["han"]:
            return "ja"
        return next((code for code, own in SCRIPTS_OF.items() if script in own), "en")
    hits = Counter(
        code for word in latin for code, words in FUNCTION_WORDS.items() if word.lower() in words
    )
    best = max(hits, key=lambda code: (hits[code], code == "en"), default="en")
    return best if hits[best] >= 3 and hits[best] > hits["en"] else "en"


def is_asked(problem: str, switches: list[Piece], target: str) -> bool:
    """Whether the question itself brings the other language in, or asks for it."""
    asked, own = _asked(problem, target)
    return asked or all(piece.tongue in own for piece in switches)


@lru_cache(maxsize=1024)
def _asked(problem: str, target: str) -> tuple[bool, frozenset[str]]:
    """Whether a problem asks for another language, and which it brings in: one for its samples."""
    lower = problem.lower()
    asked = any(map(lower.__contains__, _HINTS)) and bool(_ASKS.search(lower))
    if not asked:
        asked = any(_is_for(lower, tongue) for tongue in _TONGUES if tongue in lower)
    return asked, frozenset(piece.tongue for piece in foreign_pieces(problem, target))


def _is_for(problem: str, tongue: str) -> bool:
    """Whether something is to be said in that language, or words of it are spoken of."""
    end = 0
    while (start := problem.find(tongue, end)) >= 0:
        end = start + len(tongue)
        begins = start == 0 or not _INSIDE.match(problem, start - 1)
        if not begins or _INSIDE.match(problem, end - 1):
            continue  # latin in calculating
        before = problem[max(0, start - _BEFORE) : start]
        if _TO_SAY_IN.search(before) or _WORDS_OF.match(problem, end):
            return True
    return False
