"""`curate eval RUN`: checkpoints × problem sets → samples → verdicts → rows of `evals`.

The samples of a problem set lie in a run folder of their own, `RUN/evals/SET`, those of all
checkpoints together: every command works on it (`sql`, `explain`, `view`), what one checkpoint
solves and another does not is one query, and nothing of it can become a record of RUN. Each sample
is known by its content as in `generate`, so what is there is not asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from curate.config import Config, Eval, Generate, ProblemSet
from curate.engines.engine import ERROR, Sampling
from curate.evaluation import sets
from curate.evaluation.checkpoints import Checkpoint, checkpoints
from curate.evaluation.scores import JUDGES, samples_of, scores
from curate.judging.filter_stage import filter_traces
from curate.sampling.generate import Work, engine_for, sample
from curate.sampling.plan import Grid, Part
from curate.sampling.prompts import prompts
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read
from curate.terminal.progress import say
from filters import FILTERS
from filters.errors import UserError
from filters.schema import EVAL, conform, content_id, utc_now

FOLDER = "evals"


@dataclass(frozen=True)
class Sampled:
    """A checkpoint with its samples of one problem set. Not its engine: the weights of all of them
    would stay in memory."""

    checkpoint: Checkpoint
    settings: Generate
    revision: str
    engine: str
    trace_ids: list[str]


@writes("eval")
def evaluate(run: Run, asked: Eval | None = None, retry: bool = False) -> list[dict[str, Any]]:
    """Evaluate the checkpoints on the problem sets as the section `eval` says, or as is `asked`;
    the rows of `evals`, those that were there too. With `retry` failed samples are asked for
    again."""
    settings = asked or run.config.eval
    if settings is None or not settings.checkpoints:
        raise UserError(
            f"no checkpoint to evaluate: name one, or some under eval.checkpoints of {run.path}"
        )
    if not settings.problems:
        raise UserError("no problems to evaluate on: give --problems FILE, or eval.problems")
    wanted = checkpoints(run, settings.checkpoints)
    sources = [sets.named(source) for source in settings.problems]
    if len({source.name for source in sources}) < len(sources):
        raise UserError("two problem sets have one name: give each a `name` of its own")
    return [
        row for source in sources for row in _on_problem_set(run, settings, source, wanted, retry)
    ]


def _on_problem_set(
    run: Run, settings: Eval, source: ProblemSet, wanted: Sequence[Checkpoint], retry: bool
) -> list[dict[str, Any]]:
    """On one problem set: all samples, then the verdicts on all, then the figures."""
    with Run.making(run.path / FOLDER / source.name, _config(run, source), "eval") as into:
        problems = sets.loaded(into, source)
        taught = _trained_on(run, settings, source, problems)
        k = settings.k or sets.samples_each(problems)
        sampled = [_sampled(run, into, problems, settings, k, one, retry) for one in wanted]
        filter_traces(into)
        facts = {
            "problem_set": source.name,
            "problem_set_hash": sets.set_hash(problems),
            "n_problems": problems.height,
            "k": k,
            "seed": run.config.seed,
            "trained_on": taught,
            "samples": f"{FOLDER}/{source.name}",
        }
        rows = [_row(into, problems, one, facts) for one in sampled]
    _keep(run, rows)
    return rows


def _config(run: Run, source: ProblemSet) -> Config:
    """Of the run that holds the samples: judged as the run's own are, by the filters that the
    figures are made of; not for overlap with benchmarks, as it is one."""
    filters = run.config.filters
    judged = {name: own if isinstance(own := filters.get(name), dict) else True for name in JUDGES}
    return Config(
        name=f"{run.config.name} {source.name}",
        seed=run.config.seed,
        filters={**dict.fromkeys(FILTERS, False), **judged},
        jobs=run.config.jobs,
    )


def _trained_on(run: Run, settings: Eval, source: ProblemSet, problems: pl.DataFrame) -> int:
    taught = sets.trained_on(run, problems)
    if taught:
        warning = (
            f"{taught:,} of the {problems.height:,} problems of {source.name} are among those that "
            f"{run.path} trains on: what is measured there is memory"
        )
        if settings.strict:
            raise UserError(warning)
        say(f"eval: WARNING: {warning} (column trained_on; --strict refuses)")
    return taught


def _sampled(
    run: Run,
    into: Run,
    problems: pl.DataFrame,
    settings: Eval,
    k: int,
    checkpoint: Checkpoint,
    retry: bool,
) -> Sampled:
    generate = _sampling(run, settings, checkpoint, k)
    try:
        engine = engine_for(into, generate)
    except UserError as error:  # engines know the section that usually has their settings
        message = str(error).replace("generate.model", "eval.checkpoints")
        raise UserError(message.replace("generate.", "eval.")) from None
    rendered = prompts(problems, engine, generate)
    # another limit makes another evaluation: a shorter one would count long answers
    grid = Grid.of(into, rendered, engine, generate, f"max_tokens {generate.max_tokens}")
    todo = [*grid.missing(), *(grid.again(ERROR) if retry else ())]
    work = Work(engine, Sampling.of(generate), generate, rendered, grid.left(todo))
    ended = sample(into, work, Part(), f"eval {checkpoint.stage} step {checkpoint.step}")
    if left := len(todo) - ended.done:
        raise UserError(f"eval: {left:,} samples were not asked for: {engine.stopped}; run again")
    names = [name for row in grid.ids for name in row]
    return Sampled(checkpoint, generate, engine.revision, engine.name, names)


def _sampling(run: Run, settings: Eval, checkpoint: Checkpoint, k: int) -> Generate:
    """As the run samples its traces (engine, prompt, template), but for what `eval` says."""
    usual = run.config.generate or Generate()
    same_engine = settings.engine in (None, usual.engine)
    return usual.model_copy(
        update={
            "engine": settings.engine or usual.engine,
            "options": {**(usual.options if same_engine else {}), **settings.options},
            "batch_size": settings.batch_size or usual.batch_size,
            "model": checkpoint.model,
            "revision": None,
            "samples": k,
            "until_correct": None,
            "hard_samples": None,
            "temperature": settings.temperature,
            "top_p": settings.top_p,
            "max_tokens": settings.max_tokens,
            "sampling": settings.sampling,
        }
    )


def _row(
    into: Run, problems: pl.DataFrame, sampled: Sampled, facts: dict[str, Any]
) -> dict[str, Any]:
    checkpoint, generate = sampled.checkpoint, sampled.settings
    samples = samples_of(into, sampled.trace_ids)
    figures = asdict(scores(samples, problems, facts["k"], into.jobs))
    if figures["failed"]:
        say(
            f"eval: {checkpoint.stage}: {figures['failed']:,} samples failed and are in no figure "
            f"(column `error` of `traces` in {into.path}); `curate eval --retry` asks for them "
            "again"
        )
    row = {
        **facts,
        **figures,
        "stage": checkpoint.stage,
        "checkpoint": checkpoint.name,
        "checkpoint_revision": sampled.revision,
        "step": checkpoint.step,
        "temperature": generate.temperature,
        "top_p": generate.top_p,
        "max_tokens": generate.max_tokens,
        "engine": sampled.engine,
    }
    identity = ("stage", "step", "checkpoint_revision", "problem_set", "problem_set_hash", "k")
    settings = ("seed", "temperature", "top_p", "max_tokens")
    named = (str(row[name]) for name in (*identity, *settings))
    return {"eval_id": content_id("eval", *named, str(generate.sampling)), **row}


def _keep(run: Run, rows: list[dict[str, Any]]) -> None:
    """Commit those that are not the last word already on their stage and step (`v_evals`)."""
    place = ("problem_set", "stage", "step", "seed")
    have = read(run.shards(FOLDER), EVAL).unique(place, keep="last", maintain_order=True)
    new = conform(pl.DataFrame(rows, infer_schema_length=None), EVAL)
    facts = [name for name in EVAL if name != "created_at"]
    fresh = new.join(have.select(facts), on=facts, how="anti", nulls_equal=True)
    commit(run.folder(FOLDER), fresh.with_columns(created_at=pl.lit(utc_now())), EVAL)
