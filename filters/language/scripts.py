"""The scripts of the world's languages: which letters they have, and where letters of a script
stand that a text should not have."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

SCRIPTS = {
    "han": "々〇\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff",
    "kana": "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\uff66-\uff9d",
    "hangul": "\uac00-\ud7af\u1100-\u11ff\u3131-\u318e",
    "cyrillic": "\u0400-\u052f",
    "arabic": "\u0620-\u065f\u066e-\u06d3\u0750-\u077f\ufb50-\ufdff\ufe70-\ufefc",
    "hebrew": "\u05d0-\u05ea",
    "devanagari": "\u0900-\u097f",
    "thai": "\u0e01-\u0e4e",
    "other": "\u0531-\u0587\u0980-\u0dff\u0e80-\u0fff\u1000-\u10ff\u1200-\u139f\u1780-\u17ff",
}
"""Letters of each script as a character class. Greek is left out: in mathematics its letters are
symbols; a Greek word is told by its accents."""
GREEK_ACCENTS = "άέήίόύώϊϋΐΰ"
ACCENTED = "à-öø-ɏḀ-ỿ"
"""small Latin letters that English has in a few borrowed words alone"""
ACCENTED_WORD = re.compile(rf"(?<![^\W_])[a-z]*[{ACCENTED}]")
_ALONE_A_SYMBOL = {"cyrillic", "arabic", "hebrew", "greek"}
"""a single letter of these is a symbol (the Tate-Shafarevich Ш), or debris that is no word"""

SCRIPTS_OF = {
    "zh": {"han"},
    "ja": {"han", "kana"},
    "ko": {"hangul", "han"},
    **{code: {"cyrillic"} for code in ("ru", "uk", "bg", "sr", "be", "kk", "mk")},
    **{code: {"arabic"} for code in ("ar", "fa", "ur")},
    "he": {"hebrew"},
    **{code: {"devanagari"} for code in ("hi", "mr", "ne")},
    "th": {"thai"},
}
"""The scripts that belong to a language; one that is not here is written in Latin letters."""

_UNSPACED = "".join(SCRIPTS[script] for script in ("han", "kana", "thai"))
"""letters of scripts without blanks between words: each counts as a word"""
WORD = re.compile(rf"[{_UNSPACED}]|[^\W\d_]+")


class Run(NamedTuple):
    """A stretch of foreign text: characters `start` to `end`."""

    start: int
    end: int
    words: int
    tongue: str
    """a script (han), or a language (fr) where the script is the same"""


class Candidate(NamedTuple):
    """A stretch that seems foreign; a detector has to confirm it unless it is `sure`."""

    run: Run
    sure: bool


def count_words(text: str) -> int:
    """Words: letters between blanks, and every character of a script that writes no blanks."""
    return len(WORD.findall(text))


def foreign_letter(target: str) -> str:
    """A pattern for a letter of a script that `target` is not written in."""
    own = SCRIPTS_OF.get(target, set())
    foreign = "".join(letters for name, letters in SCRIPTS.items() if name not in own)
    return f"[{foreign}{'' if target == 'el' else GREEK_ACCENTS}]"


@lru_cache(maxsize=64)
def _letter(target: str) -> re.Pattern[str]:
    return re.compile(foreign_letter(target))


# digits, marks and blanks between two letters of a script do not end a run
_GAP = r"[\d\s、，。！？：；（）]{0,3}"
_RUN = re.compile(
    "|".join(
        [rf"(?P<{name}>[{of}](?:{_GAP}[{of}])*)" for name, of in SCRIPTS.items()]
        + [rf"(?P<greek>[{GREEK_ACCENTS}][α-ω{GREEK_ACCENTS}]*)"]
    )
)


def script_runs(text: str, target: str) -> Iterator[Run]:
    """Stretches of letters of one script that `target` is not written in."""
    if text.isascii():
        return
    letter = _letter(target)
    hit = letter.search(text)
    while hit and (match := _RUN.match(text, hit.start())):
        start, end = match.span()
        script = match.lastgroup or ""
        if script == "greek":  # the letters before its accent
            while start and "α" <= text[start - 1] <= "ω":
                start -= 1
        if end - start > (script in _ALONE_A_SYMBOL):
            yield Run(start, end, count_words(text[start:end]), script)
        hit = letter.search(text, end)
