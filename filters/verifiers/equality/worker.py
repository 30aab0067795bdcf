"""The child process of the symbolic stage: reads one comparison per line, writes one verdict.

It limits its own address space, and the processor time of each check; what is over it the kernel
ends. Started by `pool.py`, never imported by the driver: here sympy and mpmath are loaded once.
"""

from __future__ import annotations

import contextlib
import gc
import json
import math
import resource
import sys
import time
from typing import Any

from sympy.core.cache import clear_cache

from filters.verifiers.equality.numeric import Undefined
from filters.verifiers.equality.pool import CPU_SECONDS
from filters.verifiers.equality.rational import Undecided
from filters.verifiers.equality.same_answer import compared
from filters.verifiers.equality.symbolic import SymbolicComparer
from filters.verifiers.outcome import RESOURCE_LIMIT, UNSUPPORTED, blamed

WARMING = (
    (r"\int_0^1 x dx", r"\lim_{x\to 0} \frac{\sin x}{2x}"),
    (r"\int_0^{\infty} e^{-x^2} dx", r"\frac{\sqrt\pi}{2}"),
    (r"\sum_{n=1}^{\infty} \frac{1}{2^n}", r"\frac{1}{2}x"),
    (r"\sum_{n=1}^{\infty} \frac{1}{n^2}", r"\sum_{n=0}^{\infty} \frac{1}{n!}"),
    (r"\prod_{n=2}^{\infty} \frac{n^2}{n^2-1}", r"2"),
    (r"\gcd(x^2-1, x-1)", r"x-1"),
)
"""Comparisons that load what later ones need, before the first is timed."""
MEMORY_LIMIT = 1 << 30  # bytes of address space


def decide(gold: str, answer: str, decimals: int | None = None) -> tuple[str, str | None]:
    """(outcome, detail) of one comparison; what fails here is undecided, and named."""
    try:
        return _decide(gold, answer, decimals)
    except Exception as error:  # a defect of ours; the worker lives on
        return blamed(error, lambda: _decide(gold, "1", decimals))


def _decide(gold: str, answer: str, decimals: int | None) -> tuple[str, str | None]:
    try:
        return compared(gold, answer, SymbolicComparer(decimals))
    except (MemoryError, RecursionError) as reason:
        return RESOURCE_LIMIT, str(reason) or type(reason).__name__
    except (Undecided, Undefined) as reason:
        return UNSUPPORTED, str(reason)


def main() -> None:
    _limit(resource.RLIMIT_AS, MEMORY_LIMIT)
    _limit(resource.RLIMIT_CORE, 0)
    for gold, answer in WARMING:
        decide(gold, answer)
    _forget()
    gc.collect()
    gc.freeze()
    _say({"ready": True})
    for line in sys.stdin:
        task = json.loads(line)
        cpu, wall = time.process_time(), time.perf_counter()
        _limit(resource.RLIMIT_CPU, math.ceil(cpu + CPU_SECONDS))  # the kernel counts whole seconds
        outcome, detail = decide(**task)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        _say({"outcome": outcome, "detail": detail, "cpu": cpu, "seconds": wall})
        if detail == "MemoryError":
            return  # fragmented; the parent starts another
        _forget()


def _forget() -> None:
    """Drop what sympy remembers, so that no check is the cheaper for the one before it."""
    clear_cache()


def _limit(what: int, amount: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # not on this system, or lower already
        resource.setrlimit(what, (amount, resource.getrlimit(what)[1]))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()
