"""LaTeX and Markdown that do not close what they open."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

CODE_BLOCK = r"(?s:`{3,}.*?(?:`{3,}|\z)|~{3,}.*?(?:~{3,}|\z))"
MARKS = (
    # nothing counts between fences, in code and behind a backslash: `\\[4pt]` opens nothing
    rf"{CODE_BLOCK}|`[^`\n]*`|\\[\\$`]"
    r"|\\[\[\]()]|\\(?:begin|end)\{[^{}\n]*\}|\\(?:left|right)\b|\$\$"
)
"""what opens or closes something, and what hides such marks; as polars spells patterns"""
_MARKS = re.compile(MARKS.replace(r"\z", r"\Z"))
_OPENERS = {r"\]": r"\[", r"\)": r"\(", r"\right": r"\left"}


def unbalanced(marks: Sequence[str]) -> list[int]:
    """Which of a text's marks open what nothing closes, or close what nothing opened. Where a fence
    stays open it is the only one: what lies behind it cannot be told from code."""
    if marks and _is_fence(marks[-1]) and not marks[-1][3:].endswith(marks[-1][:3]):
        return [len(marks) - 1]
    open_: list[tuple[str, int]] = []
    depth: dict[str, int] = defaultdict(int)
    broken = []
    for i, mark in enumerate(marks):
        if mark[0] in "`~" or _is_escape(mark):
            continue
        opener = _opener(mark, depth)
        if opener is None:
            open_.append((mark, i))
            depth[mark] += 1
        elif depth[opener] == 0:
            broken.append(i)
        else:
            while (last := open_.pop())[0] != opener:
                broken.append(last[1])
                depth[last[0]] -= 1
            depth[opener] -= 1
    return sorted(broken + [i for _, i in open_])


def _is_fence(mark: str) -> bool:
    return mark.startswith(("```", "~~~"))


def _is_escape(mark: str) -> bool:
    return mark in (r"\\", r"\$", r"\`")


def _opener(mark: str, depth: dict[str, int]) -> str | None:
    """What the mark closes; null if it opens something."""
    if mark == "$$":
        return mark if depth[mark] else None
    if mark.startswith(r"\end"):
        return mark.replace(r"\end", r"\begin", 1)
    return _OPENERS.get(mark)


_UNIT = r"(?:\s|[.,。，]|\\[,;:! ]|\\(?:text|mathrm)\s*\{[^{}\n]*\})*"
_BOXED_TO_THE_END = re.compile(
    r"(?s)(?P<opening>\\[\[(]|\$\$)(?P<blank>\s*)"
    rf"(?:(?:(?!\n\n).){{0,300}}(?:=|\\[a-zA-Z]+|\n)\s*)?\\boxed\{{[^\n]+\}}(?P<rest>{_UNIT})\Z"
)
"""a last formula that is nothing but what leads to the answer, its box and a unit"""
_CLOSERS = {opener: closer for closer, opener in _OPENERS.items()} | {"$$": "$$"}


def broken_markup(text: str) -> list[tuple[int, int]]:
    """Where the marks are that `unbalanced` finds; a formula that nothing closes is none where it
    is the last thing said and holds a complete box: `close_last` closes it."""
    broken = _broken(text)
    return broken[:-1] if _open_to_the_end(text, broken) else broken


def close_last(text: str) -> str:
    """With the end of a last formula that lacks nothing else; doing it twice changes nothing."""
    if not (last := _open_to_the_end(text, _broken(text))):
        return text
    closer = ("\n" if "\n" in last["blank"] else last["blank"][:1]) + _CLOSERS[last["opening"]]
    end = last.start("rest") + len(last["rest"].rstrip(" \t\n.,。，"))
    return text[:end] + closer + text[end:]


def _broken(text: str) -> list[tuple[int, int]]:
    marks = list(_MARKS.finditer(text))
    return [marks[i].span() for i in unbalanced([mark[0] for mark in marks])]


def _open_to_the_end(text: str, broken: Sequence[tuple[int, int]]) -> re.Match[str] | None:
    return _BOXED_TO_THE_END.match(text, broken[-1][0]) if broken else None


def count_marks(text: str) -> int:
    """All that could have been broken."""
    marks = _MARKS.findall(text)
    return sum((mark[0] != "`" and not _is_escape(mark)) or _is_fence(mark) for mark in marks)


def unclosed_brace(text: str) -> tuple[int, int] | None:
    """The `{` of a command such as `\\boxed{` that nothing closes."""
    open_: list[int] = []
    for match in re.finditer(r"(?<!\\)[{}]", text):
        if match.group() == "{":
            open_.append(match.start())
        elif open_:
            open_.pop()
    return (open_[0], open_[0] + 1) if open_ else None
