"""LaTeX and Markdown that do not close what they open."""

from __future__ import annotations

import re

import numpy as np

from filters.texts import BLOCK, compiled, here, literal

FENCE = re.compile(r"```|~~~")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
# a backslash that is itself escaped opens nothing: the row break `\\[4pt]`
_MATHS = re.compile(
    r"(?<!\\)(?:\\\\)*"
    r"(\\[\[\]()]|\$\$|\\(?:begin|end)\{[^}\n]*\}|\\(?:left|right)(?![A-Za-z]))"
)
_CLOSES = {r"\]": r"\[", r"\)": r"\(", r"\right": r"\left"}


_OPEN_PAREN, _OPEN_BRACKET, _SHUT_PAREN, _SHUT_BRACKET, _BEGIN, _END, _LEFT, _RIGHT = map(
    literal, (r"\(", r"\[", r"\)", r"\]", r"\begin{", r"\end{", r"\left", r"\right")
)
DOLLARS, BACKTICKS, TILDES = map(literal, ("$$", "```", "~~~"))
_DOLLAR, _BACKTICK, _TILDE = b"$`~"


@compiled
def may_be_broken(text, upto, counts):
    """Adds to `counts`: openings less closings of brackets, environments and \\left; how many $$
    and fences stand behind another byte; and whether such a row of marks goes on."""
    one = np.uint64(1)
    for block in range(np.uint64(upto // BLOCK)):
        if not _has_marks(text, block * np.uint64(BLOCK)):
            continue
        parens, brackets = np.uint8(0), np.uint8(0)
        environments, sides = np.uint8(0), np.uint8(0)
        dollars, fences, longer = np.uint8(0), np.uint8(0), np.uint8(0)
        for j in range(np.uint64(BLOCK)):
            i = block * np.uint64(BLOCK) + j
            opens, shuts = here(text, i, _OPEN_PAREN), here(text, i, _SHUT_PAREN)
            parens = np.uint8(parens + np.uint8(opens) - np.uint8(shuts))
            opens, shuts = here(text, i, _OPEN_BRACKET), here(text, i, _SHUT_BRACKET)
            brackets = np.uint8(brackets + np.uint8(opens) - np.uint8(shuts))
            opens, shuts = here(text, i, _BEGIN), here(text, i, _END)
            environments = np.uint8(environments + np.uint8(opens) - np.uint8(shuts))
            opens = here(text, i, _LEFT) & _no_letter(text[i + np.uint64(5)])
            shuts = here(text, i, _RIGHT) & _no_letter(text[i + np.uint64(6)])
            sides = np.uint8(sides + np.uint8(opens) - np.uint8(shuts))
            behind = here(text, i + one, DOLLARS)
            dollars = np.uint8(dollars + np.uint8(behind & (text[i] != _DOLLAR)))
            longer = np.uint8(longer | np.uint8(behind & (text[i] == _DOLLAR)))
            backticks, tildes = here(text, i + one, BACKTICKS), here(text, i + one, TILDES)
            fences = np.uint8(fences + np.uint8(backticks & (text[i] != _BACKTICK)))
            fences = np.uint8(fences + np.uint8(tildes & (text[i] != _TILDE)))
            longer = np.uint8(longer | np.uint8(backticks & (text[i] == _BACKTICK)))
            longer = np.uint8(longer | np.uint8(tildes & (text[i] == _TILDE)))
        counts[0] += np.int8(brackets)
        counts[6] += np.int8(parens)
        counts[1] += np.int8(environments)
        counts[2] += np.int8(sides)
        counts[3] += dollars
        counts[4] += fences
        counts[5] |= longer


@compiled
def _has_marks(text, begin):
    hit = np.uint8(0)
    for j in range(np.uint64(BLOCK)):
        after = text[begin + j + np.uint64(1)]
        mark = (after == _DOLLAR) | (after == _BACKTICK) | (after == _TILDE)
        hit = np.uint8(hit | np.uint8(mark | (text[begin + j] == 92)))
    return hit != 0


@compiled
def _no_letter(byte):
    return ((byte | 32) < 97) | ((byte | 32) > 122)


def broken_markup(text: str) -> list[tuple[int, int]]:
    """Where something is opened and not closed, or closed and not opened."""
    fences = [match.span() for match in FENCE.finditer(text)]
    if len(fences) % 2:
        return [fences[-1]]  # what lies behind it cannot be told from code
    plain = _CODE.sub(lambda match: " " * len(match.group()), text)
    open_: list[tuple[str, tuple[int, int]]] = []
    broken = []
    for match in _MATHS.finditer(plain):
        token, span = match.group(1), match.span(1)
        opener = _CLOSES.get(token) or token.replace(r"\end", r"\begin")
        closes = token in _CLOSES or token.startswith(r"\end") or (
            token == "$$" and any(name == "$$" for name, _ in open_)
        )  # fmt: skip
        if not closes:
            open_.append((token, span))
        elif open_ and open_[-1][0] == opener:
            open_.pop()
        elif any(name == opener for name, _ in open_):
            while open_[-1][0] != opener:
                broken.append(open_.pop()[1])
            open_.pop()
        else:
            broken.append(span)
    return sorted(broken + [span for _, span in open_])


def count_marks(text: str) -> int:
    """All that could have been broken."""
    return len(FENCE.findall(text)) + len(_MATHS.findall(text))


def unclosed_brace(text: str) -> tuple[int, int] | None:
    """The `{` of a command such as `\\boxed{` that nothing closes."""
    open_: list[int] = []
    for match in re.finditer(r"(?<!\\)[{}]", text):
        if match.group() == "{":
            open_.append(match.start())
        elif open_:
            open_.pop()
    return (open_[0], open_[0] + 1) if open_ else None
