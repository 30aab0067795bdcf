"""Does a text end inside a sentence, a list item, a table row or a pair of marks?

What ends in a letter, a comma or an operator may be a terse style, so the text's own lines are the
measure: an item without a stop is cut where the others have one.
"""

from __future__ import annotations

import re

from filters.readability.markup import close_last

TAIL = 2000
"""characters of the end that are looked at: a list of some length, whose items are the measure"""
_OPEN_END = re.compile(
    # a * right behind a word or sign closes what was emphasised; ² is no letter
    r"(?:[^\W\d_²³¹⁰-ₜ½¼¾][\u0300-\u036f]*['’]?|[,;(\[{=+/\\<≤≥→、，；（×÷·^&–—-]|\s\*+)\Z"
)
_STOP = re.compile(r"(?:[.!?。！？…:：;；`\])}）】”\"』」$|]|(?<![\s*])\*+)\Z")
"""what a finished line ends in"""
_NAMES = re.compile(r"[:：=]")
"""what an item says and what about it: `- pens: 48`"""
_ITEM = re.compile(r"[ \t]*(?:[-*•]|\d+[.)])[ \t]+(?=\S)")
_FIRST = re.compile(r"[ \t]*1[.)]")
"""of a numbered list, which has more than one item"""
_HEADING = re.compile(r"^[ \t]*#")
_WITHIN = r"[^\n:：=.!?]|[.!?](?!\s)"
"""a character of one sentence"""
_SENTENCE = r"[A-Z](?=.*\s[a-z])(?:\S+\s+){3}"
_STATEMENT = re.compile(
    rf"^(?:{_WITHIN}|[:：=]){{0,200}}"
    rf"(?:[:：]\W*+(?!{_SENTENCE})(?:{_WITHIN}){{0,40}}|=\s*(?:(?![,;])(?:{_WITHIN})){{0,40}})\Z"
)
"""a short `Answer: East` or `48 + 4 = 52 pens`, no sentence in front or behind the colon; half or
twice as much room changes one or two of 1,847 real texts"""
_FORMULA_BEGINS = re.compile(r"(?<!\\)\$(?=[a-zA-Z\\])")
"""a dollar: as money it has a digit behind it"""
_BOXED = re.compile(r"\\boxed\{[^\n]*\}[\\)\]$* ]*(?:[^\W\d_]|[ /])*\Z")
"""an answer, and its unit"""
_SAYS = re.compile(r"[^\W_]")
_FORMULA = re.compile(r"\\\(.*?\\\)|\\\[.*?\\\]|\$[^$\n]*\$|`[^`]*`")
_LONG_ITEM = 40
"""characters from which the only item of a list is a sentence and wants a stop"""
_VERSE = 60
"""characters of a line of verse; a line of wrapped prose has 70 and more"""


def breaks_off(text: str) -> bool:
    text = text[-TAIL:]
    before, last = _last_line(text)
    if _leaves_open(last) or _leaves_formula_open(text, last):
        return True
    if _is_finished(last) and not last.startswith("|"):
        return False
    lines = [line.rstrip() for line in before.split("\n")]
    if last.startswith("|") and lines[-1].startswith("|"):
        return last.count("|") < lines[-1].count("|")
    if _ITEM.match(last):
        return _is_cut_item(last, lines)
    if _STATEMENT.search(last) or _BOXED.search(last):
        return False
    if _HEADING.search(last) and not any(map(_HEADING.search, lines)):
        return False
    return _ends_in_prose(last) and not _is_short_line(lines[-1])


def _last_line(text: str) -> tuple[str, str]:
    """What is before it, and itself: it says something, or ends as a finished line does."""
    before, _, last = text.rstrip().rpartition("\n")
    while before and not (_SAYS.search(last) or _is_finished(last)):
        before, _, last = before.rstrip().rpartition("\n")
    return before, last


def _is_finished(line: str) -> bool:
    return _STOP.search(line[-4:]) is not None


def _is_short_line(line: str) -> bool:
    """One without a stop, as in a poem, or above the name below a letter."""
    return 0 < len(line) <= _VERSE and _ends_in_prose(line)


def _leaves_open(line: str) -> bool:
    """Emphasis, code or a bracket that the line opens, does not close, and does not end behind."""
    ticks = line.replace("```", "").count("`")
    if line.count("**") % 2 or ticks % 2 or line.count("“") > line.count("”") + line.count("„"):
        return True
    if _is_finished(line) or not ("(" in line or "（" in line):
        return False
    prose = _FORMULA.sub("", line)
    opened = max(prose.rfind("("), prose.rfind("（"))
    return opened > max(prose.rfind(")"), prose.rfind("）"), prose.rfind("]"))


def _leaves_formula_open(text: str, line: str) -> bool:
    """In its last paragraph. One that holds the boxed answer lacks nothing but its end."""
    end = text[text.rfind("\n\n") + 1 :]
    opened = max(end.rfind("\\["), end.rfind("\\("))
    is_open = opened > max(end.rfind("\\]"), end.rfind("\\)")) and end[opened - 1] != "\\"
    if line.count("$") % 2 and _FORMULA_BEGINS.match(line, line.rfind("$")):
        is_open = True
    return is_open and close_last(text) == text


def _is_cut_item(item: str, before: list[str]) -> bool:
    others = [line for line in before if _ITEM.match(line)]
    if others:
        lacks = all(map(_is_finished, others))
        lacks = lacks or (all(map(_NAMES.search, others)) and not _NAMES.search(item))
        return lacks and (len(others) > 1 or _ends_in_prose(item))
    return (len(item) >= _LONG_ITEM or _FIRST.match(item) is not None) and _ends_in_prose(item)


def _ends_in_prose(line: str) -> bool:
    return _OPEN_END.search(line[-4:]) is not None
