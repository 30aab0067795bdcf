"""The stage that samples: k completions for every problem, each of them a trace row.

What is missing (`samples.py`) is done unit by unit. A unit has one seed, made from what is asked
for, and is committed whole, so a run that was killed and resumed holds the same samples as one
that was not.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

import polars as pl

from curate.engines import load_engine
from curate.engines.engine import (
    ERROR,
    LENGTH,
    Completion,
    Engine,
    Request,
    Sampling,
)
from curate.sampling.plan import Grid, Prompt, Sample, Unit
from curate.sources.problems import latest_problems
from curate.sources.readers import mended
from curate.store.run_folder import Run
from curate.store.shards import SHARD_BYTES, commit, read
from curate.terminal.progress import Progress, say
from filters.errors import UserError, did_you_mean
from filters.schema import FINISH_REASONS, TRACE, content_id

COMMIT_EVERY_S = 30.0
RETRY = {"truncated": LENGTH, "failed": ERROR}
"""what `--retry` names -> the finish_reason it redoes"""


@dataclass(frozen=True)
class Work:
    """What a call of `generate` is about to do."""

    engine: Engine
    sampling: Sampling
    seed: int
    units: list[Unit]
    already: int
    """samples that are there and stay as they are"""

    @property
    def requested(self) -> int:
        return sum(map(len, self.units))


@dataclass(frozen=True)
class Plan:
    """What `generate` would do and cost."""

    requests: int
    already: int
    prompt_tokens: int
    max_completion_tokens: int
    seconds: float | None
    basis: str
    """how `seconds` was estimated"""


def generate(run: Run, *, retry: str | None = None) -> dict[str, int]:
    """Sample what is missing, or with `retry` redo the truncated or failed ones; how many samples
    ended in which way, and how many were there `already`."""
    work = _work(run, retry)
    counts: Counter[str] = Counter()
    total = work.already + work.requested
    with (
        Progress("generate", total, "samples", done=work.already) as bar,
        _Writer(run) as writer,
    ):
        for unit in work.units:
            rows = _sampled(work, unit)
            counts.update(rows.get_column("finish_reason"))
            writer.add(rows)
            bar.advance(len(unit))
    if counts[LENGTH]:
        say(
            f"generate: {counts[LENGTH]:,} samples were cut at {work.sampling.max_tokens:,} tokens;"
            " raise generate.max_tokens and `curate generate RUN --retry truncated` redoes them"
        )
    ended = {reason: counts[reason] for reason in FINISH_REASONS}
    return {"requested": work.requested, **ended, "already": work.already}


def plan(run: Run, *, retry: str | None = None) -> Plan:
    """The same, found out without doing it; a batch is timed for a few tokens."""
    work = _work(run, retry)
    lengths = dict.fromkeys((s.prompt for unit in work.units for s in unit), 0)
    for prompt, n in zip(lengths, work.engine.count_tokens([p.text for p in lengths]), strict=True):
        lengths[prompt] = n
    seconds, basis = _estimate(run, work)
    return Plan(
        requests=work.requested,
        already=work.already,
        prompt_tokens=sum(lengths[sample.prompt] for unit in work.units for sample in unit),
        max_completion_tokens=work.requested * work.sampling.max_tokens,
        seconds=seconds,
        basis=basis,
    )


def _work(run: Run, retry: str | None) -> Work:
    settings = run.config.generate
    if settings is None:
        raise UserError(
            f"the configuration of {run.path} has no `generate` section, so nothing to sample with"
        )
    if retry is not None and retry not in RETRY:
        raise UserError(f"--retry {retry}: no such kind of sample{did_you_mean(retry, RETRY)}")
    problems = latest_problems(run)
    if problems.is_empty():
        raise UserError(f"{run.path} has no problems to sample from; name some under `problems:`")
    engine = load_engine(settings)
    grid = Grid.of(run, problems, engine, settings)
    planned = grid.missing() if retry is None else grid.again(RETRY[retry])
    units = [unit for unit in planned if unit]
    if retry == "truncated" and not units and (cut := grid.still_cut()):
        raise UserError(
            f"{cut:,} samples were cut at {settings.max_tokens:,} tokens and would be again: raise "
            "generate.max_tokens first"
        )
    redone = sum(sample.attempt > 0 for unit in units for sample in unit)
    sampling = Sampling(settings.temperature, settings.top_p, settings.max_tokens)
    return Work(engine, sampling, run.config.seed, units, len(grid.past) - redone)


def _sampled(work: Work, unit: Unit) -> pl.DataFrame:
    """The unit's trace rows: one for every sample, whatever became of it."""
    seed = _seed(work.seed, unit)
    done = {(c.problem_id, c.sample_index): c for c in _completions(work, unit, seed)}
    rows = [
        _row(work, sample, done.get((sample.prompt.problem_id, sample.index)), seed)
        for sample in unit
    ]
    return pl.DataFrame(rows, schema=TRACE)


