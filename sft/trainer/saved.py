"""States a training can be gone on from, in its staging folder.

`checkpoint-N` holds the trainer's own state (weights, optimizer, schedule, random numbers) and
`progress.json` ours (fingerprint, journal, counts). That file is written last, by one rename: a
folder without it is half-written, and nothing is ever gone on from it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from transformers import (
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from curate.store.disk import hidden, put, sync, writing
from filters.errors import UserError
from sft.trainer import processes
from sft.trainer.journal import Journal

PROGRESS = "progress.json"
NEEDED_TO_GO_ON = ("optimizer*", "scheduler*", "rng_state*", "scaler*", "pytorch_model_fsdp*")
"""in a saved state, and of no use in one that is only kept to be evaluated"""


class Saver(TrainerCallback):
    """Makes each state that the trainer saves a whole one, and clears away the older ones."""

    def __init__(
        self,
        fingerprint: str,
        journal: Journal,
        keep: int | Literal["all"],
        counts: Callable[[], dict[str, Any]],
    ) -> None:
        """`counts` gives what else a training needs to go on, as JSON, trained_tokens among it; it
        is called in all processes."""
        self.fingerprint, self.journal, self.keep, self.counts = fingerprint, journal, keep, counts

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        counts = self.counts()
        processes.collect(None)  # all have written their part
        if not state.is_world_process_zero:
            return
        assert args.output_dir
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        older = [path for path in states(folder.parent) if path != folder]
        progress = {
            "fingerprint": self.fingerprint,
            "processes": processes.count(),
            "step": state.global_step,
            "counts": counts,
            "journal": self.journal.rows,
        }
        with writing(folder):
            _finish(folder, progress)
        kept = len(older) if self.keep == "all" else self.keep
        for path in older[: len(older) - kept]:
            shutil.rmtree(path)
        for path in older[len(older) - kept :]:
            _lighten(path)


def states(staged: Path) -> list[Path]:
    """The whole ones, by step."""
    found = [path.parent for path in staged.glob(f"checkpoint-*/{PROGRESS}")]
    return sorted(found, key=lambda path: int(path.name.rpartition("-")[2]))


def progress(state: Path) -> dict[str, Any]:
    known: dict[str, Any] = json.loads((state / PROGRESS).read_text(encoding="utf-8"))
    return known


def last(staged: Path, fingerprint: str) -> Path | None:
    """The state to go on from. Null where none is whole or the last is of another training; a
    UserError where it was made by another number of processes, which saw the rows in another
    order."""
    whole = states(staged)
    if not whole or (known := progress(whole[-1]))["fingerprint"] != fingerprint:
        return None
    if known["processes"] != processes.count():
        raise UserError(
            f"{staged} holds an unfinished training by {known['processes']} processes: start as "
            "many, or give --no-resume to begin anew"
        )
    return whole[-1]


def train(trainer: Trainer, state: Path | None) -> None:
    """From the beginning, or on from a state. Behind the last step there is nothing to do: the
    trainer would take one more."""
    if state is not None:
        at = TrainerState.load_from_json(str(state / "trainer_state.json"))
        if at.global_step >= at.max_steps:
            return
    trainer.train(resume_from_checkpoint=str(state) if state else None)


def clear(staged: Path) -> None:
    """Remove from a staging folder what is no whole state."""
    whole = states(staged)
    for path in staged.iterdir():
        if path in whole:
            continue
        shutil.rmtree(path) if path.is_dir() else path.unlink()


def _finish(folder: Path, progress: dict[str, Any]) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            sync(path)
    staged = hidden(folder, PROGRESS)
    staged.write_text(json.dumps(progress), encoding="utf-8")
    put(staged, folder / PROGRESS)


def _lighten(state: Path) -> None:
    for pattern in NEEDED_TO_GO_ON:
        for path in state.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
