"""The pieces of one text that are not in its language, and whether its author wrote or quoted them.

Another script shows in its letters, the same script (French in English) in its function words. A
piece is a `mention` where it is only spoken of (`mentions.py`); else the author switched.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import polars as pl

from filters.language.clauses import foreign_clauses
from filters.language.detectors import confirmed
from filters.language.function_words import (
    ELIDED,
    ENGLISH_IN_OTHER_SCRIPT,
    commonest,
    languages_of,
    own_words,
    telltale_words,
)
from filters.language.mentions import CODE, is_mention, quotations
from filters.language.passages import foreign_passages
from filters.language.scripts import ACCENTED, SCRIPTS, SCRIPTS_OF, Run, foreign_letter, script_runs


class Piece(NamedTuple):
    """A stretch of foreign text: characters `start` to `end`."""

    start: int
    end: int
    words: int
    tongue: str
    """a script (han), or a language (fr) where the script is the same"""
    mention: bool


def may_have_pieces(text: pl.Expr, target: str) -> pl.Expr:
    """A cheap look: where it says no, a text of that language has no foreign pieces."""
    letter, telling = foreign_letter(target), sorted(telltale_words(target))
    words, begins = "|".join(telling), "|".join(word.capitalize() for word in telling)
    if target not in SCRIPTS_OF:
        own = "|".join(sorted(own_words(target)))
        accented = f"[a-z]*[{ACCENTED}]|" if target == "en" else ""
        inside = f" (?:{accented}(?:{words})[ ,.;:!?])"
        found = text.str.contains(f"{letter}|{inside}|[.!?\n] ?(?:{begins})[ ,]")
        return found | ~text.str.contains(f" (?:{own}) ")
    latin = "|".join([words, *ENGLISH_IN_OTHER_SCRIPT])
    chinese = "|的" if target == "ja" else ""
    pattern = f"{letter}|(?:^|[^A-Za-z0-9_])(?:{latin})(?:$|[^A-Za-z0-9_]){chinese}"
    return text.str.contains(pattern)


def foreign_pieces(text: str, target: str, detector: str = "langdetect") -> list[Piece]:
    """All pieces of `text` that are not in the language `target`, in order."""
    runs = list(script_runs(text, target))
    if target in SCRIPTS_OF:
        runs += _prose_runs(text)
    else:
        runs += _latin_runs(text, target, detector)
    if target == "ja":
        runs += _chinese_runs(text)
    runs = _apart(runs)
    quotes = quotations(text) if runs else []
    mentions = [is_mention(text, run.start, run.end, quotes) for run in runs]
    quoted = {text[r.start : r.end] for r, mention in zip(runs, mentions, strict=True) if mention}
    return [
        Piece(*run, mention or text[run.start : run.end] in quoted)
        for run, mention in zip(runs, mentions, strict=True)
    ]


def _latin_runs(text: str, target: str, detector: str) -> list[Run]:
    """Passages and clauses in another language of the same script."""
    code = [span.span() for span in CODE.finditer(text)] if "`" in text else []
    passages = list(foreign_passages(text, target, code))
    return confirmed(text, target, [*passages, *foreign_clauses(text, target, code)], detector)


def _apart(runs: list[Run]) -> list[Run]:
    """In order; of two that overlap the first one, of two that begin together the longer."""
    apart: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.start, -run.end)):
        if not apart or run.start >= apart[-1].end:
            apart.append(run)
    return apart


_LATIN = "A-Za-zÀ-ÖØ-öø-ɏ"
_LATIN_RUN = re.compile(rf"[{_LATIN}]+(?:[ \t,.;:!?'’\"()\-–—\d]+[{_LATIN}]+)*[.!?]?")
_LATIN_WORD = re.compile(rf"{ELIDED}(?=[{_LATIN}])|[{_LATIN}]+")
_TEX_TEXT = re.compile(
    r"\\(?:text|mathrm|operatorname|begin|end|mbox)\s*\{[^}]{0,200}\}|\\[A-Za-z]+"
)
_SWITCH = {
    *("the", "wait", "but", "so", "because", "therefore", "then", "however", "let", "okay", "hmm"),
    *("alternatively", "actually", "maybe", "since", "thus", "hence", "which", "that", "this"),
    *("is", "are", "we", "now", "also", "yes", "no", "well", "again", "first"),
}
"""English words that nobody needs as a name, a unit or a symbol in a text of another script"""
_SAYS = {
    *("i", "it", "they", "you", "he", "she", "can", "must", "should", "need", "know", "think"),
    *("check", "get", "gives", "makes", "sure", "not", "hold", "other", "both", "each", "has"),
}
"""others that make a sentence of three words in Latin letters, not a term (rate of change)"""


def _prose_runs(text: str) -> Iterator[Run]:
    """English or another prose in Latin letters inside a text in another script: several words
    with a function word among them, or a single word that joins sentences. Names, units, code
    and formulas are neither."""
    blank = CODE.sub(lambda m: "\n" * len(m.group()), text) if "`" in text else text
    blank = _TEX_TEXT.sub(lambda m: "\n" * len(m.group()), blank)
    for match in _LATIN_RUN.finditer(blank):
        words = [w.group() for w in _LATIN_WORD.finditer(match.group())]
        hits = Counter(t for w in words if len(w) > 1 for t in languages_of(w))
        small = {word.lower() for word in words if not word.isupper() or len(word) == 1}
        joins, most = not small.isdisjoint(_SWITCH), max(hits.values(), default=0)
        says = most and (joins or not small.isdisjoint(_SAYS))
        if len(words) >= 3 and (most >= 2 or says):
            yield Run(*match.span(), len(words), commonest(hits))
        elif joins and len(words) <= 3:
            yield Run(*match.span(), len(words), "en")


# Japanese words of Han alone are names of two to six characters, and sentences have kana
_CHINESE = re.compile(rf"[^。！？\n{SCRIPTS['kana']}]{{8,}}")
_CHINESE_ONLY = re.compile(r"[的了是我这们个吗么没还]")
_HAN = re.compile(f"[{SCRIPTS['han']}]")


def _chinese_runs(text: str) -> Iterator[Run]:
    """Chinese sentences in a Japanese text: no kana, and characters that Japanese hardly uses."""
    for match in _CHINESE.finditer(text):
        han = len(_HAN.findall(match.group()))
        if han >= 8 and _CHINESE_ONLY.search(match.group()):
            yield Run(*match.span(), han, "zh")
