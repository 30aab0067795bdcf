"""The stage that samples: k completions for every problem, each of them a trace row.

The engine takes what is missing (`plan.py`) as it has room; what it yields is committed by time
and size. Whatever ends it (Ctrl-C, a full disk, a dead server), what is done stays, and the same
command goes on.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.config import Generate
from curate.engines import load_engine
from curate.engines.engine import ERROR, LENGTH, Engine, Request, Sampling, failed
from curate.sampling import prompts
from curate.sampling.adaptive import JUDGED, Waves
from curate.sampling.job import Job
from curate.sampling.plan import Grid, Missing, Part, Row, Sample, ToSample
from curate.sampling.rows import trace_row
from curate.sampling.spread import Spread, Step, spread
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run
from curate.store.shards import batches, read
from curate.terminal.progress import Progress, say
from filters.errors import UserError, did_you_mean
from filters.schema import FINISH_REASONS, TRACE

RETRY = {"truncated": LENGTH, "failed": ERROR}
"""what `--retry` names -> the finish_reason it redoes"""


@dataclass(frozen=True)
class Work:
    """What a call of `generate` is about to do."""

    engine: Engine
    sampling: Sampling
    settings: Generate
    prompts: list[prompts.Prompt]
    source: ToSample


def generate(
    run: Run,
    *,
    retry: str | None = None,
    max_tokens: int | None = None,
    part: Part | None = None,
) -> dict[str, int]:
    """Sample what is missing (in a `part` of the problems), or with `retry` redo the truncated or
    failed ones, at `max_tokens` in place of the configuration's; how many samples ended in which
    way, how many were there `already`, and how many are `left` where the engine stopped."""
    plan = lambda opened, share: steps(plan_work(opened, retry, max_tokens, share))
    with run.writing("generate", part.share_of if part else None):
        settings = run.config.generate
        jobs = sampled(run, spread(run, settings, plan, part))
        return _summary(jobs, max_tokens or (settings.max_tokens if settings else 0))


def sampled(run: Run, said: Spread, label: str = "generate") -> Collection[Job]:
    """Follows the parts to their ends; how each ended."""
    jobs: dict[Part, Job] = {}
    with contextlib.closing(said), Progress(label, 0, "samples") as bar:
        try:
            for part, step in said:
                if step.prompts is not None:
                    prompts.keep(run, step.prompts)
                if part not in jobs:
                    jobs[part] = Job(run, part, step)
                    bar.skip(step.already)
                jobs[part].take(step)
                bar.total = sum(job.step.total for job in jobs.values())
                bar.advance(len(step.rows), jobs[part].shares())
        finally:
            for job in jobs.values():
                job.close()
    return jobs.values()


def steps(work: Work) -> Iterator[Step]:
    """Asks the engine for what the work's source holds."""
    source, engine = work.source, work.engine

    def step(rows: list[Row], **more: Any) -> Step:
        standing = (source.total, source.already, source.problems, source.finished)
        return Step(rows, *standing, cost=engine.spent, **more)

    with contextlib.closing(source):
        yield step([], prompts=prompts.kept(work.prompts, engine), first=True)
        for rows in _rows(work):
            yield step(rows)
            source.on_ended(rows)
        yield step([], saved=source.saved, stopped=engine.stopped, last=True)


def plan_work(run: Run, retry: str | None, max_tokens: int | None, part: Part) -> Work:
    """What is to be done; a UserError where nothing can be."""
    settings = run.config.generate
    if settings is None:
        raise UserError(
            f"the configuration of {run.path} has no `generate` section, so nothing to sample with"
        )
    if retry is not None and retry not in RETRY:
        raise UserError(f"--retry {retry}: no such kind of sample{did_you_mean(retry, RETRY)}")
    if max_tokens is not None:
        settings = settings.model_copy(update={"max_tokens": max_tokens})
    problems = latest_problems(run)
    if problems.is_empty():
        raise UserError(f"{run.path} has no problems to sample from; name some under `problems:`")
    problems = part.share(problems)
    engine = engine_for(run, settings)
    rendered = prompts.prompts(problems, engine, settings) if problems.height else []
    grid = Grid.of(run, rendered, engine, settings)
    if retry is None and settings.until_correct is not None:
        source: ToSample = _waves(run, problems, grid, settings)
    else:
        source = _missing(grid, retry)
    return Work(engine, Sampling.of(settings), settings, rendered, source)


