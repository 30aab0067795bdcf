"""The program in a reply, by one rule, in one pass over its lines. Only what `reply_of` gives is
read: the text after the thinking, nothing where the thinking never ends. In it:

fence_named    the last closed ``` block labelled python that defines the function the tests call
fence_python   else the last closed one labelled python
tagged         for both of these, what stands in the last <answer>, <code> or [PYTHON] without a
               fence and begins like Python counts as one more such block behind the others
fence_open     else one labelled python that the reply ends in
fence          else the last one without a label, closed or not
whole          else, without any block, the whole text where a line of it begins like Python; before
               a lone fence at the end, whose opening was lost, from that line on

Nothing here parses Python, which is the model's and may be nested to hurt: text that turns out to
be none when it is run was no program (`code.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from filters.trace_format import reply_of

# ``` or more, or ~~~; it may be indented in a list, and no backtick follows
_OPENING = re.compile(r"([ \t]*+)(`{3,}+|~{3,}+)[ \t]*+([\w+.#-]*+)[^\n`]*+")
_OPENING_IN_LINE = re.compile(r"[^`\n]*+(`{3,}+)(python3?|py3?)", re.IGNORECASE)
_PYTHON = {"python", "python3", "py", "py3", "pycon", "python2", "py2"}
_LIKE_PYTHON = re.compile(
    r"^(?:(?:import|from|def|class|if|for|while|with|try|async|print)\b|@\w"
    r"|\w[\w.]*(?:\[[^\n\]]*\])?[ \t]*(?::[^\n=]*)?[-+*/%|&^]?=[^=]|\w[\w.]*\()",
    re.MULTILINE,
)


class Found(NamedTuple):
    program: str
    rule: str


class _Block(NamedTuple):
    label: str
    body: str
    closed: bool


def program_in(reply: str, names: frozenset[str] = frozenset()) -> Found | None:
    """The program and the rule that found it; `names` are of the functions the tests call."""
    text = reply_of(reply)
    blocks = list(_blocks(text))
    python = [b for b in blocks if b.label in _PYTHON or b.label.endswith(".py")]
    closed = [Found(block.body, "fence_python") for block in python if block.closed]
    if tagged := _in_tags(text, alone=not blocks):
        closed.append(Found(tagged, "tagged"))
    for found in reversed(closed):
        if any(_defines(found.program, name) for name in names):
            return found._replace(rule=found.rule.replace("_python", "_named"))
    if closed:
        return closed[-1]
    if python:
        return Found(python[-1].body, "fence_open")
    if plain := [block.body for block in blocks if not block.label]:
        return Found(plain[-1], "fence")
    if not blocks and (first := _LIKE_PYTHON.search(text)):
        before = _before_end(text, "```")
        return Found(text if before is None else before[first.start() :], "whole")
    return None


def _in_tags(text: str, alone: bool) -> str | None:
    """What is in the last pair of tags, or behind one that is never closed, if it is a program: its
    first line is one of Python's, and beside fences it has more than that."""
    tags = list(_TAG.finditer(text))
    closed = tags and tags[-1][0][1] == "/"
    opening = tags[-2] if closed and len(tags) > 1 else tags[-1] if tags and not closed else None
    if opening is None or opening[0][1] == "/":
        return None
    body = text[opening.end() : tags[-1].start() if closed else len(text)].strip("\r\n")
    whole = alone or "\n" in body.strip()
    return body if whole and _BEGINS.match(body) and "```" not in body else None


_TAG = re.compile(r"</?(?:answer|code|python)>|\[/?python\]", re.IGNORECASE)
_BEGINS = re.compile(
    r"(?:[ \t]*(?:#[^\n]*)?\n)*+(?:[ \t]*+)(?:import \w|from [\w.]+ import\b|@\w|print\(|['\"]{3}"
    r"|(?:async def|def|class|if|for|while|with|try)\b[^\n]*:|\w[\w., \[\]]*=[^=]|\w[\w.]*\()"
)


def _blocks(text: str) -> Iterator[_Block]:
    """Fenced blocks. A fence is closed by one at least as long and of the same sign that begins or
    ends a line; else it reaches to the end, as in CommonMark. One without a label and with nothing
    behind it opens none."""
    opened: _Opening | None = None
    lines: list[str] = []
    for line in text.splitlines(keepends=True):
        if opened is None:
            opened = _opening(line.rstrip())
            lines = []
            continue
        before = _before_closing(line, opened.fence)
        if before is None:
            lines.append(line.removeprefix(opened.indent))
            continue
        if before.strip():
            lines.append(before.removeprefix(opened.indent) + "\n")
        yield _Block(opened.label.lower(), "".join(lines), True)
        opened = None
    if opened is not None and (opened.label or "".join(lines).strip()):
        yield _Block(opened.label.lower(), "".join(lines), False)


class _Opening(NamedTuple):
    indent: str
    fence: str
    label: str


def _opening(line: str) -> _Opening | None:
    """A fence by itself, or one for Python behind some words."""
    if found := _OPENING.fullmatch(line):
        return _Opening(*found.groups())
    found = _OPENING_IN_LINE.fullmatch(line)
    return _Opening("", *found.groups()) if found else None


def _before_closing(line: str, fence: str) -> str | None:
    """What stands before a closing fence in the line; None where there is none."""
    indented = line.lstrip(" \t")
    if indented.startswith(fence) and indented.lstrip(fence[0])[:1] in ("", *" \t\r\n"):
        return ""
    return _before_end(line, fence)


def _before_end(text: str, fence: str) -> str | None:
    text = text.rstrip()
    before = text.rstrip(fence[0])
    return before if len(text) - len(before) >= len(fence) else None


def _defines(body: str, name: str) -> bool:
    name = re.escape(name.partition(".")[0])
    pattern = rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{name}\b|^{name}[ \t]*(?::[^=\n]*)?="
    return re.search(pattern, body, re.MULTILINE) is not None