def _seed(run_seed: int, unit: Unit) -> int:
    """60 bits of what is asked for."""
    asked = (f"{sample.trace_id}/{sample.attempt}" for sample in unit)
    return int(content_id("unit", str(run_seed), *asked)[:15], 16)


def _completions(work: Work, unit: Unit, seed: int) -> Iterator[Completion]:
    requests = _requests(unit, seed)
    for sample in unit:
        if (error := sample.prompt.error) is not None:
            yield Completion(sample.prompt.problem_id, sample.index, None, ERROR, error=error)
    if requests:
        yield from work.engine.generate(requests, work.sampling)


def _requests(unit: Unit, seed: int) -> list[Request]:
    indices: dict[Prompt, list[int]] = {}
    for sample in unit:
        if sample.prompt.error is None:
            indices.setdefault(sample.prompt, []).append(sample.index)
    return [Request(p.problem_id, tuple(i), p.text, seed) for p, i in indices.items()]


def _row(work: Work, sample: Sample, got: Completion | None, seed: int) -> dict[str, object]:
    got = got or Completion(
        sample.prompt.problem_id, sample.index, None, ERROR, error="no_completion: engine gave none"
    )
    if got.finish_reason not in FINISH_REASONS:
        raise RuntimeError(f"engine {work.engine.name} gave finish_reason {got.finish_reason!r}")
    text, broken = mended(got.text) if got.text is not None else (None, 0)
    return {
        "trace_id": sample.trace_id,
        "problem_id": sample.prompt.problem_id,
        "sample_index": sample.index,
        "attempt": sample.attempt,
        "response": text,
        "response_hash": None if text is None else content_id(text),
        "token_ids": got.token_ids,
        "finish_reason": got.finish_reason,
        "error": got.error,
        "repaired": f"lone_surrogates={broken}" if broken else None,
        "num_tokens": got.num_tokens,
        "origin": "sampled",
        "model": work.engine.model,
        "model_revision": work.engine.revision,
        "engine": work.engine.name,
        "engine_version": work.engine.version,
        "prompt_hash": sample.prompt.prompt_hash,
        "template_hash": work.engine.template_hash,
        "temperature": work.sampling.temperature,
        "top_p": work.sampling.top_p,
        "max_tokens": work.sampling.max_tokens,
        "seed": seed,
    }


def _estimate(run: Run, work: Work) -> tuple[float | None, str]:
    """Seconds for all units, from a batch timed for a few tokens."""
    if not work.units:
        return 0.0, "nothing is left to do"
    requests = _requests(work.units[0], _seed(work.seed, work.units[0]))
    pace = work.engine.pace(requests, work.sampling) if requests else None
    if pace is None:
        return None, f"the {work.engine.name} engine gives no estimate"
    steps, basis = _steps(run, work)
    timed = f"timed a batch of {len(work.units[0])} samples for a few tokens"
    return pace.seconds(steps) * len(work.units), f"{timed}; {basis}"


def _steps(run: Run, work: Work) -> tuple[float, str]:
    """Tokens of a batch's longest completion: as in this run so far, else the most there can be."""
    rows = read(run.shards("traces"), TRACE, ("seed", "num_tokens", "model_revision"))
    mine = rows.filter(pl.col("model_revision") == work.engine.revision)
    longest = mine.group_by("seed").agg(pl.col("num_tokens").max()).get_column("num_tokens").mean()
    most = work.sampling.max_tokens
    if isinstance(longest, float):
        return min(longest, most), f"batches as long as this run's so far, {longest:,.0f} tokens"
    return most, f"at most: if every batch runs to max_tokens, {most:,}"


@dataclass
class _Writer:
    """Gathers units and commits them as shards; at the end, however it comes, what is left."""

    run: Run
    gathered: list[pl.DataFrame] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def add(self, rows: pl.DataFrame) -> None:
        self.gathered.append(rows)
        size = sum(frame.estimated_size() for frame in self.gathered)
        if size >= SHARD_BYTES or time.monotonic() - self.since >= COMMIT_EVERY_S:
            self.commit()

    def commit(self) -> None:
        # taken first: an interrupt in the middle costs these rows, it cannot double them
        rows, self.gathered, self.since = self.gathered, [], time.monotonic()
        if rows:
            commit(self.run.folder("traces"), pl.concat(rows), TRACE)

    def __enter__(self) -> _Writer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.commit()
