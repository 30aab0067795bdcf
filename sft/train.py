"""`curate sft RUN`: the kept records → token ids and labels → TRL's SFTTrainer → a checkpoint.

R1 trains its cold start for 2-3 epochs, cosine 5e-5 → 5e-6, batch 128, context 32,768
(arXiv 2501.12948 v2). TRL trains; here is what it trains on, the proof that it did, and where the
result goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Sft
from curate.store.disk import FULL, writing
from curate.store.lock import is_follower
from curate.store.run_folder import Run
from curate.store.shards import commit, read
from curate.terminal.progress import say
from filters.errors import UserError, needs_extra
from filters.schema import TOKENIZED, content_id

with needs_extra("train", "training needs"):
    import datasets
    import torch
    import transformers
    from trl import SFTConfig

    from sft.counting import CountingTrainer, check_counts, labelled, seen_records
    from sft.mixture import mixture
    from sft.preflight import IGNORED, preflight, rows_of, sampled
    from sft.tokenize import token_hash, tokenize
    from sft.trainer import checkpoint, processes, saved
    from sft.trainer.adapters import lora_config
    from sft.trainer.arguments import common_arguments, quiet
    from sft.trainer.base_model import Base
    from sft.trainer.journal import Journal, ends
    from sft.trainer.origin import Origin
    from sft.trainer.processes import share, trains
    from sft.trainer.saved import Saver

ROWS = "rows"
"""in the staging folder: the dataset as the trainer is given it"""


@dataclass(frozen=True)
class Job:
    """What is to be trained on; only the first of several processes has it."""

    origin: Origin
    examples: pl.DataFrame
    tokens: pl.DataFrame
    """a row per record that is trained on, see `sft/tokenize.py`"""
    left_out: dict[str, int]
    """fault -> records"""


@trains("sft")
def sft(run: Run, resume: bool = True) -> dict[str, Any]:
    """Train `sft.model` on the kept records; the report. Doing it twice trains once, and a
    training that was interrupted goes on where its state was last saved."""
    settings = run.config.sft
    if settings is None:
        raise UserError(
            f"the configuration of {run.path} has no `sft` section, so no base to train"
        )
    target = checkpoint.place_for(run, settings.output, "sft.output")
    job = None if is_follower() else prepare(run, settings, target)
    done = share(job and checkpoint.finished(target, job.origin.fingerprint))
    report = train(run, settings, job, resume) if done is None else done
    if job is None:
        return report
    if done is not None:
        say(f"sft: {target} holds this training already")
    checkpoint.record(run, target)
    known = {"checkpoint": str(target), "already_done": done is not None}
    out = {f"left_out_{fault}": count for fault, count in job.left_out.items()}
    return {**known, "records": job.tokens.height, **out, **report}


def prepare(run: Run, settings: Sft, target: Path) -> Job:
    """The records, tokenized; rows of `tokenized` are written."""
    base = Base(settings.model, run.config.generate, "sft.model")
    examples = mixture(run, settings, base)
    tokens = tokenize(examples, base, settings.max_length, run.config.normalize.marker)
    record_tokens(run, tokens, base)
    left_out = dict(tokens.drop_nulls("fault").group_by("fault").len().sort("fault").iter_rows())
    tokens = tokens.filter(pl.col("fault").is_null())
    _say_left_out(run, tokens.height, left_out)
    dataset_hash = content_id(*tokens.get_column("record_id"), *tokens.get_column("token_hash"))
    origin = Origin(run, "sft", settings, base, target, dataset_hash)
    return Job(origin, examples, tokens, left_out)


def record_tokens(run: Run, tokens: pl.DataFrame, base: Base) -> None:
    """Rows of `tokenized`, those that are not there yet; also of records left out as too long."""
    once = tokens.drop_nulls("input_ids").unique("record_id", maintain_order=True)
    rows = once.select(
        pl.all().exclude("fault", "input_ids", "n_prompt"),
        pl.lit(base.tokenizer_hash).alias("tokenizer_hash"),
        pl.lit(base.template_hash).alias("template_hash"),
    )
    key = ["record_id", "tokenizer_hash", "template_hash", "token_hash"]
    have = read(run.shards("tokenized"), TOKENIZED, key)
    commit(run.folder("tokenized"), rows.join(have, on=key, how="anti"), TOKENIZED)


def train(run: Run, settings: Sft, job: Job | None, resume: bool) -> dict[str, Any]:
    """From tokens to a published checkpoint; what the training came to."""
    quiet()
    staged, state = share(job and _staged(job, resume))
    base = Base(settings.model, run.config.generate, "sft.model")
    journal = Journal("sft")
    transformers.set_seed(run.config.seed)  # also what adapters begin with
    trainer = CountingTrainer(
        model=base.load(settings.attn_implementation),
        args=arguments(settings, run.config.seed, staged),
        train_dataset=datasets.load_from_disk(str(staged / ROWS)),
        processing_class=base.tokenizer,
        peft_config=lora_config(settings.lora),
        callbacks=[journal],
    )
    trainer.remove_callback(transformers.PrinterCallback)
    fingerprint = job.origin.fingerprint if job else ""
    trainer.add_callback(Saver(fingerprint, journal, settings.keep_checkpoints, trainer.counts))
    if job:
        _preflight(trainer, job, settings.packing, run.config.normalize.marker)
        if state:
            known = saved.progress(state)
            journal.go_on(known["journal"])
            trainer.go_on(known["counts"])
    try:
        with writing(staged, FULL), journal:
            saved.train(trainer, state)
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"out of GPU memory: lower sft.batch_size ({settings.batch_size}) and raise "
            f"sft.gradient_accumulation, or lower sft.max_length ({settings.max_length})"
        ) from error
    counts = trainer.counts()
    return _published(job, settings, staged, journal, counts) if job else {}


def _staged(job: Job, resume: bool) -> tuple[Path, Path | None]:
    """The staging folder, the rows to be trained on in it, and the state to go on from."""
    staged, state = checkpoint.staging(job.origin, resume)
    with writing(staged, FULL):
        labelled(job.tokens).save_to_disk(str(staged / ROWS))
    return staged, state


def _published(
    job: Job, settings: Sft, staged: Path, journal: Journal, counts: dict[str, Any]
) -> dict[str, Any]:
    epochs = settings.epochs if settings.max_steps < 0 else None
    spare = settings.batch_size * processes.count() if processes.count() > 1 else 0
    check_counts(counts, job.tokens, epochs, spare)
    report = {
        "steps": max(step for step, _, _ in journal.rows),
        "trained_tokens": counts["trained_tokens"],
        "trained_tokens_per_epoch": int(job.tokens.get_column("n_trained").sum()),
        **ends(journal.rows, "loss"),
    }
    origin = job.origin
    metrics = journal.frame(origin.fingerprint, "sft", str(origin.target))
    seen = partial(seen_records, job.tokens.drop("input_ids"))
    checkpoint.publish(origin, staged, report, metrics, seen)
    return report


def arguments(settings: Sft, seed: int, staged: Path) -> SFTConfig:
    return SFTConfig(
        **common_arguments(
            settings, staged, seed, settings.batch_size, settings.gradient_accumulation
        ),
        # it would cut what is longer, but that was left out; packing needs it for the row's length
        max_length=settings.max_length if settings.packing else None,
        packing=settings.packing,
        train_sampling_strategy=settings.train_sampling_strategy,
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr": min(settings.min_learning_rate, settings.learning_rate)},
    )


def _preflight(trainer: CountingTrainer, job: Job, packed: bool, marker: str | None) -> None:
    """On the rows as the trainer took them, through its collator; the table goes to stderr."""
    given: Any = trainer.train_dataset  # what the trainer made of the dataset it was given
    held = sum(map(len, given["seq_lengths"])) if packed else len(given)
    if held != job.tokens.height:
        raise RuntimeError(f"the trainer took {held} of {job.tokens.height} rows")
    batch = trainer.data_collator([given[row] for row in sampled(len(given))])
    taken = [token_hash(ids, labels.count(IGNORED)) for ids, labels in rows_of(batch)]
    known = job.tokens.select("token_hash", "record_id").unique("token_hash")
    expected = (
        pl.DataFrame({"token_hash": taken})
        .join(known, on="token_hash", how="left", maintain_order="left")
        .join(job.examples.unique("record_id"), on="record_id", how="left", maintain_order="left")
    )
    if expected.get_column("record_id").null_count():
        raise RuntimeError("the trainer made other rows of those it was given")
    checks = preflight(batch, expected, job.origin.base.tokenizer, marker)
    for check, passed, count in checks.iter_rows():
        say(f"preflight: {check:<28} {passed} of {count}")


def _say_left_out(run: Run, kept: int, left_out: dict[str, int]) -> None:
    reasons = ", ".join(f"{count:,} {fault}" for fault, count in left_out.items())
    if not kept:
        raise UserError(f"none of the records of {run.path} can be trained on: {reasons}")
    if left_out:
        say(f"sft: {sum(left_out.values()):,} records left out ({reasons}), {kept:,} trained on")
