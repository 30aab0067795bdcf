"""Does the time that a text takes grow with its length, and no faster?"""

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

TIMES = 2.6
"""as long for twice the text: twice, and what a clock and caches add"""
LEAST = 0.01
"""seconds that a text may take at any length; below it the clock decides, not the code"""
ROUNDS = 8


def seconds(work: Callable[[], object]) -> float:
    """Of this process's processor time."""
    start = time.process_time()
    work()
    return time.process_time() - start


def check_growth(works: Sequence[Callable[[], object]]) -> None:
    """Each works on twice the text of the one before. By the best times so far: a busy machine
    makes some of them longer, so there are more rounds where two do not show it."""
    best = [float("inf")] * len(works)
    for number in range(ROUNDS):
        best = [min(known, seconds(work)) for known, work in zip(best, works, strict=True)]
        steps = [twice / max(once, LEAST) for once, twice in pairwise(best)]
        if number and max(steps) <= TIMES:
            return
    raise AssertionError(f"{best} s, each of twice the length of the one before")
