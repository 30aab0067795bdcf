"""The stage that rewrites: correct traces whose faults can be mended by writing become new traces
(origin `rewritten`, with their parent), which every filter judges again.

A rewriting's trace_id follows from its parent's text, the steps with their prompts, the writer and
its sampling; what is missing is an anti-join on it, as in `generate`.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import duckdb
import polars as pl

from curate.config import Refine
from curate.engines import load_engine
from curate.engines.engine import (
    ERROR,
    LENGTH,
    NO_PROMPT,
    STOP,
    Completion,
    Engine,
    PromptError,
    Request,
    Sampling,
    failed,
    seed_of,
)
from curate.manifest.ask import connect
from curate.refining.steps import STEPS, SUMMARIZE, Prompts, steps_for
from curate.sampling.plan import Part
from curate.sampling.rows import Row, written_by
from curate.sampling.spread import Spread, Step, spread
from curate.sources.plain_values import mended
from curate.store.run_folder import Run
from curate.terminal.progress import Progress, say
from filters.errors import UserError, first_line
from filters.schema import content_id
from filters.trace_format import NO_TAGS, parse, render, reply_of

_CANDIDATES = """
    with told as (
        select trace_id, list(distinct filter || '.' || reason order by filter || '.' || reason)
            as reasons
        from (select trace_id, filter, unnest(reasons) as reason from verdicts
            where keep is false and filter <> 'rewritten') -- a kept rewriting is no fault
        group by trace_id
    ),
    correct as (
        select trace_id from verdicts where filter = 'correctness'
            and (keep or list_contains(reasons, 'no_answer'))
    ),
    wanted as (
        select trace_id, fate from v_trace
        where origin <> 'rewritten' and fate in ('dropped', 'kept') and ({want})
    )
    select trace_id, told.reasons from wanted join told using (trace_id)
        join correct using (trace_id) where fate = 'dropped'
    union all
    select trace_id, [] from wanted join correct using (trace_id)
        where {kept} and (fate = 'kept' or trace_id not in (select trace_id from told))
"""


@dataclass
class Rewriting:
    """One trace on its way: the steps still to do, and what is written so far."""

    trace_id: str
    attempt: int
    place: int
    """among all that there should be"""
    parent: dict[str, Any]
    steps: tuple[str, ...]
    prompt_hash: str
    thinking: str
    summary: str = ""
    done: int = 0
    tokens: int = 0
    facts: list[dict[str, Any]] = field(default_factory=list)

    @property
    def seed(self) -> int:
        """Of the next step."""
        return seed_of(content_id("seed", self.trace_id, f"{self.attempt}/{self.done}"))

    def take(self, text: str) -> None:
        """What the writer gave for the next step: all of it but its own thinking."""
        written = reply_of(text).strip()
        if self.steps[self.done] == SUMMARIZE:
            self.summary = written
        else:
            self.thinking = written
        self.done += 1


def refine(run: Run, retry: bool = False) -> Counter[str]:
    """Rewrite what wants it and was not yet; with `retry` those again whose rewriting failed, was
    cut or dropped. Counts: rewritten, truncated, failed, already; left, where it stopped."""
    settings = run.config.refine
    if settings is None:
        raise UserError(
            f"the configuration of {run.path} has no `refine` section, so nothing to rewrite with"
        )
    one = lambda opened, part: _steps(opened, settings, retry, part)
    with run.writing("refine"), contextlib.closing(spread(run, settings, one)) as said:
        return _counted(said)


def _counted(said: Spread) -> Counter[str]:
    """Follows the parts to their ends."""
    counts: Counter[str] = Counter()
    left: dict[Part, int] = {}
    stopped = None
    with Progress("refine", 0, "traces") as bar:
        for part, step in said:
            if step.first and part not in left:
                counts["already"] += step.already
                bar.total = (bar.total or 0) + step.total
                bar.skip(step.already)
            if step.first:
                left[part] = step.total - step.already
            left[part] -= len(step.rows)
            counts.update(_ENDED[row["finish_reason"]] for row in step.rows)
            bar.advance(len(step.rows))
            stopped = step.stopped or stopped
    if not_asked := sum(left.values()):
        counts["left"] = not_asked
        say(f"refine: {not_asked:,} traces were not rewritten: {stopped}")
    return counts


def _steps(run: Run, settings: Refine, retry: bool, part: Part) -> Iterator[Step]:
    prompts = Prompts.of(settings)
    engine = load_engine(settings, {"generate.": "refine."})
    planned = _planned(run, settings, prompts, engine, part)
    todo, already = _missing(run, planned, retry)
    total = already + len(todo)
    yield Step([], total, already, first=True)
    for row in _Work(engine, Sampling.of(settings), prompts, deque(todo)).rows():
        yield Step([row], total, already)
    yield Step([], total, already, stopped=engine.stopped, last=True)


_ENDED = {STOP: "rewritten", LENGTH: "truncated", ERROR: "failed"}


def _planned(
    run: Run, settings: Refine, prompts: Prompts, engine: Engine, part: Part
) -> list[Rewriting]:
    """Every rewriting that there should be, in the order of their parents' ids."""
    drawn = (str(settings.temperature), str(settings.top_p), str(run.config.seed))
    more = json.dumps(settings.sampling, sort_keys=True)
    planned: list[Rewriting] = []
    for row in part.share(_parents(run, settings)).iter_rows(named=True):
        steps = steps_for(row.pop("reasons"))
        parts = parse(row["response"])
        thinking = parts.thinking if parts.form != NO_TAGS else row["response"]
        if steps is None or not thinking:
            continue
        prompt_hash = prompts.hash_of(steps)
        origin = (row["trace_id"], row["response_hash"], prompt_hash, engine.revision)
        trace_id = content_id("rewritten", *origin, *drawn, more)
        planned.append(Rewriting(trace_id, 0, len(planned), row, steps, prompt_hash, thinking))
    return planned


