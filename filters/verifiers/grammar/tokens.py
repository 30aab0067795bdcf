"""Cuts an answer into tokens: numbers, TeX commands, letters, words, text in `\\text{}`, signs.

One regular expression of plain alternatives, no repetition inside repetition: linear time.
Commands that only arrange the page (`\\left`, `\\,`, `\\displaystyle`) never become tokens.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from filters.verifiers.grammar.glyphs import plain_signs
from filters.verifiers.grammar.units import UNITS

MAX_CHARS = 4_000
"""A longer answer is not parsed: nobody's final answer is longer, attacks are."""
MAX_TOKENS = 1_500


class Unparseable(ValueError):
    """The text is not an answer this grammar knows."""


class UnknownCommand(Unparseable):
    """TeX that may well mean something, but not to this grammar."""


class TooLarge(Unparseable):
    """The text is longer, deeper or bigger than will be parsed or computed."""


class Token(NamedTuple):
    kind: str
    """num, cmd, word, text, sign"""
    text: str
    spaced: bool
    """white space (or a thin space) stands before it"""


_TOKEN = re.compile(
    r"(?P<joint>\s*\\!\s*)"
    r"|(?P<space>[\s\u00a0~]+|\\[ ,;:>/\n\t])"
    r"|(?P<num>\d+(?:\.\d+)?|\.\d+)"
    r"|\\(?P<cmd>q?quad|cdot(?!s)|times|[a-zA-Z]+\*?|\\)"
    r"|(?P<delimiter>\\[()\[\]])"
    r"|(?P<word>(?:and|or)(?=[A-Z])|[A-Za-z]+|[^\W\d_A-Za-z]+)"
    r"|(?P<sign><=|>=|!=|==|\*\*|<>|->|\\[{}|]|\\?.)",
    re.DOTALL,
)
_LAYOUT = frozenset(
    "left right big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr middle displaystyle"
    " textstyle scriptstyle scriptscriptstyle limits nolimits quad qquad thinspace medspace"
    " thickspace negthinspace negmedspace negthickspace enspace nobreak allowbreak boldmath"
    " rm bf it tt sf cal normalfont large Large small tiny normalsize hfill null mathstrut strut"
    " centering noindent qed blacksquare square checkmark hline".split()
)
_DROPPED_WITH_ARGUMENT = frozenset(
    "phantom hphantom vphantom hspace vspace label tag ref cline color textcolor hskip".split()
)
_TEXT = frozenset(
    "text textbf textit textrm textsf texttt textnormal textup mbox hbox mathit mathrm mathbf"
    " mathsf mathtt operatorname bm boldsymbol emph textsc".split()
)
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
    while match := _TOKEN.match(text, place):
        kind, found, place = match.lastgroup or "", match[match.lastgroup or ""], match.end()
        if kind == "cmd":
            found = found.rstrip("*")
            if found in _TEXT:
                body, place = _argument(text, place)
                tokens += _words(body, spaced)
                spaced = body[-1:].isspace()
                continue
            if found in _DROPPED_WITH_ARGUMENT:
                place = _argument(text, place)[1]
                continue
            if found in _LAYOUT:
                continue
        if kind in ("joint", "space"):
            spaced = kind == "space"
        elif kind != "delimiter":
            tokens.append(Token(kind, _plain_sign(found) if kind == "sign" else found, spaced))
            spaced = False
        if len(tokens) > MAX_TOKENS:
            raise TooLarge(f"answer of more than {MAX_TOKENS} tokens")
    return tokens


def _plain_sign(sign: str) -> str:
    if sign < " ":
        raise Unparseable("control character in the answer")
    return sign if sign in ("\\{", "\\}", "\\|") else sign.removeprefix("\\") or sign


def _argument(text: str, place: int) -> tuple[str, int]:
    """The `{…}` that stands next (or the one character there), and where it ends."""
    while text[place : place + 1] == " ":
        place += 1
    if text[place : place + 1] != "{":
        return text[place : place + 1], place + 1
    depth = 0
    for end in range(place, len(text)):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        if depth == 0:
            return text[place + 1 : end], end + 1
    raise Unparseable("a brace is never closed")


_UNIT_WORD = re.compile(r"[A-Za-z°μµ\u4e00-\u9fff]+")
_UNIT_TEXT = re.compile(r"[A-Za-z°μµ\u4e00-\u9fff\s\d/*^{}()\\,.·-]{3,40}")


def _words(body: str, spaced: bool) -> list[Token]:
    """The argument of `\\text{}`: one token, but composed units in parts."""
    if not _is_unit(body):
        return [Token("text", body.strip(), spaced or body[:1].isspace())]
    return [
        Token("text" if token.kind == "word" else token.kind, token.text, spaced and not place)
        for place, token in enumerate(tokenize(body))
    ]


def _is_unit(body: str) -> bool:
    """`m/s`, `miles per hour`, `cm^2`: a composed unit inside `\\text{}` or `\\mathrm{}`."""
    if not _UNIT_TEXT.fullmatch(body) or not any(sign in body for sign in ("per", *"/^·\\")):
        return False
    words = _UNIT_WORD.findall(body.replace("cdot", " "))
    return all(word in UNITS or word == "per" for word in words) and words != ["per"]
