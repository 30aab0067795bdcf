"""All stages of a config, one after the other; each does only what is still to do."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from pathlib import Path
from typing import Any

from curate.config import Config
from curate.store.run_folder import RUN_FILE, Run
from curate.terminal.counts import counted, imported, judged
from curate.terminal.progress import say
from filters.errors import UserError
from filters.plugins import load

TRAINERS = {"sft": "sft.train:sft", "grpo": "rl.train:grpo"}
"""section of the config -> its trainer, loaded by name: they know this package, not it them"""


def run_all(config: Config, folder: Path) -> Run:
    """Problems and traces in, then every stage that the config asks for, in the order of the data:
    generate, filter, refine (and filter again), normalize, train, evaluate. `problems` and `grpo`
    alone are R1's way from a base to R1-Zero."""
    rl_alone = bool(config.problems) and config.grpo is not None
    if not config.imports and config.generate is None and not rl_alone:
        raise UserError("the config has neither `generate` nor `imports`: there are no traces")
    with Run.making(folder, config, "run") as run:
        load_inputs(run)
        if config.generate is not None:
            from curate.sampling.generate import generate

            say(f"generate: {counted(generate(run))}")
        if run.shards("traces") or not rl_alone:
            _judge(run)
        for trainer in TRAINERS:
            if getattr(config, trainer) is not None:
                say(f"{trainer}: {counted(train(run, trainer))}")
        if config.eval is not None:
            from curate.evaluation.evaluate import evaluate

            say(f"eval: {len(evaluate(run)):,} evaluations")
    return run


def _judge(run: Run) -> None:
    """From traces to records."""
    from curate.judging.filter_stage import filter_traces
    from curate.records.normalize import normalize

    say(f"filter: {judged(filter_traces(run))}")
    if run.config.refine is not None:
        from curate.refining.refine import refine

        say(f"refine: {counted(refine(run))}")
        say(f"filter: {judged(filter_traces(run))}")
    say(f"normalize: {counted(normalize(run))}")


def train(run: Run, trainer: str, resume: bool = True) -> dict[str, Any]:
    """SFT or GRPO as the section `trainer` of the run's config says; counts of what was done. With
    resume, one that was interrupted goes on where its state was last saved."""
    counts: dict[str, Any] = load(trainer, trainer, "trainer", TRAINERS)(run, resume)
    return counts


def load_inputs(run: Run) -> None:
    """The problems and traces that the config names; what the run has already adds nothing."""
    from curate.sources.imported_traces import import_traces
    from curate.sources.problems import load_problems

    for source in run.config.problems:
        say(f"problems of {source.path}: {imported(load_problems(run, source))}")
    for source in run.config.imports:
        say(f"traces of {source.path}: {imported(import_traces(run, source))}")


DRY_RUN_S = 10.0
"""what finding out may take; loading a large model alone takes longer"""


def dry_run(config: Config, folder: Path) -> dict[str, Any]:
    """What a run would cost: requests, tokens, time. Nothing is written to the run folder."""
    until = time.monotonic() + DRY_RUN_S
    with tempfile.TemporaryDirectory() as scratch:
        run = Run.create(Path(scratch) / "run", config)
        if (folder / RUN_FILE).exists():
            _link_shards(Run.open(folder), run)
        load_inputs(run)
        if config.generate is None:
            return {"requests": 0}
        from curate.sampling.estimate import estimate

        return dataclasses.asdict(estimate(run, until))


def _link_shards(existing: Run, scratch: Run) -> None:
    """One link per shard, none of a folder, so that what is added stays in the scratch run."""
    for table in ("problems", "traces"):
        scratch.folder(table).mkdir()
        for shard in existing.shards(table):
            (scratch.folder(table) / shard.name).symlink_to(shard.resolve())
