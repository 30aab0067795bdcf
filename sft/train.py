"""`curate sft RUN`: the kept records → token ids and labels → TRL's SFTTrainer → a checkpoint.

R1 trains its cold start for 2-3 epochs, cosine 5e-5 → 5e-6, batch 128, context 32,768
(arXiv 2501.12948 v2). Left out here: packing, adapters, several processes, and going on from the
middle of an interrupted training (it starts anew).
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Sft
from curate.evaluation.trick import refuse_trick
from curate.manifest.ask import kept_records
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read
from curate.terminal.progress import say
from filters.errors import UserError
from filters.schema import TOKENIZED, content_id

try:
    import torch
    from transformers import PrinterCallback
    from trl import SFTConfig

    from sft.counting import CountingTrainer, check_counts, labelled
    from sft.preflight import preflight, sampled
    from sft.tokenize import tokenize
    from sft.trainer import checkpoint
    from sft.trainer.arguments import common_arguments, quiet
    from sft.trainer.base_model import Base
    from sft.trainer.journal import Journal
except ModuleNotFoundError as missing:
    raise UserError(
        f"training needs {missing.name}: pip install 'coldstart-curate[train]'"
    ) from missing

NEXT = "`curate filter` and `curate normalize` make records of traces"


@writes("sft")
def sft(run: Run) -> dict[str, Any]:
    """Train `sft.model` on the kept records; the report. Doing it twice trains once."""
    settings = run.config.sft
    if settings is None:
        raise UserError(
            f"the configuration of {run.path} has no `sft` section, so no base to train"
        )
    target = checkpoint.place_for(run, settings.output, "sft.output")
    records = kept_records(run)
    refuse_trick(records.get_column("problem_id"), "sft")
    if records.is_empty():
        raise UserError(f"{run.path} has no kept records to train on; {NEXT}")
    base = Base(settings.model, run.config.generate, "sft.model")
    records = with_prompts(records, latest_problems(run), base)
    tokens = tokenize(records, base, settings.max_length, run.config.normalize.marker)
    record_tokens(run, tokens, base)
    left_out = dict(tokens.drop_nulls("fault").group_by("fault").len().sort("fault").iter_rows())
    tokens = tokens.filter(pl.col("fault").is_null())
    _say_left_out(run, tokens.height, left_out)
    fingerprint = content_id(
        *("sft", settings.model_dump_json(), str(run.config.seed), base.revision),
        *tokens.get_column("record_id"),
        *tokens.get_column("token_hash"),
    )
    done = checkpoint.finished(target, fingerprint)
    if done is None:
        report = train(run, base, records, tokens, target, fingerprint)
    else:
        say(f"sft: {target} holds this training already")
        report = done
    checkpoint.record_metrics(run, target)
    known = {"checkpoint": str(target), "already_done": done is not None}
    out = {f"left_out_{fault}": count for fault, count in left_out.items()}
    return {**known, "records": tokens.height, **out, **report}


def with_prompts(records: pl.DataFrame, problems: pl.DataFrame, base: Base) -> pl.DataFrame:
    """The records with the `prompt` that `generate` would put to this base."""
    asked = problems.join(records, on="problem_id", how="semi")
    return records.join(base.prompts(asked), on="problem_id", how="left", maintain_order="left")


def record_tokens(run: Run, tokens: pl.DataFrame, base: Base) -> None:
    """Rows of `tokenized`, those that are not there yet; also of records left out as too long."""
    rows = tokens.drop_nulls("input_ids").select(
        pl.all().exclude("fault", "input_ids", "n_prompt"),
        pl.lit(base.tokenizer_hash).alias("tokenizer_hash"),
        pl.lit(base.template_hash).alias("template_hash"),
    )
    key = ["record_id", "tokenizer_hash", "template_hash", "token_hash"]
    have = read(run.shards("tokenized"), TOKENIZED, key)
    commit(run.folder("tokenized"), rows.join(have, on=key, how="anti"), TOKENIZED)


def train(
    run: Run,
    base: Base,
    records: pl.DataFrame,
    tokens: pl.DataFrame,
    target: Path,
    fingerprint: str,
) -> dict[str, Any]:
    """From tokens to a published checkpoint; what the training came to."""
    settings = run.config.sft
    assert settings is not None
    quiet()
    staged = checkpoint.staging(target)
    journal = Journal("sft")
    trainer = CountingTrainer(
        model=base.load(),
        args=arguments(settings, run.config.seed, staged),
        train_dataset=labelled(tokens),
        processing_class=base.tokenizer,
        callbacks=[journal],
    )
    trainer.remove_callback(PrinterCallback)
    _preflight(trainer, records, tokens, base, run.config.normalize.marker)
    try:
        with journal:
            trainer.train()
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"out of GPU memory: lower sft.batch_size ({settings.batch_size}) and raise "
            f"sft.gradient_accumulation, or lower sft.max_length ({settings.max_length})"
        ) from error
    epochs = settings.epochs if settings.max_steps < 0 else None
    check_counts(trainer.trained_tokens, trainer.seen, tokens, epochs)
    report = {
        "steps": trainer.state.global_step,
        "trained_tokens": trainer.trained_tokens,
        "trained_tokens_per_epoch": int(tokens.get_column("n_trained").sum()),
        **journal.ends("loss"),
    }
    metrics = journal.frame(fingerprint, "sft", str(target))
    save = partial(base.save, trainer.model)
    checkpoint.publish(staged, target, save, fingerprint, report, metrics)
    return report


def arguments(settings: Sft, seed: int, staged: Path) -> SFTConfig:
    return SFTConfig(
        **common_arguments(staged, seed, settings.batch_size, settings.gradient_accumulation),
        max_length=None,  # it would cut; what is too long was left out
        num_train_epochs=settings.epochs,
        max_steps=settings.max_steps,
        learning_rate=settings.learning_rate,
        lr_scheduler_type="cosine_with_min_lr",
        lr_scheduler_kwargs={"min_lr": min(settings.min_learning_rate, settings.learning_rate)},
    )


def _preflight(
    trainer: CountingTrainer,
    records: pl.DataFrame,
    tokens: pl.DataFrame,
    base: Base,
    marker: str | None,
) -> None:
    """On the rows as the trainer took them, through its collator; the table goes to stderr."""
    rows = sampled(tokens.height)
    given: Any = trainer.train_dataset  # what the trainer made of the dataset it was given
    if len(given) != tokens.height:
        raise RuntimeError(f"the trainer took {len(given)} of {tokens.height} rows")
    batch = trainer.data_collator([given[row] for row in rows])
    expected = tokens[rows].join(records, on="record_id", maintain_order="left")
    checks = preflight(batch, expected, base.tokenizer, marker)
    for check, passed, of in checks.iter_rows():
        say(f"preflight: {check:<28} {passed} of {of}")


def _say_left_out(run: Run, kept: int, left_out: dict[str, int]) -> None:
    reasons = ", ".join(f"{count:,} {fault}" for fault, count in left_out.items())
    if not kept:
        raise UserError(f"none of the records of {run.path} can be trained on: {reasons}")
    if left_out:
        say(f"sft: {sum(left_out.values()):,} records left out ({reasons}), {kept:,} trained on")
