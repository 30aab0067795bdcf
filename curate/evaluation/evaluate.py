"""`curate eval RUN`: checkpoints × problem sets → samples → verdicts → rows of `evals`.

The samples of a problem set lie in a run folder of their own, `RUN/evals/SET`, those of all
checkpoints together: every command works on it (`sql`, `explain`, `view`), what one checkpoint
solves and another does not is one query, and nothing of it can become a record of RUN. Each sample
is known by its content as in `generate`, so what is there is not asked for again.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import polars as pl

from curate.config import Config, Eval, Generate, ProblemSet
from curate.engines.engine import ERROR, Sampling
from curate.evaluation import sets
from curate.evaluation.checkpoints import Checkpoint, checkpoints
from curate.evaluation.scores import JUDGES, samples_of, scores
from curate.judging.filter_stage import filter_traces
from curate.sampling.generate import Work, engine_for, sampled, steps
from curate.sampling.plan import Grid, Part
from curate.sampling.prompts import prompts
from curate.sampling.spread import spread
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read
from curate.terminal.progress import say
from filters import FILTERS
from filters.errors import UserError
from filters.schema import EVAL, conform, content_id, utc_now

FOLDER = "evals"
_NAMES = {"generate.model": "eval.checkpoints", "generate.": "eval."}
"""what engines call their settings -> what they are called here"""


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
            f"no checkpoint to evaluate: `curate eval {run.path} CHECKPOINT` names one, as does "
            "eval.checkpoints in the configuration"
        )
    if not settings.problems:
        raise UserError("no problems to evaluate on: give --problems FILE, or eval.problems")
    wanted = checkpoints(run, settings.checkpoints)
    sources = [sets.named(source) for source in settings.problems]
    if len({source.name for source in sources}) < len(sources):
        raise UserError("two problem sets have one name: give each a `name` of its own")
    rows = []
    for source in sources:
        with Run.making(run.path / FOLDER / source.name, _config(run, source), "eval") as into:
            on_set = OnSet.loaded(run, into, settings, source)
            sampled = [on_set.sampled(checkpoint, retry) for checkpoint in wanted]
            filter_traces(into)
            of_set = [on_set.row(one) for one in sampled]
        _keep(run, of_set)
        rows += of_set
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


@dataclass(frozen=True)
class OnSet:
    """The evaluation on one problem set: first all samples, then the verdicts on all, then the
    figures."""

    run: Run
    into: Run
    """holds the samples"""
    settings: Eval
    source: ProblemSet
    problems: pl.DataFrame
    k: int
    """samples of a problem"""
    taught: int
    """problems that the run trains on"""

    @classmethod
    def loaded(cls, run: Run, into: Run, settings: Eval, source: ProblemSet) -> OnSet:
        problems = sets.loaded(into, source)
        taught = sets.trained_on(run, problems)
        if taught:
            warning = (
                f"{taught:,} of the {problems.height:,} problems of {source.name} are among those "
                f"that {run.path} trains on: what is measured there is memory"
            )
            if settings.strict:
                raise UserError(warning)
            say(f"eval: WARNING: {warning} (column trained_on; --strict refuses)")
        k = settings.k or sets.samples_each(problems)
        return cls(run, into, settings, source, problems, k, taught)

    def sampled(self, checkpoint: Checkpoint, retry: bool) -> Sampled:
        generate = self._generate(checkpoint)
        engine = engine_for(self.into, generate, _NAMES)
        rendered = prompts(self.problems, engine, generate)
        # another limit makes another evaluation: a shorter one would count long answers
        limit = f"max_tokens {generate.max_tokens}"
        grid = Grid.of(self.into, rendered, engine, generate, limit)
        todo = [*grid.missing(), *(grid.again(ERROR) if retry else ())]
        work = Work(engine, Sampling.of(generate), generate, rendered, grid.left(todo))
        said = spread(self.into, generate, lambda *_: steps(work), Part())
        label = f"eval {checkpoint.stage} step {checkpoint.step}"
        (ended,) = sampled(self.into, said, label)
        if left := len(todo) - ended.done:
            raise UserError(
                f"eval: {left:,} samples were not asked for: {engine.stopped}; run again"
            )
        names = [name for row in grid.ids for name in row]
        return Sampled(checkpoint, generate, engine.revision, engine.name, names)

    def _generate(self, checkpoint: Checkpoint) -> Generate:
        """As the run samples its traces (engine, prompt, template), but for what `eval` says."""
        usual, own = self.run.config.generate or Generate(), self.settings
        same_engine = own.engine in (None, usual.engine)
        return usual.model_copy(
            update={
                "engine": own.engine or usual.engine,
                "options": {**(usual.options if same_engine else {}), **own.options},
                "batch_size": own.batch_size or usual.batch_size,
                "model": checkpoint.model,
                "revision": None,
                "samples": self.k,
                "until_correct": None,
                "hard_samples": None,
                "temperature": own.temperature,
                "top_p": own.top_p,
                "max_tokens": own.max_tokens,
                "sampling": own.sampling,
            }
        )

    def row(self, sampled: Sampled) -> dict[str, Any]:
        """Of `evals`."""
        checkpoint, generate = sampled.checkpoint, sampled.settings
        samples = samples_of(self.into, sampled.trace_ids)
        figures = asdict(scores(samples, self.problems, self.k, self.into.jobs))
        if figures["failed"]:
            say(
                f"eval: {checkpoint.stage}: {figures['failed']:,} samples failed and are in no "
                f"figure (column `error` of `traces` in {self.into.path}); `curate eval --retry` "
                "asks for them again"
            )
        row = {
            **figures,
            "problem_set": self.source.name,
            "problem_set_hash": sets.set_hash(self.problems),
            "n_problems": self.problems.height,
            "k": self.k,
            "seed": self.run.config.seed,
            "trained_on": self.taught,
            "samples": f"{FOLDER}/{self.source.name}",
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
