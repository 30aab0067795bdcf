"""Words that are no sentences: hardly a small word among them, or English ones in no order.

In sentences small words stand in few places: `of` behind a noun, `the` before one. How often a word
of each kind follows one of each other, as against chance, was counted in half of 1,847 real traces
and of 14,000 problems, solutions, replies and manuals (a million pairs). The sum over a stretch is
the log of how much likelier it is as prose than as the same words shuffled.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from filters.language.function_words import languages_of

WORDS = r"(?:[A-Za-zÀ-ÿ]+ ){22,}[A-Za-zÀ-ÿ]+"
"""words in a row without a sign between them: of real stretches in a hundred one is so long"""
_GRAMMAR = 0.15
"""of such words function words are 0.3 to 0.6 in any language's prose; scraps have next to none"""
_SHUFFLED = -6.0
"""sum under which English is shuffled: of 4,200 real stretches of 20 words and more in the half not
counted none is under -4; shuffled ones of 24 words are in four of five cases"""
_KINDS = {
    word: kind
    for kind, words in {
        "D": "the a an my our their its your his",
        "Q": "this these those each every some any no another both all one two three",
        "F": "of",
        "I": "in on at by for with from into about between over after per through without under"
        " during before as than",
        "T": "to",
        "B": "is are was were am has have had",
        "M": "will would can could should must may might do does did",
        "N": "be been being not",
        "S": "i he she they we it you there",
        "W": "who which what how where when why that",
        "A": "and or",
        "C": "but so if because since while then whether",
    }.items()
    for word in words.split()
}
_ENDINGS = {"ing": "g", "ed": "d", "ly": "l", "s": "s"}
"""kinds of other words, by how they end; the rest are x"""
_SECOND = "DQFITBMNSWACgdlsx"
_FOLLOWS = {
    "D": "03000100000054357",
    "Q": "14721541032144376",
    "F": "77000002242162274",
    "I": "77000001441273354",
    "T": "65000237120030526",
    "B": "66055007350378824",
    "M": "23000529630410605",
    "N": "53032106040269715",
    "S": "02043892012305755",
    "W": "66033670820453454",
    "A": "56032344640765565",
    "C": "76040023961953433",
    "g": "66366340565534354",
    "d": "44288210256543654",
    "l": "45166335355588654",
    "s": "55776663667445433",
    "x": "44666653566544554",
}
"""first kind -> for each of `_SECOND` how much oftener than by chance it follows: 5 is as often, a
digit more a factor of 1.65 (half a nat); 0 and 9 hold what is beyond"""


def word_salad(text: str) -> Iterator[tuple[int, int]]:
    return (run.span() for run in re.finditer(WORDS, text) if is_salad(run[0]))


def is_salad(run: str) -> bool:
    words = run.lower().split()
    others = [languages_of(word) for word in words if word not in _KINDS]
    english = len(words) - len(others)
    if english + sum(map(bool, others)) < _GRAMMAR * len(words):
        return True
    elsewhere = Counter(code for some in others for code in some)
    return english > max(elsewhere.values(), default=0) and _order(words) < _SHUFFLED


def _order(words: list[str]) -> float:
    """In nats, above zero for prose."""
    pairs = pairwise(map(_kind, words))
    return sum(int(_FOLLOWS[first][_SECOND.index(second)]) - 5 for first, second in pairs) / 2


def _kind(word: str) -> str:
    ending = next((kind for end, kind in _ENDINGS.items() if word.endswith(end)), "x")
    return _KINDS.get(word) or (ending if len(word) > 4 else "x")