def engine_for(run: Run, settings: Generate, names: Mapping[str, str] | None = None) -> Engine:
    """The engine (`names` as in `load_engine`), told what this run's samples have cost so far."""
    engine = load_engine(settings, names)
    if engine.priced and run.shards("traces"):
        engine.spent = _spent(run)
    return engine


def _missing(grid: Grid, retry: str | None) -> Missing:
    samples = list(grid.missing() if retry is None else grid.again(RETRY[retry]))
    if retry == "truncated" and not samples and (cut := grid.still_cut()):
        raise UserError(
            f"{cut:,} samples were cut at {grid.max_tokens:,} tokens and would be again: raise "
            "generate.max_tokens first, or give --max-tokens"
        )
    return grid.left(samples)


def _waves(run: Run, problems: pl.DataFrame, grid: Grid, settings: Generate) -> Waves:
    judged_by = problems.select(JUDGED).iter_rows(named=True)
    columns = ("trace_id", "problem_id", "response", "finish_reason", "num_tokens")
    past = (
        frame.filter(pl.col("trace_id").is_in(list(grid.past)))
        for path in (run.shards("traces") if grid.past else ())
        for frame in batches(path, TRACE, columns)
    )
    return Waves(
        list(zip(grid.whole(), judged_by, strict=True)),
        past,
        wanted=settings.until_correct or 1,
        budget=settings.samples,
        hard_budget=settings.most_samples,
        jobs=run.jobs,
    )


def _spent(run: Run) -> float:
    """What the samples of this run have cost so far."""
    meta = pl.concat([read([path], TRACE, ["engine", "meta"]) for path in run.shards("traces")])
    cost = pl.col("meta").str.json_path_match("$.cost").cast(pl.Float64)
    return float(meta.filter(pl.col("engine").is_not_null()).select(cost.sum()).item())


def request_of(sample: Sample) -> Request:
    return Request(sample.trace_id, sample.prompt.text, sample.seed, sample.index, sample.place)


def _rows(work: Work) -> Iterator[list[Row]]:
    """Trace rows as the samples end: one for every sample, whatever became of it."""
    engine = work.engine
    open_: dict[str, Sample] = {}
    refused: list[Row] = []

    def requests() -> Iterator[Request | None]:
        for sample in work.source:
            if sample is None:
                yield None
            elif (error := sample.prompt.error) is not None:
                got = failed(request_of(sample), error)
                refused.append(trace_row(sample, got, engine, work.sampling))
            else:
                open_[sample.trace_id] = sample
                yield request_of(sample)

    for done in engine.answers(requests(), work.sampling):
        yield [trace_row(open_.pop(got.id), got, engine, work.sampling) for got in done] + refused
        refused.clear()
    yield refused


def _summary(jobs: Collection[Job], max_tokens: int) -> dict[str, int]:
    counts = sum((job.counts for job in jobs), Counter[str]())
    asked = sum(job.asked for job in jobs)
    if counts[LENGTH]:
        say(
            f"generate: {counts[LENGTH]:,} samples were cut at {max_tokens:,} tokens;"
            " `curate generate RUN --retry truncated --max-tokens N` redoes them with more"
        )
    if counts[ERROR]:
        say(
            f"generate: {counts[ERROR]:,} samples failed (column `error` of `traces` says why); "
            "`curate generate RUN --retry failed` asks for them again"
        )
    left = asked - counts.total()
    if left:
        why = next((job.step.stopped for job in jobs if job.step.stopped), "the engine stopped")
        say(f"generate: {left:,} samples were not asked for: {why}")
    ended = {reason: counts[reason] for reason in FINISH_REASONS}
    already = sum(job.already for job in jobs)
    saved: Counter[str] = Counter()
    for job in jobs:
        saved.update(job.step.saved)
    summary = {"requested": asked, **ended, "already": already, **saved}
    return summary | ({"left": left} if left else {})
