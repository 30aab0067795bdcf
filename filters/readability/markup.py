"""LaTeX and Markdown that do not close what they open."""

from __future__ import annotations

import re

import numpy as np

from filters.texts import BLOCK, bits_of, compiled, count_bits, literal, lowest_bit, stands

FENCE = re.compile(r"```|~~~")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
# a backslash that is itself escaped opens nothing: the row break `\\[4pt]`
_MATHS = re.compile(
    r"(\\[\[\]()]|\\(?:begin|end)\{[^}\n]*\}|\\(?:left|right)(?![A-Za-z])|\$\$)|\\.", re.DOTALL
)
_CLOSES = {r"\]": r"\[", r"\)": r"\(", r"\right": r"\left"}


PARENS, BRACKETS, ENVIRONMENTS, SIDES, DOLLARS, FENCES, LONGER_DOLLARS, LONGER_FENCES = range(8)
_BEGIN, _END, _LEFT, _RIGHT = map(literal, (r"\begin{", r"\end{", r"\left", r"\right"))


@compiled
def count_markup(text, upto, counts):
    """Adds to `counts`: openings less closings of \\( and \\[, of environments, and of \\left;
    how many rows of two $ and of three marks of a fence stand behind another byte; and how many go
    on."""
    one, two, three = np.uint64(1), np.uint64(2), np.uint64(3)
    for at in range(np.uint64(0), np.uint64(upto), np.uint64(BLOCK)):
        slashes = bits_of(text, at, 92)
        if slashes:
            after = at + one
            counts[PARENS] += np.int64(count_bits(slashes & bits_of(text, after, 40)))
            counts[PARENS] -= np.int64(count_bits(slashes & bits_of(text, after, 41)))
            counts[BRACKETS] += np.int64(count_bits(slashes & bits_of(text, after, 91)))
            counts[BRACKETS] -= np.int64(count_bits(slashes & bits_of(text, after, 93)))
            words = bits_of(text, after, _BEGIN[1]) | bits_of(text, after, _END[1])
            words |= bits_of(text, after, _LEFT[1]) | bits_of(text, after, _RIGHT[1])
            _count_commands(text, at, slashes & words, counts)
        dollars = bits_of(text, at + one, 36) & bits_of(text, at + two, 36)
        if dollars:
            longer = dollars & bits_of(text, at, 36)
            counts[DOLLARS] += np.int64(count_bits(dollars ^ longer))
            counts[LONGER_DOLLARS] += np.int64(longer != 0)
        for mark in (np.uint8(96), np.uint8(126)):
            fences = bits_of(text, at + one, mark) & bits_of(text, at + two, mark)
            if fences:
                fences &= bits_of(text, at + three, mark)
                longer = fences & bits_of(text, at, mark)
                counts[FENCES] += np.int64(count_bits(fences ^ longer))
                counts[LONGER_FENCES] += np.int64(longer != 0)


@compiled
def _count_commands(text, begin, bits, counts):
    while bits:
        at = np.int64(begin + lowest_bit(bits))
        bits &= bits - np.uint64(1)
        counts[ENVIRONMENTS] += int(stands(text, at, _BEGIN)) - int(stands(text, at, _END))
        opens = stands(text, at, _LEFT) and _no_letter(text[at + len(_LEFT)])
        shuts = stands(text, at, _RIGHT) and _no_letter(text[at + len(_RIGHT)])
        counts[SIDES] += int(opens) - int(shuts)


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
        if token is None:
            continue
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
    return len(FENCE.findall(text)) + sum(map(bool, _MATHS.findall(text)))


def unclosed_brace(text: str) -> tuple[int, int] | None:
    """The `{` of a command such as `\\boxed{` that nothing closes."""
    open_: list[int] = []
    for match in re.finditer(r"(?<!\\)[{}]", text):
        if match.group() == "{":
            open_.append(match.start())
        elif open_:
            open_.pop()
    return (open_[0], open_[0] + 1) if open_ else None
