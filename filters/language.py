"""Is the trace in the language of its question, all of it?

A cheap look at all texts (letters of another script, telltale function words) picks the few that
are read word by word in `foreign.py`. Formulas are not cut out first: `$...$` around money would
swallow the sentences between two prices.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import polars as pl

from filters.base import Filter, scoring
from filters.findings import Found, detail, found, scattered
from filters.foreign import (
    SCRIPTS,
    SCRIPTS_OF,
    WORD,
    Piece,
    check_detector,
    count_words,
    foreign_pieces,
    script_class,
)
from filters.function_words import ENGLISH_PROSE, FUNCTION_WORDS, telltale
from filters.packed import flat, rows_with

_CODES = {
    **{"english": "en", "chinese": "zh", "mandarin": "zh", "japanese": "ja", "korean": "ko"},
    **{"russian": "ru", "ukrainian": "uk", "french": "fr", "german": "de", "spanish": "es"},
    **{"italian": "it", "portuguese": "pt", "arabic": "ar", "hebrew": "he", "hindi": "hi"},
    **{"thai": "th", "greek": "el", "cmn": "zh", "zho": "zh", "eng": "en", "fra": "fr"},
    **{"deu": "de", "spa": "es", "ita": "it", "por": "pt", "rus": "ru", "jpn": "ja", "kor": "ko"},
}
_TONGUES = (
    r"english|chinese|mandarin|japanese|korean|russian|french|german|spanish|italian|portuguese"
    r"|latin|greek|arabic|hebrew|hindi|thai|cyrillic|foreign languages?"
)
_ASKED = re.compile(
    rf"(?i)\btranslat\w*|\btranscri\w*|\bbilingual|翻译|译成|译为|用(?:英|中|日|法|德)[文语]"
    rf"|\b(?:say|writ\w+|called|words?|phrases?|sentences?|express\w*|poems?|mean\w*|characters?"
    rf"|pronounc\w*|respond|reply|answer|explain|speak)\b.{{0,60}}\b(?:in|into) (?:{_TONGUES})\b"
    rf"|\b(?:{_TONGUES})\s+(?:words?|phrases?|sentences?|proverbs?|idioms?|characters?|translation)"
)


@dataclass(frozen=True)
class Language(Filter):
    """`mixing` = words that the author wrote in another language than the question's ÷ all words;
    quoted words (`mentions`) are not among them, nor those the question asked for."""

    name: ClassVar[str] = "language"
    version: ClassVar[int] = 2
    scores: ClassVar[tuple[str, ...]] = ("mixing", "switches", "mentions", "consistency", "asked")

    high: float = 0.0
    """mixing above this is dropped; at 0 a single word is enough, as one word is what R1-like
    models leave"""
    consistent: float = 0.5
    """below this share of target-language words in the thinking, it is not in that language"""
    detector: str = scoring("langdetect")
    """or `lingua`, better and slower, an extra"""

    def __post_init__(self) -> None:
        check_detector(self.detector)

    def score(self, frame: pl.DataFrame) -> pl.DataFrame:
        targets = target_languages(frame)
        script, prose = _looks(frame.get_column("response"), targets)
        rows = (script | prose).arg_true()
        columns = frame.select("response", "thinking", "problem").with_columns(
            targets, script, prose
        )[rows]
        # words are counted by expression, all texts at once
        words = columns.select(_words("response").alias("all"), _words("thinking"))
        seen = [
            self._read(*row, *of)
            for row, of in zip(columns.iter_rows(), words.iter_rows(), strict=True)
        ]
        text = pl.col("response").str.len_bytes() > 0
        return frame.select(
            pl.when(text).then(scattered(frame.height, rows, [s[name] for s, _ in seen], rest))
            .alias(name)
            for name, rest in zip(self.scores, (0.0, 0.0, 0.0, 1.0, 0.0), strict=True)
        ).with_columns(detail(frame.height, rows, [f for _, f in seen]))  # fmt: skip

    def _read(
        self,
        text: str,
        thinking: str | None,
        problem: str | None,
        target: str,
        script: bool,
        prose: bool,
        words: int,
        words_in_thinking: int | None,
    ) -> tuple[dict[str, float], list[Found]]:
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


def _words(column: str) -> pl.Expr:
    return pl.col(column).str.count_matches(WORD)


def language_consistency(thinking: str, target: str) -> float:
    """R1's language reward (arXiv 2501.12948): words in the target language ÷ all words of the
    thinking, quoted ones too. 0 for no text; 1 for text without words."""
    if not thinking.strip():
        return 0.0
    foreign = sum(piece.words for piece in foreign_pieces(thinking, target))
    return max(0.0, 1.0 - foreign / max(1, count_words(thinking)))


def target_languages(frame: pl.DataFrame) -> pl.Series:
    """The language each trace should be in: its problem's, as stated or as the text shows."""
    stated, problem = frame.get_column("language"), frame.get_column("problem")
    codes = {name: target_language(None, name) for name in stated.unique().drop_nulls()}
    target = stated.replace_strict(codes, return_dtype=pl.String).fill_null("en")
    unclear = (problem.str.len_bytes() > problem.str.len_chars()) | problem.str.contains(
        telltale("en")
    )
    rows = (stated.is_null() & unclear.fill_null(False)).arg_true()
    shown = [target_language(text) for text in problem.gather(rows)]
    return target.scatter(rows, pl.Series(shown, dtype=pl.String)).alias("target")


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
    if _ASKED.search(problem):
        return True
    own = {piece.tongue for piece in foreign_pieces(problem, target)}
    return all(piece.tongue in own for piece in switches)


def _looks(text: pl.Series, targets: pl.Series) -> tuple[pl.Series, pl.Series]:
    """In which rows a cheap look sees another script, and in which another prose."""
    # marks in arrays, because every operation on a series costs as much as a hundred texts
    high, of = _has_letters_beyond_latin(text), targets.to_numpy()
    script, prose = np.zeros((2, len(text)), dtype=bool)
    for target in targets.unique(maintain_order=True):
        for marks, rows, sign in (
            (script, high & (of == target), script_class(target)),
            (prose, of == target, _prose(target)),
        ):
            if rows.any():
                marks[rows] = text.filter(pl.Series(rows)).str.contains(sign).fill_null(False)
    return pl.Series("script", script), pl.Series("prose", prose)


def _has_letters_beyond_latin(text: pl.Series) -> np.ndarray:
    """Rows with a character that begins with a byte from 0xCE on (Greek, and all that come after
    it) other than 0xE2, which is punctuation and mathematics."""
    found = []
    for _, data, begins in flat(text):
        high = data >= 0xCE
        high &= data != 0xE2
        found.append(rows_with(high, begins))
    return np.concatenate(found) if found else np.zeros(0, dtype=bool)


def _prose(target: str) -> str:
    """A pattern for prose in another language, where letters do not tell."""
    signs = [telltale(target)]
    if target in SCRIPTS_OF:
        signs.append(ENGLISH_PROSE)
    if target == "ja":
        signs.append("的")  # Chinese has it everywhere, Japanese in compounds
    return "|".join(signs)
