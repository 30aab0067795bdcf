"""What the way a run ended says of its program, and what the run has reported. All of it was
written by the program or could have been, so it is read by one who expects lies."""

from __future__ import annotations

import signal
from dataclasses import dataclass, replace
from typing import Any

from filters.verifiers.outcome import (
    CORRECT,
    INCORRECT,
    RESOURCE_LIMIT,
    RUNTIME_ERROR,
    SANDBOX_ERROR,
    TIMEOUT,
)
from filters.verifiers.sandbox import Ended, wire
from filters.verifiers.sandbox.limits import out_of_room

DETAIL_LIMIT = 300


@dataclass(frozen=True, slots=True)
class Verdict:
    outcome: str
    detail: str | None = None

    def at(self, case: int) -> Verdict:
        """With the number of the case it came to, from 1."""
        if not case:
            return self
        return replace(self, detail=f"case {case}: {self.detail}"[:DETAIL_LIMIT])


PASSED = Verdict(CORRECT)

_STOPS = {
    "cpu": Verdict(TIMEOUT, "over the processor limit"),
    "wall": Verdict(TIMEOUT, "over the wall limit"),
    "memory": Verdict(RESOURCE_LIMIT, "over the memory limit"),
    "processes": Verdict(RESOURCE_LIMIT, "over the limit of processes"),
    "starved": Verdict(
        SANDBOX_ERROR, "over the wall limit, still running and under its processor limit"
    ),
    "cancelled": Verdict(SANDBOX_ERROR, "cancelled"),
}

Line = tuple[str, Any]
"""kind and value of a line of the report, the value as `wire.load` gives it: r result, n no plain
data, e exception, v verdict of test code"""


def report_of(ended: Ended, calls: int = 0) -> list[Line]:
    """Its lines: one per call and at most one more. A last one that is cut off is none."""
    *lines, _ = ended.report.split(b"\n", calls + 1)
    return [_line(line) for line in lines]


def _line(text: bytes) -> Line:
    try:
        match wire.load(text):
            case [("r" | "e" | "v") as kind, value]:
                return kind, value
            case ["n", str(what)]:
                return "n", what
    except wire.Unreadable:
        pass
    return "n", "what cannot be read"


def not_plain(what: str) -> Verdict:
    return Verdict(INCORRECT, f"returned {short(what)}")


def ending(ended: Ended, report: list[Line]) -> Verdict | None:
    """What the way it ended says by itself; None for a normal end."""
    if ended.stop:
        return _STOPS[ended.stop]
    if ended.full:
        return Verdict(RESOURCE_LIMIT, "over the output limit")
    for kind, value in report:
        if kind == "e":
            return failure(value)
    if ended.exit == -signal.SIGXCPU:
        return _STOPS["cpu"]
    if ended.exit < 0:
        return Verdict(RUNTIME_ERROR, f"killed by {_signal(-ended.exit)}")
    return Verdict(RUNTIME_ERROR, f"exit status {ended.exit}") if ended.exit else None


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def failure(described: Any) -> Verdict:
    """An exception: its name, text, errno and the builtin classes it comes from."""
    match described:
        case [str(name), str(text), None | int() as number, list(bases)]:
            room = "MemoryError" in bases or out_of_room(number)
            message = f"{name}: {text}" if text else name
            return Verdict(RESOURCE_LIMIT if room else RUNTIME_ERROR, short(message, 200))
    return Verdict(RUNTIME_ERROR, "the program failed")


def short(text: str, limit: int = 60) -> str:
    text = " ".join(text[: 4 * limit].split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
