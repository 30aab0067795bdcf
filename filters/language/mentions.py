"""Whether foreign words are only spoken of: quoted, bracketed behind their own translation, or
named as a foreign word."""

from __future__ import annotations

import re
from collections.abc import Sequence

from filters.spans import Span, inside

CODE = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`", re.DOTALL)
_QUOTES = re.compile(
    r"\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|‘[^’\n]{1,200}’|«[^»\n]{1,300}»"
    r"|「[^」\n]{1,300}」|『[^』\n]{1,300}』|《[^》\n]{1,300}》|`[^`\n]{1,300}`"
    r"|(?<![^\W\d_])'[^'\n]{1,200}'(?![^\W\d_])"
)
_NAMED = re.compile(
    r"\b(?:chinese|japanese|korean|russian|arabic|hebrew|greek|cyrillic|mandarin|cantonese|hindi"
    r"|thai|french|german|spanish|italian|portuguese|latin|kanji|hanzi|pinyin|characters?|letters?"
    r"|symbols?|word for|written as|spelled|pronounced|transl\w+)\b[^.\n]{0,40}$"
)
_BORROWED = re.compile(
    r"(?i)\b(?:[àa] la \w+|je ne sais quoi|joie de vivre|raison d'être|cr[eè]me de la cr[eè]me"
    r"|pas de deux|pi[eè]ce de résistance|plat du jour|soup du jour|tour de force"
    r"|cordon bleu|quod erat demonstrandum|quid pro quo|sine qua non|cogito,? ergo sum)\b"
)
"""what English has taken over as it is"""
_BEFORE = 64
"""characters that hold the longest name of a language and the 40 that may follow it"""


def quotations(text: str) -> list[Span]:
    """Where they stand, in order."""
    return [quote.span() for quote in _QUOTES.finditer(text)]


def is_mention(text: str, start: int, end: int, quotes: Sequence[Span]) -> bool:
    """Of the words from `start` to `end`; `quotes` are the text's."""
    quote = inside(start, quotes)
    if quote and end <= quote[1]:
        return True
    if _BORROWED.search(text, start, end):
        return True
    before = text[max(0, start - _BEFORE) : start].rpartition("\n")[2].rstrip()
    after = text[end : end + _BEFORE].partition("\n")[0].lstrip()
    bracketed = before.endswith(("(", "（", "[")) and after[:1] in (")", "）", "]", ",", "，", "=")
    return bracketed or _NAMED.search(before.lower()) is not None
