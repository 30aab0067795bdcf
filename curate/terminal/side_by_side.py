"""Two versions of a text beside each other, what differs marked: in colour on a terminal, as
[-gone-] and {+new+} elsewhere."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from difflib import SequenceMatcher
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from curate.terminal.counts import number_of
from curate.terminal.tables import coloured, visible

if TYPE_CHECKING:
    from rich.text import Text

Words = list[tuple[str, bool]]
"""words with the blanks before them, and whether the other version lacks them"""
_CJK = "぀-ヿ㐀-鿿"
_SENTENCE = re.compile(r".+?(?:[.!?](?=\s|$)|[。！？]|\n\s*\n|$)\s*", re.S)
_WORD = re.compile(rf"\s*(?:[{_CJK}]|[^\s{_CJK}]+)")
_MOST_PAIRS = 1_000_000
"""of words that are compared each with each; a longer passage is shown as wholly other"""
_WIDTH = 140
"""of both columns, where no terminal has one"""


def compared(before: str, after: str) -> Iterator[tuple[Words, Words] | int]:
    """In order: a passage of both that differs, or how many sentences are alike. Blanks are not
    compared."""
    for same, old, new in _blocks(_SENTENCE.findall(before), _SENTENCE.findall(after)):
        yield len(old) if same else _words("".join(old), "".join(new))


def show_side_by_side(titles: tuple[str, str], texts: tuple[str, str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    in_colour = coloured()
    table = Table(*titles, box=box.SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.ratio, column.overflow = 1, "fold"
    table.expand = True
    for passage in compared(*texts):
        if isinstance(passage, int):
            alike = f"… {number_of(passage, 'sentence')} alike …"
            table.add_row(alike, alike, style="dim")
        else:
            old, new = passage
            gone = _marked(old, ("[-", "-]"), "red", in_colour)
            table.add_row(gone, _marked(new, ("{+", "+}"), "green", in_colour))
    Console(width=None if sys.stdout.isatty() else _WIDTH).print(table)


def _marked(words: Words, marks: tuple[str, str], style: str, in_colour: bool) -> Text:
    from rich.text import Text

    text = Text()
    for other, some in groupby(words, key=itemgetter(1)):
        passage = "".join(word for word, _ in some)
        words_alone = passage.lstrip()
        text.append(passage[: len(passage) - len(words_alone)])
        shown = visible(words_alone)
        if other and not in_colour:
            shown = f"{marks[0]}{shown}{marks[1]}"
        text.append(shown, style if other and in_colour else None)
    text.rstrip()
    return text


def _words(before: str, after: str) -> tuple[Words, Words]:
    old, new = _WORD.findall(before), _WORD.findall(after)
    if len(old) * len(new) > _MOST_PAIRS:
        return [(word, True) for word in old], [(word, True) for word in new]
    left: Words = []
    right: Words = []
    for same, olds, news in _blocks(old, new):
        left += [(word, not same) for word in olds]
        right += [(word, not same) for word in news]
    return left, right


def _blocks(old: list[str], new: list[str]) -> Iterator[tuple[bool, list[str], list[str]]]:
    """Whether they are alike, and the pieces of both, in order."""
    olds, news = ([" ".join(piece.split()) for piece in side] for side in (old, new))
    matcher = SequenceMatcher(None, olds, news)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag == "equal", old[i:j], new[k:m]
