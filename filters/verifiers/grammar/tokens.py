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
_RUN_ON = re.compile(r"q?quad|cdot(?!s)|times")
_SPACES = frozenset(" ,;:>!/\n\t")
_DOUBLED = re.compile(r"\\\\(?=[a-zA-Z{}()\[\]])")


def tokenize(text: str) -> list[Token]:
    """The tokens of one answer, without dollar signs of mathematics (kept where it is money)."""
    if len(text) > MAX_CHARS:
        raise TooLarge(f"answer of {len(text)} characters, limit {MAX_CHARS}")
    text = plain_signs(text)
    if "\\\\" in text and "\\begin" not in text and "&" not in text:
        text = _DOUBLED.sub(lambda _: "\\", text)  # a TeX string escaped once too often
    return _Cutter(text).tokens


class _Cutter:
    """Walks the text once, left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0
        self.tokens: list[Token] = []
        self.spaced = self.glued = False
        while self.place < len(text):
            match = _TOKEN.match(text, self.place)
            assert match is not None  # the last alternative takes any character
            self.place = match.end()
            kind = str(match.lastgroup)
            _CUT.get(kind, _Cutter.add)(self, kind, match[kind])

    def add(self, kind: str, found: str) -> None:
        self.tokens.append(Token(_KINDS.get(kind, kind), found, self.spaced))
        self.spaced = self.glued = False
        if len(self.tokens) > MAX_TOKENS:
            raise TooLarge(f"answer of more than {MAX_TOKENS} tokens")

    def space(self, _: str, found: str) -> None:
        """White space after a `\\!` is none."""
        self.glued = self.glued or found == "!"
        self.spaced = not self.glued

    def command(self, kind: str, found: str) -> None:
        if (run_on := _RUN_ON.match(found)) and found not in _LAYOUT:
            self.place -= len(found) - run_on.end()
            found = run_on[0]
        if found in _LAYOUT:
            return
        if found in _DROPPED_WITH_ARGUMENT:
            self.argument()
        elif found in _TEXT:
            self.words(self.argument())
        else:
            self.add(kind, found)

    def words(self, body: str) -> None:
        """The argument of `\\text{}`: one token, but composed units in parts."""
        if _is_unit(body):
            for token in tokenize(body):
                self.add("text" if token.kind == "word" else token.kind, token.text)
            return
        self.spaced = self.spaced or body[:1].isspace()
        self.add("text", body.strip())
        self.spaced = body[-1:].isspace()

    def escaped(self, _: str, found: str) -> None:
        if found in _SPACES:
            self.space(_, found)
        elif found == "\\":
            self.add("cmd", found)
        elif found not in "()[]":  # those delimit mathematics
            self.add("sign", "\\" + found if found in "{}|" else found)

    def sign(self, _: str, found: str) -> None:
        if found < " ":
            raise Unparseable("control character in the answer")
        self.add("sign", found)

    def argument(self) -> str:
        """The `{…}` that stands next (or the one character there), taken."""
        text = self.text
        while text[self.place : self.place + 1] == " ":
            self.place += 1
        start, depth = self.place, 0
        if text[start : start + 1] != "{":
            self.place += 1
            return text[start : start + 1]
        for end in range(start, len(text)):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            if depth == 0:
                self.place = end + 1
                return text[start + 1 : end]
        raise Unparseable("a brace is never closed")


_KINDS = {"glued": "word", "op": "sign"}
_CUT = {
    "space": _Cutter.space,
    "cmd": _Cutter.command,
    "esc": _Cutter.escaped,
    "sign": _Cutter.sign,
}
_UNIT_WORD = re.compile(r"[A-Za-z°μµ]+")
_UNIT_TEXT = re.compile(r"[A-Za-z°μµ\s\d/*^{}()\\,.·-]{3,40}")


def _is_unit(body: str) -> bool:
    """`m/s`, `cm^2`, `m\\,s^{-2}`: a composed unit inside `\\text{}` or `\\mathrm{}`."""
    if not _UNIT_TEXT.fullmatch(body) or not any(sign in body for sign in "/^·\\"):
        return False
    return all(word in UNITS for word in _UNIT_WORD.findall(body.replace("cdot", " ")))
