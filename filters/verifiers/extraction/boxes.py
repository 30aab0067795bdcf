r"""Answers in boxes: `\boxed{}`, `\fbox{}`; nested braces, several boxes as one list."""

from __future__ import annotations

import re

from filters.verifiers.grammar.units import UNITS

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)\s*(?=[{\d\\A-Za-z-])")

BETWEEN = re.compile(
    r"(?:\s|\$|\\\(|\\\)|\\\[|\\\]|,|;|，|、|；|&|\\quad|\\qquad|\\,|\\;|\\ |\\\\"
    r"|\\text\s*\{\s*(?:and|or|,|和|或)\s*\}|\b(?:and|or|et|ou|und|oder|y|o)\b|和|或|及|与){1,40}"
)

AND_OTHERS = re.compile(
    r"[\s$\\)]{0,5}[A-Za-z]{2,20}\s*,?\s*(?:and|,|和)[\s$\\(]{0,5}"
    r"|[\s$\\)]{0,5}(?:,|;|\band\b)\s*[$\\(]{0,3}(?!(?i:total|sum|answer|so|thus|hence|final)\b)"
    r"[A-Za-z]{1,20}\s*[:=]\s*[$\\(]{0,3}"
)
"""between `\\boxed{7}$ boys and $\\boxed{11}$ girls`, `x = \\boxed{7} and y = \\boxed{11}`"""


def last_boxed(text: str) -> str | None:
    r"""What is in the last complete box; boxes joined by `and`, `or` or a comma are one list."""
    if "\\boxed" not in text and "\\fbox" not in text and "\\framebox" not in text:
        return None
    boxes = boxes_in(text)
    if not boxes:
        return None
    start, end, content = boxes[-1]
    contents = [content + _unit_after(text, end, content)]
    for before in reversed(boxes[:-1]):
        joined = any(sign.fullmatch(text, before[1], start) for sign in (BETWEEN, AND_OTHERS))
        if not joined and not _alternative(text, before[1], start):
            break
        contents.append(before[2])
        start = before[0]
    return ", ".join(reversed(contents)) if len(set(contents)) > 1 else contents[0]


def _alternative(text: str, end: int, start: int) -> bool:
    r"""Whether two boxes are the halves of a hedge: `\boxed{24} if …, otherwise \boxed{14}`."""
    return start - end < 120 and _ALTERNATIVE.fullmatch(text, end, start) is not None


_ALTERNATIVE = re.compile(
    r"[^.\n]*\b(?:or|if\s+not|otherwise|alternatively|although|though|else|perhaps|maybe|possibly)\b[^.\n]*"
    r"|[^。\n]*(?:或|否则)[^。\n]*"
    r"|[^\n]{0,60}\b(?i:second|other|another|alternative|literal)"
    r"\s+(?:interpretation|reading|assumption|view|(?:possible\s+)?answer)\b[^.\n]*"
)
_DENIED = re.compile(r"(?:\bnot|\brather\s+than|\binstead\s+of|不是)\s*[$\\(]*$")

_UNIT_AFTER = re.compile(
    r"(?:\s|~|\\[,;: ]|\$|\\\)){0,4}"
    r"(?:\\(?:text|textnormal|textrm|mathrm)\s*\{([^{}]{1,30})\}(\^\{?\d\}?)?"
    r"|(\\?%|\^\{?\\circ\}?|°C?|[a-zA-Z]{2,12}\b|[㎡米元克升吨天]|[千厘毫]米|公[里斤]|小时|分钟)([²³])?)"
)


def _unit_after(text: str, end: int, content: str) -> str:
    r"""The unit that stands behind a box, as in `\boxed{5}\text{ km}`: it belongs to the value."""
    match = _UNIT_AFTER.match(text, end) if content[-1] in "0123456789}" else None
    if match is None:
        return ""
    name = (match[1] or match[3]).strip(" \\^{}.")
    if name == "circ":
        return r"^\circ"
    if name not in UNITS or name in _WORDS_TOO:
        return ""
    return f" \\text{{{name}}}{match[2] or match[4] or ''}"


_WORDS_TOO = frozenset(("in", "an", "yards", "block"))


def boxes_in(text: str) -> list[tuple[int, int, str]]:
    """(start, end, content) of the complete outermost boxes that hold something, last 40 tried."""
    starts = list(_BOX.finditer(text))[-40:]
    boxes: list[tuple[int, int, str]] = []
    for match in starts:
        if boxes and match.start() < boxes[-1][1]:
            continue
        found = _content(text, match.end())
        denied = _DENIED.search(text[max(0, match.start() - 30) : match.start()])
        if found is not None and found[0].strip() and not denied:
            boxes.append((match.start(), found[1], found[0].strip()))
    return boxes


def ends_in_box(text: str) -> bool:
    """Whether the last box of a text is closed and holds something; true where there is none."""
    start = max(text.rfind("\\boxed"), text.rfind("\\fbox"))
    box = _BOX.match(text, start) if start >= 0 else None
    content = _content(text, box.end()) if box else None
    return start < 0 or (content is not None and bool(content[0].strip()))


_BRACE = re.compile(r"[{}]|\\[{}\\]")

MAX_BOX_CHARS = 20_000


def _content(text: str, place: int) -> tuple[str, int] | None:
    """The braced argument at `place`, or the one token there; None if it is never closed."""
    if text[place] != "{":
        token = re.compile(r"\\[a-zA-Z]+|-?\d+(?:\.\d+)?|[A-Za-z]").match(text, place)
        return (token[0], token.end()) if token else None
    depth = 0
    for match in _BRACE.finditer(text, place, place + MAX_BOX_CHARS):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return text[place + 1 : match.start()], match.end()
    return None
