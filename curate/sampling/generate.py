"""The stage that samples: k completions for every problem, each of them a trace row.

The engine takes what is missing (`plan.py`) as it has room; what it yields is committed by time
and size. Whatever ends it (Ctrl-C, a full disk, a dead server), what is done stays, and the same
command goes on.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import polars as pl

from curate.config import Generate
from curate.engines import load_engine
from curate.engines.engine import ERROR, LENGTH, Engine, Request, Sampling, failed
from curate.sampling import prompts
from curate.sampling.adaptive import JUDGED, Waves
from curate.sampling.job import Job
from curate.sampling.plan import Grid, Missing, Part, Row, Sample
from curate.sampling.rows import Writer, trace_row
from curate.sampling.spread import on_cluster
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
    source: Missing | Waves


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
    if part is None and run.config.executor == "ray":
        one = lambda opened, share: _generate(opened, retry, max_tokens, share)
        return dict(on_cluster(run, "generate", run.config.generate, one))
    part = part or Part()
    with run.writing("generate", part.share_of):
        return _generate(run, retry, max_tokens, part)


def _generate(run: Run, retry: str | None, max_tokens: int | None, part: Part) -> dict[str, int]:
    work = plan_work(run, retry, max_tokens, part)
    return _summary(work, sample(run, work, part))


def sample(run: Run, work: Work, part: Part, label: str = "generate") -> Job:
    """Ask the engine for what the work's source holds, and commit what comes; how it ended."""
    prompts.keep(run, work.prompts, work.engine)
    source = work.source
    job = Job(run, part, source)
    with (
        contextlib.closing(source),
        _state_on_file(job),
        Writer(run) as writer,
        Progress(label, source.total, "samples", done=source.already) as bar,
    ):
        for rows in _rows(work):
            writer.add(rows)
            source.on_ended(rows)
            job.cost = work.engine.spent
            job.add(rows)
            bar.total = source.total
            bar.advance(len(rows), job.shares())
    return job


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
        source: Missing | Waves = _waves(run, problems, grid, settings)
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


@contextmanager
def _state_on_file(job: Job) -> Iterator[None]:
    """Its file says how it ended."""
    job.write("running")
    try:
        yield
    except BaseException:
        job.write("stopped")
        raise
    job.write("done")


def _summary(work: Work, job: Job) -> dict[str, int]:
    counts, asked = job.counts, job.asked
    if counts[LENGTH]:
        say(
            f"generate: {counts[LENGTH]:,} samples were cut at {work.sampling.max_tokens:,} tokens;"
            " `curate generate RUN --retry truncated --max-tokens N` redoes them with more"
        )
    if counts[ERROR]:
        say(
            f"generate: {counts[ERROR]:,} samples failed (column `error` of `traces` says why); "
            "`curate generate RUN --retry failed` asks for them again"
        )
    left = asked - job.done
    if left:
        why = work.engine.stopped or "the engine stopped"
        say(f"generate: {left:,} samples were not asked for: {why}")
    ended = {reason: counts[reason] for reason in FINISH_REASONS}
    summary = {"requested": asked, **ended, "already": work.source.already, **work.source.saved}
    return summary | ({"left": left} if left else {})
