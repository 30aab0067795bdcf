"""Which checkpoints are evaluated: `[STAGE=]CHECKPOINT` as a person writes it.

CHECKPOINT is a folder inside the run (`sft`, `grpo/checkpoint-20`), any other folder, a name on the
Hub or a server; `grpo/*` is the whole course of the training that wrote `grpo`: the model it began
with as step 0, its intermediate checkpoints, and what came out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from curate.store.run_folder import Run
from filters.errors import UserError

COURSE = "/*"
TRAINING_FILE = "training.json"
"""what a trainer leaves in a checkpoint (`sft/trainer/checkpoint.py`)"""
_STEP = re.compile(r"checkpoint-(\d+)")


@dataclass(frozen=True)
class Checkpoint:
    stage: str
    name: str
    """as it is written into `evals`"""
    model: str
    """as an engine takes it"""
    step: int


def by_stage(arguments: list[str]) -> dict[str, str]:
    """Stage -> checkpoint, of `[STAGE=]CHECKPOINT` each."""
    found: dict[str, str] = {}
    for argument in arguments:
        stage, equals, name = argument.rpartition("=")
        stage = stage if equals else _usual_stage(name)
        if stage in found:
            raise UserError(f"two checkpoints are called {stage}: give STAGE=CHECKPOINT for each")
        found[stage] = name
    return found


def checkpoints(run: Run, asked: Mapping[str, str]) -> list[Checkpoint]:
    """All that is asked for, in order, a course by its steps."""
    return [one for stage, name in asked.items() for one in _expanded(run, stage, name)]


def _expanded(run: Run, stage: str, name: str) -> Iterator[Checkpoint]:
    if not name.endswith(COURSE):
        yield _one(run, stage, name)
        return
    output = name.removesuffix(COURSE)
    folder = _folder(run, output)
    if not (folder / TRAINING_FILE).is_file():
        raise UserError(f"eval: {stage}={name}: {folder} holds no checkpoint that was trained here")
    start = _one(run, stage, _began_with(run, output))
    yield Checkpoint(stage, start.name, start.model, 0)
    between = sorted(
        (_one(run, stage, f"{output}/{path.name}") for path in folder.glob("checkpoint-*")),
        key=lambda one: one.step,
    )
    final = _one(run, stage, output)
    yield from (one for one in between if one.step < final.step)
    yield final


def _one(run: Run, stage: str, name: str) -> Checkpoint:
    folder = _folder(run, name)
    inside = folder.is_dir() and folder.is_relative_to(run.path)
    return Checkpoint(stage, name, str(folder) if inside else name, _step(folder))


def _folder(run: Run, name: str) -> Path:
    """Inside the run where there is such a one."""
    inside = run.path / name
    return inside if inside.is_dir() else Path(name).expanduser()


def _step(folder: Path) -> int:
    """Of its training; 0 for what no training here wrote."""
    file = folder / TRAINING_FILE
    if file.is_file():
        known = json.loads(file.read_text(encoding="utf-8"))
        return int(known.get("step", known["report"].get("steps", 0)))
    named = _STEP.fullmatch(folder.name)
    return int(named[1]) if named else 0


def _began_with(run: Run, output: str) -> str:
    """The model that the training into `output` started from: what the last configuration of the
    run says that trained into it."""
    for version in reversed(run.versions):
        sft, grpo = (version["config"].get(trainer) or {} for trainer in ("sft", "grpo"))
        if output == grpo.get("output"):
            return str(grpo["model"] or sft.get("output", "sft"))
        if output == sft.get("output"):
            return str(sft["model"])
    raise UserError(f"eval: no configuration of {run.path} says what {output} was trained from")


def _usual_stage(name: str) -> str:
    """The folder's name; of an intermediate checkpoint that of its training."""
    parts = [part for part in name.removesuffix(COURSE).split("/") if part not in ("", ".", "..")]
    while len(parts) > 1 and _STEP.fullmatch(parts[-1]):
        parts.pop()
    return parts[-1] if parts else name
