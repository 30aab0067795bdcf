"""Does a text end inside a sentence, a list item, a table row or a pair of marks?

What ends in a letter, a comma or an operator may be a terse style, so the text's own lines are the
measure: an item without a stop is cut where the others have one.
"""

from __future__ import annotations

import re

TAIL = 2000
"""characters of the end that are looked at: a list of some length, whose items are the measure"""
_OPEN_END = re.compile(
    # a * right behind a word or sign closes what was emphasised; ² is no letter
    r"(?:[^\W\d_²³¹⁰-ₜ½¼¾][\u0300-\u036f]*['’]?|[,;(\[{=+/\\<≤≥→、，；（×÷·^&–—-]|\s\*+)\Z"
)
_STOP = re.compile(r"(?:[.!?。！？…:：;；`\])}）】”\"』」$|]|(?<![\s*])\*+)\Z")
"""what a finished line ends in"""
_ITEM = re.compile(r"[ \t]*(?:[-*•]|\d+[.)])[ \t]+(?=\S)")
_HEADING = re.compile(r"^[ \t]*#")
_STATEMENT = re.compile(r"^[^\n]{0,200}[:：=]\s*[^\n:：=]{0,40}\Z")
"""a short `Answer: East`: half or twice as much room before and behind the colon changes one or two
of 1,847 real texts"""
_BOXED = re.compile(r"\\boxed\{[^\n]*\}[\\)\]$* ]*(?:[^\W\d_]|[ /])*\Z")
"""an answer, and its unit"""
_SAYS = re.compile(r"[^\W_]")
_FORMULA = re.compile(r"\\\(.*?\\\)|\\\[.*?\\\]|\$[^$\n]*\$|`[^`]*`")
_LONG_ITEM = 40
"""characters from which the only item of a list is a sentence and wants a stop"""
_VERSE = 60
"""characters of a line of verse; a line of wrapped prose has 70 and more"""


def breaks_off(text: str) -> bool:
    before, last = _last_line(text[-TAIL:])
    if _leaves_open(last):
        return True
    if _STOP.search(last) and not last.startswith("|"):
        return False
    lines = [line.rstrip() for line in before.split("\n")]
    if last.startswith("|") and lines[-1].startswith("|"):
        return last.count("|") < lines[-1].count("|")
    if _ITEM.match(last):
        return _is_cut_item(last, lines)
    if any(kind.search(last) for kind in (_HEADING, _STATEMENT, _BOXED)):
        return False
    return _ends_in_prose(last) and not _is_short_line(lines[-1])


def _last_line(text: str) -> tuple[str, str]:
    """What is before it, and itself: it says something, or ends as a finished line does."""
    before, _, last = text.rstrip().rpartition("\n")
    while before and not (_SAYS.search(last) or _STOP.search(last)):
        before, _, last = before.rstrip().rpartition("\n")
    return before, last


def _is_short_line(line: str) -> bool:
    """One without a stop, as in a poem, or above the name below a letter."""
    return 0 < len(line) <= _VERSE and _ends_in_prose(line)


def _leaves_open(line: str) -> bool:
    """Emphasis, code or a bracket that the line opens, does not close, and does not end behind."""
    ticks = line.replace("```", "").count("`")
    if line.count("**") % 2 or ticks % 2 or line.count("“") > line.count("”"):
        return True
    prose = _FORMULA.sub("", line)
    opened = max(prose.rfind("("), prose.rfind("（"))
    closed = max(prose.rfind(")"), prose.rfind("）"), prose.rfind("]"))
    return opened > closed and not _STOP.search(line)


def _is_cut_item(item: str, before: list[str]) -> bool:
    others = [line for line in before if _ITEM.match(line)]
    if others:
        return all(map(_STOP.search, others)) and (len(others) > 1 or _ends_in_prose(item))
    return len(item) >= _LONG_ITEM and _ends_in_prose(item)


def _ends_in_prose(line: str) -> bool:
    return _OPEN_END.search(line) is not None