def _parents(run: Run, settings: Refine) -> pl.DataFrame:
    """The traces that the settings ask for, with their texts and why they were dropped."""
    wanted = _CANDIDATES.format(want=settings.want or "true", kept=settings.kept)
    with contextlib.closing(connect(run)) as con:
        try:
            con.execute(f"create temp table candidates as {wanted}")
        except duckdb.Error as error:
            raise UserError(f"refine.want: {first_line(error)}") from None
        return con.sql(
            "select reasons, trace_id, problem_id, sample_index, response_hash, response, problem "
            "from v_trace_text join candidates using (trace_id) order by trace_id"
        ).pl()


def _missing(run: Run, planned: list[Rewriting], retry: bool) -> tuple[list[Rewriting], int]:
    """Those that are not there; on `retry` also the next attempt at those that came to nothing."""
    with contextlib.closing(connect(run)) as con:
        rows = con.execute(
            "select trace_id, attempt, fate in ('failed', 'dropped') "
            "or (finish_reason = 'length' and fate <> 'kept') "  # be it judged yet or not
            "from v_trace where origin = 'rewritten'"
        ).fetchall()
    known = {trace_id: (attempt, nothing) for trace_id, attempt, nothing in rows}
    todo, already = [], 0
    for rewriting in planned:
        attempt, came_to_nothing = known.get(rewriting.trace_id, (-1, True))
        if attempt < 0 or (retry and came_to_nothing):
            rewriting.attempt = attempt + 1
            todo.append(rewriting)
        else:
            already += 1
    return todo, already


@dataclass
class _Work:
    engine: Engine
    sampling: Sampling
    prompts: Prompts
    todo: deque[Rewriting]
    ready: deque[Rewriting] = field(default_factory=deque)
    """whose next step can be asked for: those begun come first, so that few are open"""
    open_: dict[str, Rewriting] = field(default_factory=dict)
    rejected: list[Row] = field(default_factory=list)

    def rows(self) -> Iterator[Row]:
        """A trace row for every rewriting as it ends, whatever became of it."""
        for done in self.engine.answers(self._requests(), self.sampling):
            for got in done:
                if row := self._taken(got):
                    yield row
            yield from self._take_rejected()
        yield from self._take_rejected()

    def _requests(self) -> Iterator[Request | None]:
        while True:
            queue = self.ready or self.todo
            if queue:
                rewriting = queue.popleft()
                if (request := self._next_request(rewriting)) is not None:
                    self.open_[request.id] = rewriting
                    yield request
            elif self.open_:
                yield None
            else:
                return

    def _next_request(self, rewriting: Rewriting) -> Request | None:
        """The request for its next step; null where the writer's template cannot put it."""
        step = rewriting.steps[rewriting.done]
        turns = self.prompts.messages(step, rewriting.parent["problem"] or "", rewriting.thinking)
        try:
            return _request(rewriting, self.engine.render(turns))
        except PromptError as error:
            refused = failed(_request(rewriting, ""), f"{NO_PROMPT}: {error}")
            self.rejected.append(self._row(rewriting, refused))
            return None

    def _take_rejected(self) -> list[Row]:
        rows, self.rejected = self.rejected, []
        return rows

    def _taken(self, got: Completion) -> Row | None:
        """The finished row, or null where another step follows."""
        rewriting = self.open_.pop(got.id)
        rewriting.tokens += got.num_tokens or 0
        if got.facts:
            rewriting.facts.append(dict(got.facts))
        if got.text is not None:
            rewriting.take(mended(got.text)[0])
        if got.finish_reason == STOP and rewriting.done < len(rewriting.steps):
            self.ready.append(rewriting)
            return None
        return self._row(rewriting, got)

    def _row(self, rewriting: Rewriting, got: Completion) -> Row:
        text = render(rewriting.thinking, rewriting.summary) if got.text is not None else None
        facts: dict[str, Any] = {"steps": rewriting.steps}
        if rewriting.facts:
            facts["completions"] = rewriting.facts
        return {
            "trace_id": rewriting.trace_id,
            "problem_id": rewriting.parent["problem_id"],
            "sample_index": rewriting.parent["sample_index"],
            "attempt": rewriting.attempt,
            "response": text,
            "response_hash": None if text is None else content_id(text),
            "token_ids": None,  # those of a conversation, not of this text
            "finish_reason": got.finish_reason,
            "error": got.error,
            "num_tokens": rewriting.tokens,
            "origin": "rewritten",
            "parent_trace_id": rewriting.parent["trace_id"],
            "prompt_hash": rewriting.prompt_hash,
            "seed": rewriting.seed,
            "meta": json.dumps(facts, sort_keys=True),
            **written_by(self.engine, self.sampling),
        }


def _request(rewriting: Rewriting, prompt: str) -> Request:
    step = f"{rewriting.trace_id}/{rewriting.attempt}/{rewriting.done}"
    place = len(STEPS) * rewriting.place + rewriting.done
    return Request(step, prompt, rewriting.seed, place=place)
