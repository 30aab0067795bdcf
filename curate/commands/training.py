"""Commands that train on a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from curate.commands.options import (
    AsJson,
    ConfigFile,
    RunFolder,
    run_to_train,
    show_counts,
)

Resume = Annotated[
    bool, typer.Option("--resume/--no-resume", help="Go on with a training that was interrupted.")
]


def sft(
    run: RunFolder, resume: Resume = True, config: ConfigFile = None, json: AsJson = False
) -> None:
    """Fine-tune a base on the run's records."""
    _train("sft", run, resume, config, json)


def grpo(
    run: RunFolder, resume: Resume = True, config: ConfigFile = None, json: AsJson = False
) -> None:
    """Reinforcement learning with the verifiers as rewards."""
    _train("grpo", run, resume, config, json)


def _train(trainer: str, run: Path, resume: bool, config: Path | None, json: bool) -> None:
    from curate.pipeline import train
    from curate.store.lock import is_follower

    with run_to_train(run, trainer, config) as opened:
        counts = train(opened, trainer, resume)
    if not is_follower():
        show_counts(trainer, counts, json)
