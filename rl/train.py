"""`curate grpo RUN`: problems with a usable gold → rollouts → rewards → TRL's GRPOTrainer.

The objective is R1's (arXiv 2501.12948 v2; DeepSeekMath, 2402.03300, eq. 3), for G rollouts o_i
of one prompt:

    A_i = (r_i − mean r) / std r
    J   = 1/G Σ_i 1/|o_i| Σ_t min(ρ A_i, clip(ρ, 1−ε, 1+ε) A_i) − β (π_ref/π − log π_ref/π − 1)

with ρ = π/π_old by token, ε = 10, β = 0.001, a constant learning rate of 3e-6, G = 16 on 32 prompts
a step, one update per group, the reference renewed every 400 steps. Left out here: vLLM for the
rollouts, several processes, refilling groups without spread, going on from the middle.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Grpo
from curate.evaluation.trick import refuse_trick
from curate.sources.problems import latest_problems
from curate.store.lock import follows
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.errors import UserError
from filters.language.question_language import target_languages
from filters.schema import content_id
from filters.trace_format import OPEN, parse_marked, render
from filters.verifiers.outcome import CORRECT

try:
    import torch
    from datasets import Dataset
    from transformers import PreTrainedModel, PrinterCallback, set_seed
    from trl import GRPOConfig, GRPOTrainer

    from sft.tokenize import opens_thinking
    from sft.trainer import checkpoint
    from sft.trainer.adapters import lora_config
    from sft.trainer.arguments import common_arguments, quiet
    from sft.trainer.base_model import Base, decode
    from sft.trainer.journal import Journal
    from sft.trainer.origin import Origin
    from sft.trainer.processes import share, trains
    from sft.trainer.saved import Saver, progress
except ModuleNotFoundError as missing:
    raise UserError(
        f"training needs {missing.name}: pip install 'coldstart-curate[train]'"
    ) from missing

from rl.rewards import WeightedSum

REFERENCE_EVERY = 400
"""steps after which the reference of the KL term is the policy of that moment"""

AS_TRL = (
    *("learning_rate", "lr_scheduler_type", "lr_scheduler_kwargs", "warmup_steps"),
    *("max_grad_norm", "adam_beta1", "adam_beta2", "weight_decay", "temperature"),
    *("scale_rewards", "mask_truncated_completions", "epsilon_high"),
)
"""settings that TRL has under the same name"""

COLUMNS = ("prompt", "problem_id", "problem", "kind", "gold", "choices", "tests", "target")
"""of the dataset; a reward gets all of them"""


@trains("grpo")
def grpo(run: Run, resume: bool = True) -> dict[str, Any]:
    """Train on the run's problems with its rewards; the report. Doing it twice trains once, and a
    training that was interrupted goes on where its state was last saved."""
    settings = run.config.grpo
    if settings is None:
        raise UserError(f"the configuration of {run.path} has no `grpo` section")
    target = checkpoint.place_for(run, settings.output, "grpo.output")
    base = Base(_start(run, settings), run.config.generate, "grpo.model")
    problems = usable(latest_problems(run), base)
    refuse_trick(problems.get_column("problem_id"), "grpo")
    if problems.height < settings.prompts_per_step:
        raise UserError(
            f"{run.path} has {problems.height:,} problems with a usable gold, a step takes "
            f"{settings.prompts_per_step}: load more or lower grpo.prompts_per_step"
        )
    keys = problems.select(pl.concat_str("problem_id", "gold_hash")).to_series()
    origin = Origin(run, "grpo", settings, base, target, content_id(*keys))
    done = share(checkpoint.finished(target, origin.fingerprint))
    report = train(origin, problems, resume) if done is None else done
    if follows():
        return report
    if done is not None:
        say(f"grpo: {target} holds this training already")
    checkpoint.record(run, target)
    known = {"checkpoint": str(target), "already_done": done is not None}
    return {**known, "problems": problems.height, **report}


def usable(problems: pl.DataFrame, base: Base) -> pl.DataFrame:
    """Those whose gold verified itself as it was loaded, by problem_id, with the `prompt` that
    `generate` would put; without those that the chat template refuses."""
    sound = problems.filter(pl.col("gold_check") == CORRECT).sort("problem_id")
    prompts = base.prompts(sound).drop_nulls()
    return sound.join(prompts, on="problem_id", maintain_order="left")


def train(origin: Origin, problems: pl.DataFrame, resume: bool) -> dict[str, Any]:
    run, base, settings = origin.run, origin.base, origin.run.config.grpo
    assert settings is not None
    quiet()
    rows = dataset(problems, base)
    set_seed(run.config.seed)  # also what adapters begin with
    model = base.load()
    journal = Journal("grpo")
    reader = Reader(base, model, run.config.normalize.marker)
    rewards = WeightedSum(settings.rewards, reader.replies, journal.note)
    room = _room(base, model, rows, settings)
    staged, state = share(None if follows() else checkpoint.staging(origin, resume))
    counts = lambda: {"n_records": problems.height}
    trainer = GRPOTrainer(
        model=model,
        args=arguments(settings, run.config.seed, staged, room),
        reward_funcs=[rewards],
        train_dataset=rows,
        processing_class=base.tokenizer,
        peft_config=lora_config(settings.lora),
        callbacks=[
            journal,
            Saver(origin.fingerprint, journal, settings.keep_checkpoints, counts),
        ],
    )
    trainer.remove_callback(PrinterCallback)
    if state:
        journal.go_on(progress(state)["journal"])
    try:
        with journal:
            trainer.train(resume_from_checkpoint=str(state) if state else None)
    except torch.OutOfMemoryError as error:
        raise UserError(
            f"out of GPU memory: lower grpo.batch_size ({settings.batch_size}), "
            f"grpo.max_tokens ({settings.max_tokens}) or grpo.prompts_per_step"
        ) from error
    report = {
        "steps": trainer.state.global_step,
        "rollouts": trainer.state.global_step * settings.prompts_per_step * settings.group_size,
        **{what: _total(journal, what) for what in ("undecided", "defects")},
        **journal.ends("reward"),
    }
    if not follows():
        metrics = journal.frame(origin.fingerprint, "grpo", str(origin.target))
        checkpoint.publish(origin, staged, report, metrics)
    return report


def _total(journal: Journal, name: str) -> int:
    return int(sum(value for _, noted, value in journal.rows if noted == name))


def arguments(settings: Grpo, seed: int, staged: Path, max_tokens: int) -> GRPOConfig:
    rollouts = settings.prompts_per_step * settings.group_size
    together = max(n for n in range(1, settings.batch_size + 1) if rollouts % n == 0)
    return GRPOConfig(
        **common_arguments(settings, staged, seed, together, rollouts // together),
        max_steps=settings.max_steps,
        **{name: getattr(settings, name) for name in AS_TRL},
        num_generations=settings.group_size,
        max_completion_length=max_tokens,
        epsilon=settings.clip,
        loss_type=settings.loss,
        beta=settings.kl,
        use_bias_correction_kl=False,  # TRL's default departs from the formula
        sync_ref_model=settings.kl > 0,
        ref_model_sync_steps=REFERENCE_EVERY,
        ref_model_mixup_alpha=1.0,  # the reference is replaced, not mixed
    )


def dataset(problems: pl.DataFrame, base: Base) -> Dataset:
    """A row per problem, with `COLUMNS`."""
    prompts = [exact_prompt(base, prompt) for prompt in problems.get_column("prompt")]
    rows = problems.with_columns(
        pl.Series("prompt", prompts, dtype=pl.String), target_languages(problems).alias("target")
    )
    return Dataset.from_dict(rows.select(COLUMNS).to_dict(as_series=False))


def exact_prompt(base: Base, prompt: str) -> str:
    """The text that TRL, which tokenizes prompts with the tokenizer's defaults, turns into the
    ids of `prompt`: a begin-of-text that these add must not stand in it a second time."""
    (ids,) = base.encode_prompts([prompt])
    for text in (prompt, prompt.removeprefix(base.tokenizer.bos_token or "")):
        if base.tokenizer(text)["input_ids"] == ids:
            return text
    raise UserError(
        f"{base.setting}: the tokenizer of {base.name} adds tokens to a prompt that the chat "
        "template has finished"
    )


class Reader:
    """Rollouts as text, the way `generate` reads samples: special tokens such as `<think>` stay
    (TRL's own decoding drops them), only what never is text goes."""

    def __init__(self, base: Base, model: PreTrainedModel, marker: str | None = None) -> None:
        tokenizer = self.tokenizer = base.tokenizer
        self.marker = marker
        config = model.generation_config
        ends = config.eos_token_id if config is not None else None
        listed = ends if isinstance(ends, list) else [ends]
        self.silent = {
            *listed,
            tokenizer.eos_token_id,
            tokenizer.pad_token_id,
            tokenizer.bos_token_id,
        }

    def replies(self, prompts: Sequence[str], completion_ids: Sequence[Sequence[int]]) -> list[str]:
        return [self._reply(p, ids) for p, ids in zip(prompts, completion_ids, strict=True)]

    def _reply(self, prompt: str, ids: Sequence[int]) -> str:
        """Whole: with the opening tag where the prompt held it, in think tags whatever the run's
        layout."""
        text = decode(self.tokenizer, [token for token in ids if token not in self.silent])
        if self.marker is not None:
            return _unmarked(text, self.marker)
        return OPEN + prompt.rpartition(OPEN)[2] + text if opens_thinking(prompt) else text


def _unmarked(text: str, marker: str) -> str:
    try:
        parts = parse_marked(text, marker)
    except ValueError:
        return text
    return render(parts.thinking or "", parts.summary or "")


def _start(run: Run, settings: Grpo) -> str:
    """The checkpoint to go on from: the one named, else the one `sft` wrote."""
    if settings.model:
        return settings.model
    output = run.config.sft.output if run.config.sft else "sft"
    if not (run.path / output / checkpoint.TRAINING_FILE).is_file():
        raise UserError(
            f"grpo.model is empty and {run.path / output} holds no trained checkpoint: "
            "`curate sft` first, or name a model"
        )
    return str(run.path / output)


def _room(base: Base, model: PreTrainedModel, rows: Dataset, settings: Grpo) -> int:
    """Tokens a rollout may have: no more than the model reads after the longest prompt."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    longest = max(map(len, base.tokenizer(list(rows["prompt"]))["input_ids"]))
    room = settings.max_tokens if context is None else min(settings.max_tokens, context - longest)
    if room < 1:
        raise UserError(
            f"{base.setting}: {base.name} reads {context:,} tokens, the longest prompt has "
            f"{longest:,}: nothing is left for an answer"
        )
    if room < settings.max_tokens:
        say(f"grpo: rollouts of at most {room:,} tokens, since {base.name} reads {context:,}")
    return room
