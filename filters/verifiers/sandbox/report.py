"""What a child reports: a line of packed data for each result, exception or verdict."""

from __future__ import annotations

import os
from typing import Any

from filters.verifiers.sandbox import wire

REPORT = 4  # the descriptor
TEXT_LIMIT = 300


def report(kind: str, value: Any) -> None:
    """One line: r result, n not plain data, e exception, v verdict of test code."""
    os.write(REPORT, f"{wire.pack([kind, value])}\n".encode())


def report_error(error: BaseException) -> None:
    report("e", described(error))


def described(error: BaseException) -> list[Any]:
    """Type names from the builtin one on upwards, a short text, errno and line."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins"]
    try:
        text = str(error)[:TEXT_LIMIT]
    except BaseException:  # a program's own __str__
        text = ""
    number = error.errno if isinstance(error, OSError) else None
    return [type(error).__name__, text, number if type(number) is int else None, names]
