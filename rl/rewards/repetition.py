"""A punishment for going round in circles: minus the share of the text that lies in loops or was
there before, by the filter `repetition`: what curation would drop for it costs most."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from filters.repetition.repetition import Repetition


def repetition(completions: Sequence[str], **_: Any) -> list[float | None]:
    """0 … −1."""
    scores = Repetition().score(pl.DataFrame({"response": completions}))
    worst = pl.max_horizontal("looped", "repeated", "lines").fill_null(0.0)
    return scores.select(-worst.clip(0.0, 1.0)).to_series().to_list()
