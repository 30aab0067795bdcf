"""The problems that GRPO draws from, as rows of TRL's dataset."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl
from datasets import Dataset
from transformers import PreTrainedModel

from curate.manifest import ask
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.base import NOT_APPLICABLE
from filters.errors import UserError
from filters.language.question_language import target_languages
from filters.verifiers.outcome import CORRECT
from sft.trainer.base_model import Base

COLUMNS = ("prompt", "problem_id", "problem", "kind", "gold", "choices", "tests", "target")
"""of the dataset; a reward gets all of them"""


def wanted(run: Run, condition: str | None) -> pl.DataFrame:
    """The run's problems, those alone for which `grpo.want` holds."""
    problems = latest_problems(run)
    if condition is None:
        return problems
    found = ask.rows(run, _WANTED.format(condition=condition))
    ids = pl.Series("problem_id", [row["problem_id"] for row in found], dtype=pl.String)
    return problems.filter(pl.col("problem_id").is_in(ids.implode()))


_WANTED = """
    with known as (
        select p.*, r.* exclude (problem_id)
        from problems p join v_problem_pass_rate r using (problem_id)
        union all by name
        select p.* from problems p anti join v_problem_pass_rate r using (problem_id)
    )
    select problem_id from known where ({condition})
"""


def usable(problems: pl.DataFrame, base: Base, judged: Iterable[str] = ()) -> pl.DataFrame:
    """Those whose gold verified itself as it was loaded, and those of the kinds that a judge has,
    by problem_id, with the `prompt` that `generate` would put; without those that the chat
    template refuses."""
    check, kind = pl.col("gold_check"), pl.col("kind")
    graded = (check == NOT_APPLICABLE) & kind.is_in(list(judged))
    sound = problems.filter((check == CORRECT) | graded).sort("problem_id")
    prompts = base.prompts(sound).drop_nulls()
    return sound.join(prompts, on="problem_id", maintain_order="left")


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


def room_for_rollouts(base: Base, model: PreTrainedModel, rows: Dataset, wanted: int) -> int:
    """Tokens a rollout may have: no more than the model reads after the longest prompt."""
    context = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    longest = max(map(len, base.tokenizer(list(rows["prompt"]))["input_ids"]))
    room = wanted if context is None else min(wanted, context - longest)
    if room < 1:
        raise UserError(
            f"{base.setting}: {base.name} reads {context:,} tokens, the longest prompt has "
            f"{longest:,}: nothing is left for an answer"
        )
    if room < wanted:
        say(f"grpo: rollouts of at most {room:,} tokens, since {base.name} reads {context:,}")
    return room
