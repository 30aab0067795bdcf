"""`curate grpo RUN`: problems with a usable gold → rollouts → rewards → TRL's GRPOTrainer.

TRL trains, by R1's objective (`arguments.py`). Here is what it samples from, what a rollout is
worth, the table that keeps every rollout, and where the result goes.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from curate.config import Grpo
from curate.evaluation.checkpoints import TRAINING_FILE
from curate.evaluation.trick import refuse_trick
from curate.store.disk import FULL, writing
from curate.store.lock import is_follower
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.errors import UserError, needs_extra
from filters.schema import content_id
from rl.rewards import DEFECT, WeightedSum
from rl.rewards.judge import rubric

with needs_extra("train", "training needs"):
    import torch
    from transformers import PrinterCallback, set_seed

    from rl import vllm_on_cpu
    from rl.arguments import arguments
    from rl.guards import check_scores, check_tokenizer, check_weights
    from rl.problems import dataset, room_for_rollouts, usable, wanted
    from rl.reader import Reader
    from rl.rollouts import Rollouts
    from rl.self_test import self_test
    from rl.trainer import Trainer
    from sft.trainer import checkpoint, saved
    from sft.trainer.adapters import lora_config
    from sft.trainer.arguments import quiet
    from sft.trainer.base_model import Base
    from sft.trainer.journal import Journal, ends
    from sft.trainer.origin import Origin
    from sft.trainer.processes import share, trains
    from sft.trainer.saved import Saver


@trains("grpo")
def grpo(run: Run, resume: bool = True) -> dict[str, Any]:
    """Train on the run's problems with its rewards; the report. Doing it twice trains once, and a
    training that was interrupted goes on where its state was last saved."""
    settings = run.config.grpo
    if settings is None:
        raise UserError(f"the configuration of {run.path} has no `grpo` section")
    target = checkpoint.place_for(run, settings.output, "grpo.output")
    check_weights(settings)
    base = Base(_start(run, settings), run.config.generate, "grpo.model")
    check_tokenizer(base, settings)
    wanted_problems = share(None if is_follower() else _wanted_problems(run, settings, base))
    graded = {kind for judge in settings.judges.values() for kind in judge.kinds}
    problems = usable(wanted_problems, base, graded)
    refuse_trick(problems.get_column("problem_id"), "grpo")
    if problems.height < settings.prompts_per_step:
        raise UserError(
            f"{run.path} has {problems.height:,} problems with a usable gold, a step takes "
            f"{settings.prompts_per_step}: load more or lower grpo.prompts_per_step"
        )
    keys = problems.select(pl.concat_str("problem_id", "gold_hash")).to_series()
    judges = settings.judges.items()
    rubrics = [rubric(judge.rubric, f"grpo.judges.{name}.rubric") for name, judge in judges]
    origin = Origin(run, "grpo", settings, base, target, content_id(*keys, *rubrics))
    done = share(checkpoint.finished(target, origin.fingerprint))
    report = train(origin, problems, resume) if done is None else done
    if is_follower():
        return report
    if done is not None:
        say(f"grpo: {target} holds this training already")
    checkpoint.record(run, target)
    known = {"checkpoint": str(target), "already_done": done is not None}
    return {**known, "problems": problems.height, **report}


def _wanted_problems(run: Run, settings: Grpo, base: Base) -> pl.DataFrame:
    check_scores(run, base, settings)
    return wanted(run, settings.want)


def train(origin: Origin, problems: pl.DataFrame, resume: bool) -> dict[str, Any]:
    run, base, settings = origin.run, origin.base, origin.run.config.grpo
    assert settings is not None
    quiet()
    rows = dataset(problems, base)
    set_seed(run.config.seed)  # also what adapters begin with
    model = base.load(settings.attn_implementation)
    room = room_for_rollouts(base, model, rows, settings.max_tokens)
    reader = Reader(base, run.config.normalize.marker)
    journal = Journal("grpo")
    rollouts = Rollouts(run, _shared(origin, settings, room), journal.note)
    counts = lambda: {"n_records": problems.height}
    rewards = WeightedSum(settings, reader, room)
    self_test(rewards, settings, problems, base, run.config.normalize.marker)
    if settings.use_vllm and settings.vllm_mode == "colocate" and not torch.cuda.is_available():
        vllm_on_cpu.prepare()
    staged, state = share(None if is_follower() else checkpoint.staging(origin, resume))
    done = saved.progress(state)["step"] if state else 0
    trainer = Trainer(
        rewards=rewards,
        rollouts=rollouts,
        done=done,
        model=model,
        args=arguments(settings, run.config.seed, staged, room),
        train_dataset=rows,
        processing_class=base.tokenizer,
        peft_config=lora_config(settings.lora),
        callbacks=[
            journal,
            rollouts,  # before the state, which shall not be ahead of them
            Saver(origin.fingerprint, journal, settings.keep_checkpoints, counts),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    if state:
        journal.go_on(saved.progress(state)["journal"])
    try:
        with writing(staged, FULL), journal, rollouts:
            saved.train(trainer, state)
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"out of GPU memory: lower grpo.batch_size ({settings.batch_size}), "
            f"grpo.max_tokens ({settings.max_tokens}) or grpo.prompts_per_step"
        ) from error
    report = _report(max(done, trainer.state.global_step), settings, journal)
    if not is_follower():
        metrics = journal.frame(origin.fingerprint, "grpo", str(origin.target))
        checkpoint.publish(origin, staged, report, metrics)
    return report


def _report(steps: int, settings: Grpo, journal: Journal) -> dict[str, Any]:
    return {
        "steps": steps,
        "rollouts": steps * settings.prompts_per_step * settings.group_size,
        "undecided": _total(journal, "undecided"),
        "defects": _total(journal, DEFECT),
        **ends(journal.rows, "reward"),
    }


def _shared(origin: Origin, settings: Grpo, room: int) -> dict[str, Any]:
    """What is the same for all rollouts."""
    return {
        "training_id": origin.fingerprint,
        "checkpoint": settings.output,
        "temperature": settings.temperature,
        "max_tokens": room,
    }


def _total(journal: Journal, name: str) -> int:
    """Of a metric, or of an outcome whichever reward met it."""
    return int(sum(n for _, noted, n in journal.rows if noted.split("/")[-1] == name))


def _start(run: Run, settings: Grpo) -> str:
    """The checkpoint to go on from: the one named, else the one `sft` wrote."""
    if settings.model:
        return settings.model
    output = run.config.sft.output if run.config.sft else "sft"
    if not (run.path / output / TRAINING_FILE).is_file():
        raise UserError(
            f"grpo.model is empty and {run.path / output} holds no trained checkpoint: "
            "`curate sft` first, or name a model"
        )
    return str(run.path / output)
