"""The program in a reply, by one rule. Only text after the closing think tag is read, all of it
where the reply has no think tags, none where the thinking never ends. In it:

fence_named   the last closed ``` block labelled python that defines the function the tests call
fence_python  else the last one labelled python
fence         else the last closed one without a label
whole         else, without any fence, the whole text where it is Python that does something
"""

from __future__ import annotations

import ast
import re

_CLOSE, _OPEN = "</think>", "<think>"
# a fence is closed by one at least as long and of the same sign; it may be indented in a list
_FENCE = re.compile(
    r"^(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<label>[\w+.#-]*)[^\n`]*\n"
    r"(?P<body>.*?)^[ \t]*(?P=fence)[`~]*[ \t]*\r?$",
    re.MULTILINE | re.DOTALL,
)
_PYTHON = {"python", "python3", "py", "py3", "pycon", "python2", "py2"}
_WHOLE_LIMIT = 200_000


def program_in(reply: str, names: frozenset[str] = frozenset()) -> tuple[str, str] | None:
    """The program and the rule that found it."""
    text = _after_thinking(reply)
    if text is None:
        return None
    blocks = [_block(match) for match in _FENCE.finditer(text)]
    python = [body for label, body in blocks if label in _PYTHON]
    for body in reversed(python):
        if any(_defines(body, name) for name in names):
            return body, "fence_named"
    if python:
        return python[-1], "fence_python"
    plain = [body for label, body in blocks if not label]
    if plain:
        return plain[-1], "fence"
    if not blocks and _is_program(text):
        return text, "whole"
    return None


def _after_thinking(reply: str) -> str | None:
    if _CLOSE in reply:
        return reply.rpartition(_CLOSE)[2]
    return None if _OPEN in reply else reply


def _block(match: re.Match[str]) -> tuple[str, str]:
    indent = match["indent"]
    lines = match["body"].splitlines(keepends=True)
    if indent:
        lines = [line.removeprefix(indent) for line in lines]
    return match["label"].lower(), "".join(lines)


def _defines(body: str, name: str) -> bool:
    name = re.escape(name.partition(".")[0])
    pattern = rf"^\s*(?:async\s+)?(?:def|class)\s+{name}\b|^{name}\s*(?::[^=\n]*)?="
    return re.search(pattern, body, re.MULTILINE) is not None


def _is_program(text: str) -> bool:
    """One word is Python too; a program imports, defines, assigns or calls."""
    if len(text) > _WHOLE_LIMIT:
        return False
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    if any(not isinstance(node, ast.Expr) for node in body):
        return True
    return any(isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) for node in body)
