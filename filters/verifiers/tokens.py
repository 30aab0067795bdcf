"""Cuts an answer into tokens: numbers, TeX commands, letters, words, text in `\\text{}`, signs.

One regular expression of plain alternatives, no repetition inside repetition: linear time.
Commands that only arrange the page (`\\left`, `\\,`, `\\displaystyle`) never become tokens.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from filters.verifiers.glyphs import plain_signs
from filters.verifiers.units import UNITS

MAX_CHARS = 4_000
"""A longer answer is not parsed: nobody's final answer is longer, attacks are."""
MAX_TOKENS = 1_500


class Unparseable(ValueError):
    """The text is not an answer this grammar knows."""


class TooLarge(Unparseable):
    """The text is longer, deeper or bigger than will be parsed or computed."""


class Token(NamedTuple):
    kind: str
    """num, cmd, word, text, sign"""
    text: str
    spaced: bool
    """white space (or a thin space) stands before it"""


_TOKEN = re.compile(
    r"(?P<space>[\s\u00a0~]+)"
    r"|(?P<num>\d+(?:\.\d+)?|\.\d+)"
    r"|\\(?P<cmd>[a-zA-Z]+)\*?"
    r"|\\(?P<esc>[^a-zA-Z])"
    r"|(?P<glued>(?:and|or)(?=[A-Z]))"
    r"|(?P<word>[A-Za-z]+|[^\W\d_A-Za-z]+)"
    r"|(?P<op><=|>=|!=|==|\*\*|<>|->)"
    r"|(?P<sign>.)",
    re.DOTALL,
)
_LAYOUT = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle"
    " textstyle scriptstyle scriptscriptstyle limits nolimits quad qquad thinspace medspace"
    " thickspace negthinspace negmedspace negthickspace enspace nobreak allowbreak boldmath"
    " rm bf it tt sf cal normalfont large Large small tiny normalsize hfill null mathstrut strut"
    " centering noindent qed blacksquare square hline".split()
)
_DROPPED_WITH_ARGUMENT = frozenset(
    "phantom hphantom vphantom hspace vspace label tag ref cline color textcolor hskip".split()
)
_TEXT = frozenset(
    "text textbf textit textrm textsf texttt textnormal textup mbox hbox mathit mathrm mathbf"
    " mathsf mathtt operatorname bm boldsymbol emph textsc".split()
)
_GLUED = re.compile(r"q?quad|cdot(?!s)|times")
_SPACES = frozenset(" ,;:>!/\n\t")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z{}()\[\]])")


def tokenize(text: str) -> list[Token]:
    """The tokens of one answer, without dollar signs of mathematics (kept where it is money)."""
    if len(text) > MAX_CHARS:
        raise TooLarge(f"answer of {len(text)} characters, limit {MAX_CHARS}")
    text = plain_signs(text)
    if "\\\\" in text and "\\begin" not in text and "&" not in text:
        text = _DOUBLED.sub(lambda _: "\\", text)  # a TeX string escaped once too often
    tokens: list[Token] = []
    place, spaced = 0, False
    while place < len(text):
        match = _TOKEN.match(text, place)
        assert match is not None  # the last alternative takes any character
        place, kind, found = match.end(), str(match.lastgroup), str(match[match.lastgroup or 0])
        if kind == "space" or (kind == "esc" and found in _SPACES):
            spaced = spaced or found != "!"
            continue
        if kind == "glued":
            kind = "word"
        if kind == "cmd":
            if (glued := _GLUED.match(found)) and found not in _LAYOUT:
                place -= len(found) - glued.end()
                found = glued[0]
            if found in _LAYOUT:
                continue
            if found in _DROPPED_WITH_ARGUMENT:
                _, place = _braced(text, place)
                continue
            if found in _TEXT:
                body, place = _braced(text, place)
                if _is_unit(body):
                    tokens += _unit_tokens(body, spaced)
                    spaced = False
                    continue
                tokens.append(Token("text", body.strip(), spaced or body[:1].isspace()))
                spaced = body[-1:].isspace()
                continue
        elif kind == "esc":
            if found == "$":
                kind, found = "sign", "$"
            elif found == "\\":
                kind = "cmd"
            elif found in "()[]":  # mathematics delimiters, unless a bracket was meant
                continue
            else:
                kind, found = "sign", "\\" + found if found in "{}|" else found
        elif kind == "op":
            kind = "sign"
        if kind == "sign" and found in "\x00\x01\x02":
            raise Unparseable("control character in the answer")
        tokens.append(Token(kind, found, spaced))
        spaced = False
        if len(tokens) > MAX_TOKENS:
            raise TooLarge(f"answer of more than {MAX_TOKENS} tokens")
    return tokens


_UNIT_WORD = re.compile(r"[A-Za-z°μµ]+")
_UNIT_TEXT = re.compile(r"[A-Za-z°μµ\s\d/*^{}()\\,.·-]{3,40}")


def _is_unit(body: str) -> bool:
    """`m/s`, `cm^2`, `m\\,s^{-2}`: a composed unit inside `\\text{}` or `\\mathrm{}`."""
    if not _UNIT_TEXT.fullmatch(body) or not any(sign in body for sign in "/^·\\"):
        return False
    return all(word in UNITS for word in _UNIT_WORD.findall(body.replace("cdot", " ")))


def _unit_tokens(body: str, spaced: bool) -> list[Token]:
    return [
        token._replace(kind="text" if token.kind == "word" else token.kind, spaced=spaced)
        for token in tokenize(body)
    ]


def _braced(text: str, place: int) -> tuple[str, int]:
    """The `{…}` argument at `place` (or the one character there), and where it ends."""
    while place < len(text) and text[place] == " ":
        place += 1
    if place >= len(text) or text[place] != "{":
        return text[place : place + 1], place + 1
    depth = 0
    for end in range(place, len(text)):
        if text[end] == "{":
            depth += 1
        elif text[end] == "}":
            depth -= 1
            if depth == 0:
                return text[place + 1 : end], end + 1
    raise Unparseable("a brace is never closed")
