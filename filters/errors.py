"""The whole error model: a user's mistake is a `UserError`, shown as one line with exit code 2;
a bad row is never an error but a verdict with a reason; anything else is a bug and shows its
traceback."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Iterable, Iterator


class UserError(Exception):
    """Wrong input. The message is one line: what is wrong, where, and what to do."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`; did you mean 'x'?` or, with nothing near, the list of what is known, if anything is."""
    known = sorted(known)
    if not known:
        return ""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else f"; known: {', '.join(known)}"


def first_line(error: BaseException) -> str:
    """Of what an exception says; its name where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0][:300] if text else type(error).__name__


@contextlib.contextmanager
def needs_extra(extra: str, who_needs: str = "this needs the package") -> Iterator[None]:
    """Imports that only an extra brings; without it, one line that says which."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UserError(
            f"{who_needs} {error.name}: pip install 'coldstart-curate[{extra}]'"
        ) from None
