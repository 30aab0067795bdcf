"""R1's accuracy reward: 1 for a correct answer, 0 for a wrong one or none.

It is the filter `correctness`, so what counts as correct in curation does in RL. Answers and
programs are checked in child processes with limits: no completion can hang a training step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from filters.correctness import Correctness
from filters.schema import PROBLEM


def accuracy(completions: Sequence[str], **columns: Any) -> list[float | None]:
    """Null where nobody can say: no gold, a check that was too hard."""
    asked = {name: columns[name] for name in ("kind", "gold", "choices", "tests")}
    schema = {"response": pl.String()} | {name: PROBLEM[name] for name in asked}
    frame = pl.DataFrame({"response": completions, **asked}, schema=schema)
    return Correctness().score(frame).get_column("correct").to_list()
