"""The letters of options in an answer: `B`, `(B) Au`, `选B`; several where asked, `A, C`."""

from __future__ import annotations

import re

from filters.verifiers.grammar.glyphs import plain_signs

_TEXT_COMMAND = re.compile(r"\\(?:text[a-z]*|math(?:rm|bf|it|sf|tt)|boxed|mbox|bf|rm)\b\*?")
_MARKUP = re.compile(r"\\[,;:! ]|\*\*|[{}$_`~\\]+")
_BARE = re.compile(r"[(\[]?([A-J])[)\].:]?")
_LEADING = re.compile(
    r"(?:(?:option|choice|answer|选项|选|答案)(?:\s+is)?\s*[:：]?\s*)?"
    r"(?:[(\[]([A-J])[)\]]|([A-J])(?![A-Za-z'*+/^=<>(\d-]))",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"[(\[]?([A-J](?:(?:\s*(?:,|;|and|和|、|&)\s*|\s*)[(\[]?[A-J][)\]]?)+)[)\]]?\.?"
)


def _stripped(text: str) -> str:
    return _MARKUP.sub(" ", _TEXT_COMMAND.sub(" ", plain_signs(text[:500]))).strip()


def bare_letter(text: str) -> str | None:
    """The letter when the text is nothing but a choice letter: `B`, `(B)`, `\\text{B}`."""
    match = _BARE.fullmatch(_stripped(text)) if len(text) <= 40 else None
    return match[1] if match else None


def letters(text: str) -> frozenset[str] | None:
    """The letters when the text is nothing but choice letters: `A, C` or `AC`."""
    match = _SEVERAL.fullmatch(_stripped(text)) if len(text) <= 80 else None
    if match is None:
        return None
    found = re.findall(r"[A-J]", match[1])
    if match[1].isalpha() and found != sorted(found):
        return None  # CBAD is an order, not a choice of four
    return frozenset(found) if len(set(found)) == len(found) else None


def letter_in(answer: str) -> str | None:
    """The letter an extracted answer begins with: `(B) Au`, `D, it can't be A`, `选B`."""
    text = _stripped(answer)
    match = _LEADING.match(text)
    if match is None:
        return None
    letter = match[1] or match[2]
    if not letter.isupper():
        return None
    rest = text[match.end() :].strip()
    if match[2] and (rest[:1] in tuple("*+/^=<>-(%") or re.fullmatch(r"[a-z\d]", rest)):
        return None  # a variable
    if match[2] and letter in "AI" and re.match(r"[a-z]|\d+(?:-[a-z]|\s[a-z]{3})", rest):
        return None  # the article, the pronoun
    return None if _HEDGE.match(rest) else letter


_HEDGE = re.compile(
    r"(?:,|/|、)\s*[(\[]?(?:[A-J](?![A-Za-z])|\d)|(?:or|and|或|和|与)(?![a-z])", re.IGNORECASE
)
