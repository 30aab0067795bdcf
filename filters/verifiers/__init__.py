"""Is the answer right? One function for curation and RL rewards, one typed outcome.

Importing this package loads no parser, no sympy and no sandbox; each kind's verifier is loaded
when its first case arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from filters.plugins import load
from filters.verifiers.outcome import OUTCOMES, UNSUPPORTED, Case, Outcome, keep_of

__all__ = ["OUTCOMES", "VERIFIERS", "Case", "Outcome", "keep_of", "verify", "verify_gold"]

Verifier = Callable[[Sequence[Case], int], list[Outcome]]

VERIFIERS: dict[str, str] = {
    "math": "filters.verifiers.math:verify_math",
    "choice": "filters.verifiers.choice:verify_choice",
    "logic": "filters.verifiers.logic:verify_logic",
    "exact": "filters.verifiers.exact:verify_exact",
    "code": "filters.verifiers.code:verify_code",
}
"""kind of problem → its verifier; a new kind is one file and one line here."""


def verify(cases: Sequence[Case], *, jobs: int = 1) -> list[Outcome]:
    """One outcome per case, in order; `jobs` is how many child processes may work at once."""
    outcomes: list[Outcome | None] = [None] * len(cases)
    for kind in dict.fromkeys(case.kind for case in cases):
        places = [place for place, case in enumerate(cases) if case.kind == kind]
        for place, outcome in zip(
            places, _verify_kind(kind, [cases[p] for p in places], jobs), strict=True
        ):
            outcomes[place] = outcome
    return [outcome for outcome in outcomes if outcome is not None]


def _verify_kind(kind: str, cases: list[Case], jobs: int) -> list[Outcome]:
    if kind not in VERIFIERS:
        return [Outcome(UNSUPPORTED, detail=f"no verifier for kind {kind!r}")] * len(cases)
    verifier: Verifier = load(kind, "kind", "verifier", VERIFIERS)
    return verifier(cases, jobs)


def verify_gold(golds: Sequence[str | None], *, kind: str = "math", jobs: int = 1) -> list[Outcome]:
    """Each gold against itself, as if a model had answered with it: `correct` is a usable gold."""
    if kind == "math":
        from filters.verifiers.math import verify_golds

        return verify_golds(golds, jobs)
    return verify(
        [Case(prediction=gold, gold=gold, kind=kind, bare=True) for gold in golds], jobs=jobs
    )
