"""What a trainer says of itself, step by step: rows for `metrics` and a progress bar on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from curate.terminal.progress import Progress
from filters.schema import METRIC, conform, utc_now

SUMMARY = "train_runtime"
"""marks the log of the whole training, whose numbers belong to no step"""


class Journal(TrainerCallback):
    """A callback for the trainer, and the context in which it trains."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.rows: list[tuple[int, str, float]] = []
        self._bar: Progress | None = None

    def note(self, step: int, metric: str, value: float) -> None:
        self.rows.append((step, metric, value))

    def go_on(self, rows: list[list[Any]]) -> None:
        """From what was noted up to a saved state."""
        self.rows = [(step, metric, value) for step, metric, value in rows]

    def frame(self, training_id: str, stage: str, checkpoint: str) -> pl.DataFrame:
        """The rows as `METRIC`; numbers that are none are null."""
        rows = pl.DataFrame(
            self.rows,
            schema={"step": pl.Int32, "metric": pl.String, "value": pl.Float64},
            orient="row",
        )
        stamped = rows.with_columns(
            pl.lit(training_id).alias("training_id"),
            pl.lit(stage).alias("stage"),
            pl.lit(checkpoint).alias("checkpoint"),
            pl.lit(utc_now()).alias("created_at"),
            pl.col("value").fill_nan(None),
        )
        return conform(stamped, METRIC)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        """Also on Ctrl-C: an open bar would leave the terminal without its cursor."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if state.is_world_process_zero:
            done = state.global_step
            self._bar = Progress(self.label, state.max_steps, "steps", done).start()

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        if self._bar is not None:
            self._bar.advance()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        if logs and SUMMARY not in logs:
            for name, value in logs.items():
                if isinstance(value, int | float):
                    self.note(state.global_step, name, float(value))


def ends(rows: Iterable[Sequence[Any]], metric: str) -> dict[str, float | None]:
    """A metric's first and last value, for the report."""
    values = [round(value, 4) for _, name, value in rows if name == metric]
    first, last = (values[0], values[-1]) if values else (None, None)
    return {f"first_{metric}": first, f"last_{metric}": last}
