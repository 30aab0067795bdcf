"""R1's accuracy reward: 1 for a correct answer, 0 for a wrong one, or none.

It is the filter `correctness`, so what counts as correct in curation does in RL, mathematics,
choices, logic and programs alike. Equal answers to one gold are checked once, in child processes
with limits: no completion can hang a step. Where curation leaves a trace undecided because checking
the answer was too much or it could not be read, the completion is to blame, as the gold verified
itself at load: 0, or a policy would learn that monsters cost nothing. Problems without a right
answer are for a judge: 0 for all of their rollouts, which says nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import polars as pl

from filters.base import NOT_APPLICABLE
from filters.correctness import UNCHECKED, Correctness
from filters.schema import PROBLEM
from filters.verifiers.outcome import DEFECT, RESOURCE_LIMIT, TIMEOUT, UNSUPPORTED

OF_THE_COMPLETION = (TIMEOUT, RESOURCE_LIMIT, UNSUPPORTED)


def accuracy(
    completions: Sequence[str],
    log_extra: Callable[[str, list[str | None]], None] | None = None,
    **columns: Any,
) -> list[float | None]:
    """Null where it is not the completion's fault: no usable gold, no sandbox, a defect of the
    verifier. `log_extra` hears each outcome's name."""
    problems = {name: columns[name] for name in ("kind", "gold", "choices", "tests")}
    schema = {"response": pl.String()} | {name: PROBLEM[name] for name in problems}
    frame = pl.DataFrame({"response": completions, **problems}, schema=schema)
    verdicts = Correctness().score(frame).with_columns(frame.get_column("kind"))
    open_ended = pl.col("kind").is_in(UNCHECKED)
    if log_extra is not None:
        outcome = pl.when(open_ended).then(pl.lit(NOT_APPLICABLE)).otherwise("label")
        log_extra("outcome", verdicts.select(outcome).to_series().to_list())
    text = pl.element().struct.field("text")
    ours = pl.col("detail").list.eval(text.str.starts_with(DEFECT)).list.any().fill_null(False)
    theirs = pl.col("label").is_in(OF_THE_COMPLETION) & ~ours
    blamed = pl.when(theirs | open_ended).then(0.0).otherwise("correct")
    return verdicts.select(blamed).to_series().to_list()
