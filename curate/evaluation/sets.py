"""Problem sets to evaluate on: files of the user's, and `trick`, which comes along. What is to
measure a model must not have taught it."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from curate.config import ProblemSet
from curate.evaluation.trick import FILE, TRICK
from curate.manifest import ask as manifest
from curate.sources.problems import latest_problems, problems_of
from curate.store.run_folder import Run
from curate.terminal.progress import say
from filters.errors import UserError
from filters.schema import content_id
from filters.verifiers.outcome import CORRECT

MANY = 200
"""problems: R1 samples AIME (30) and GPQA (198) 64 times, MATH (500) 16 times"""
K_OF_FEW, K_OF_MANY = 64, 16


def named(source: ProblemSet) -> ProblemSet:
    """With the set's name, and the file where it is one that comes along."""
    if source.path == TRICK and not Path(TRICK).exists():
        return source.model_copy(update={"path": str(FILE), "name": source.name or TRICK})
    name = source.name or Path(source.path).name.split(".")[0]
    return source.model_copy(update={"name": name})


def loaded(into: Run, source: ProblemSet) -> pl.DataFrame:
    """The set's problems, as the run that holds its samples has them now."""
    problems = problems_of(into, source)
    if problems.is_empty():
        raise UserError(f"{source.path} holds no problems to evaluate on")
    unsound = problems.filter(pl.col("gold_check") != CORRECT)
    if unsound.height:
        reasons = unsound.group_by("gold_check").len().sort("gold_check").rows()
        counts = ", ".join(f"{count:,} {reason}" for reason, count in reasons)
        say(
            f"eval: {unsound.height:,} of the {problems.height:,} problems of {source.name} have no"
            f" gold that can be checked ({counts}): in no share of correct ones"
        )
    return problems


def samples_each(problems: pl.DataFrame) -> int:
    return K_OF_MANY if problems.height > MANY else K_OF_FEW


def set_hash(problems: pl.DataFrame) -> str:
    """Of the problems and their golds, in whatever order."""
    return content_id(
        *sorted(problems.select(pl.concat_str("problem_id", "gold_hash")).to_series())
    )


def trained_on(run: Run, problems: pl.DataFrame) -> int:
    """How many of them the run trains on: it has or had a record of one, sampled it for RL, or will
    by the configuration."""
    tables = "select problem_id as id from records_all union select problem_id from rollouts"
    taught = {row["id"] for row in manifest.rows(run, tables)}
    if run.config.grpo is not None:
        taught |= set(latest_problems(run).get_column("problem_id"))
    return len(taught.intersection(problems.get_column("problem_id")))
