"""Numbers for k samples of one problem (pass@1, pass@k, cons@k) and their standard errors over
problems.

`None` is a sample nobody could judge; it counts neither for nor against. R1 reports pass@1 and
cons@k at temperature 0.6, top-p 0.95, k = 16 or 64 (arXiv 2501.12948 v2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from math import comb, sqrt


def pass_at_1(correct: Sequence[bool | None]) -> float | None:
    """The mean over the samples, not the first sample; null where none could be judged."""
    judged = [c for c in correct if c is not None]
    return sum(judged) / len(judged) if judged else None


def pass_at_k(correct: Sequence[bool | None], k: int) -> float | None:
    """The chance that one of k samples is correct, unbiased from n ≥ k of them:
    1 − C(n−c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374); null with fewer than k."""
    judged = [c for c in correct if c is not None]
    if k < 1:
        raise ValueError(f"pass@{k}: k must be at least 1")
    if len(judged) < k:
        return None
    return 1.0 - comb(len(judged) - sum(judged), k) / comb(len(judged), k)


def cons_at_k(answers: Sequence[Hashable | None], correct: Sequence[bool | None]) -> float | None:
    """Is the most frequent answer correct (maj@k)? Answers are the same where they are equal, so
    bring them to one form first. A sample without an answer has no vote. Among equally frequent
    answers the vote is drawn by lot, so a tie gives the share of them that is correct; null where
    a winner could not be judged."""
    votes = Counter(answer for answer in answers if answer is not None)
    if not votes:
        return 0.0 if answers else None
    verdict = {a: c for a, c in zip(answers, correct, strict=True) if c is not None}
    winners = [answer for answer, n in votes.items() if n == max(votes.values())]
    if any(answer not in verdict for answer in winners):
        return None
    return sum(verdict[answer] for answer in winners) / len(winners)


def standard_error(values: Sequence[float]) -> float | None:
    """Of the mean of one value a problem: √(Σ (vᵢ − v̄)² / (n − 1) / n) (Miller 2024,
    arXiv 2411.00640, eq. 1). Samples of one problem are no independent draws, so they are a cluster
    and its mean is the value; null with fewer than two problems."""
    n = len(values)
    if n < 2:
        return None
    mean = sum(values) / n
    return sqrt(sum((value - mean) ** 2 for value in values) / (n - 1) / n)
