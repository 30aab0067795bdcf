"""The letters of options in an answer: `B`, `(B) Au`, `选B`; several where asked, `A, C`."""

from __future__ import annotations

import re

from filters.verifiers.grammar.glyphs import plain_signs

_TEXT_COMMAND = re.compile(r"\\(?:text[a-z]*|math(?:rm|bf|it|sf|tt)|boxed|mbox|bf|rm)\b\*?")
_MARKUP = re.compile(r"\\[,;:! ]|\*\*|[{}$_`~\\\"]+|(?<![A-Za-z])'|'(?![A-Za-z])")
_BARE = re.compile(r"(?:(?:[Oo]ption|[Cc]hoice)\s+)?[(\[]?([A-J])[)\].:]?")
_LEADING = re.compile(
    r"(?:(?:la\s+)?(?:option|opción|choice|answer|letra|letter|选项|选|答案|la)(?:\s+is)?\s*[:：]?\s*)?"
    r"(?:[(\[]([A-J])[)\]]|([A-J])(?:(?=\s-\s)|(?![A-Za-z'*+/^=<>(\d-])))",
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
    dashed = re.match(r"-\s+\S{2,}", rest)
    if match[2] and (
        (rest[:1] in tuple("*+/^=<>-(%") and not dashed and not _EXPLAINED.fullmatch(rest))
        or re.fullmatch(r"[a-z\d]", rest)
    ):
        return None  # a variable
    if _REJECTED.match(rest) or _CONTRASTED.search(rest):
        return None
    article = re.match(r"[a-z]|\d+(?:-[a-z]|\s[a-z]{3})", rest) and not _ACCEPTED.match(rest)
    if match[2] and letter in "AI" and article:
        return None  # the article, the pronoun
    return None if _HEDGE.match(rest) else letter


_REJECTED = re.compile(
    r"(?:is|are|was)(?:n't| not| never)?\s+(?:wrong|incorrect|false|impossible|not)\b"
)
_CONTRASTED = re.compile(r"\b(?:but|however|although|though|whereas)\b[^.]*(?<![A-Za-z])[A-J]\W*$")
"""behind an option that another one outdoes: "B is tempting, but it is D\""""
_EXPLAINED = re.compile(r"\([^()]{3,}\)\W*")
_ACCEPTED = re.compile(r"(?:because|since)\b|is\s+(?:right|correct|true|best|the)\b")
_HEDGE = re.compile(
    r"(?:,|/|、)\s*[(\[]?(?:[A-J](?![A-Za-z])|\d)|(?:or|and|或|和|与)(?![a-z])", re.IGNORECASE
)


_LOWER = re.compile(
    r"[(\[]?([a-j])[)\].:]?(?:\s+is\s+(?:right|correct|true|the\s+answer))?\.?|[(\[]([a-j])[)\]].*"
)


def lower_letter(text: str) -> str | None:
    """The option of `b`, `(b)`, `(b) 12`, where options are asked for."""
    match = _LOWER.fullmatch(_stripped(text))
    return (match[1] or match[2]).upper() if match else None


_LETTER = r"\(?([A-J])\)?"
_BEFORE_LETTER = (
    r"\b(?i:choose|pick|select|(?:would|'d)\s+say|go(?:ing)?\s+(?:with|for)|(?:must|should|would|has\s+to)\s+be"
    r"|(?:it|one|choice|pick|answer|option|guess|left|which|fits|works)(?:'s|\s+is)(?:\s+therefore)?"
    r"|leav(?:es|ing)(?:\s+only)?|(?:left|us)\s+with|pick|option:?|choice|correct:|settle\s+(?:on|for))\s+"
    r"(?:option\s+|choice\s+|answer\s+|letter\s+)?\W{0,3}"
)
_OF_CLAUSE = (
    r"(?:^|[,;:]|[.!?]\s|\b(?:[Ss]o|[Tt]hus|[Oo]nly|[Tt]herefore|[Hh]ence|that|think|believe)\b)"
    r"\W*(?:only\s+)?(?:(?:option|statement|choice|answer)\s+)?"
)
_CHOSEN = re.compile(
    r"(?:^|[.!?]\s)\W*([A-J])"
    r"(?:\W{0,3}$|[:)]\s[^:]{1,80}$|\s\([^()]{3,}\)\W*$|\s(?:because|since)\b)"
    rf"|{_BEFORE_LETTER}([A-J])\b(?!['’])"
    r"(?=\W*(?:$|[.,;:!)]|because|since|as|for|on|here"
    r"|is\s+(?:the\s+)?(?:right|correct|best|true|only|answer))(?!\s*or\b))"
    rf"|\}}\$?\s*(?:→|->|=>|⇒|\\Rightarrow|\\implies)?\s*{_LETTER}\W*$"
    rf"|{_OF_CLAUSE}{_LETTER}\s*(?:(?:is|must\s+be)\s+(?:the\s+)?"
    r"(?:right|correct|best|only|answer|true)|(?:is\s+what\s+)?remains|is\s+left|works|fits|it\s+is)\b"
    rf"|\b(?:[Ss]o|[Tt]hus|[Hh]ence|[Tt]herefore)\W+(?:option\s+)?{_LETTER}[.!]?$"
    rf"|(?:i\.e\.|that\s+is|which\s+is|corresponds\s+to|matches),?\s+(?:answer|option|choice)\s+{_LETTER}"
    r"(?![\w'’])"
)
_REFUSED = re.compile(r"\b(?:not|never|neither|nor|cannot|or)\b|n't\b")


def chosen_letter(sentence: str) -> str | None:
    """The one option that a clause settles on: `I would choose D`, `it must be C`."""
    if _REFUSED.search(sentence):
        return None
    chosen = {match[match.lastindex or 0] for match in _CHOSEN.finditer(sentence)}
    return chosen.pop() if len(chosen) == 1 else None


_WAVERING = re.compile(
    r"(?<![A-Za-z])([A-J])[)\]]?\s*(?:,\s*)?(?:,|/|、|or|and|not|或|和)\s*[(\[]?(?!\1)[A-J](?![A-Za-z])"
)


def wavers(text: str) -> bool:
    """Whether a text names two options side by side: `A or B`, `C, not B`."""
    return _WAVERING.search(_stripped(text)) is not None


def last_item(answer: str) -> str:
    """The last item of a list of boxes, or what stands in brackets at an answer's end: `12 (C)`."""
    in_brackets = re.search(r"\(([A-J])\)$", _stripped(answer)[-10:])
    return in_brackets[1] if in_brackets else answer.rpartition(", ")[2]
