"""LaTeX and Markdown that do not close what they open."""

from __future__ import annotations

import re

import polars as pl

FENCE = r"```|~~~"
_FENCE = re.compile(FENCE)
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.DOTALL)
# a backslash that is itself escaped opens nothing: the row break `\\[4pt]`
_MATHS = re.compile(
    r"(?<!\\)(?:\\\\)*"
    r"(\\[\[\]()]|\$\$|\\(?:begin|end)\{[^}\n]*\}|\\(?:left|right)(?![A-Za-z]))"
)
_CLOSES = {r"\]": r"\[", r"\)": r"\(", r"\right": r"\left"}


def may_be_broken(text: pl.Expr) -> pl.Expr:
    """A cheap look by counting; patterns are counted faster than literals."""
    count = text.str.count_matches
    return (
        (count(r"\\[\[(]") != count(r"\\[\])]"))
        | (count(r"\\begin\{") != count(r"\\end\{"))
        | (count(r"\\left[^a-z]") != count(r"\\right[^a-z]"))
        | (count(r"\$\$") % 2 == 1)
        | (count(FENCE) % 2 == 1)
    ).fill_null(False)


def broken_markup(text: str) -> list[tuple[int, int]]:
    """Where something is opened and not closed, or closed and not opened."""
    fences = [match.span() for match in _FENCE.finditer(text)]
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


def unclosed_brace(text: str) -> tuple[int, int] | None:
    """The `{` of a command such as `\\boxed{` that nothing closes."""
    open_: list[int] = []
    for match in re.finditer(r"(?<!\\)[{}]", text):
        if match.group() == "{":
            open_.append(match.start())
        elif open_:
            open_.pop()
    return (open_[0], open_[0] + 1) if open_ else None
