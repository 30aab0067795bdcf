"""Which samples there should be, and which there are: the plan of the stage `generate`.

A sample's trace_id follows from the problem as the model reads it, the model's content and the
settings that shape the distribution; what is missing is an anti-join on it. Units of work are cut
from the plan, never from what happens to be left, so a resumed run cuts the same ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.config import Generate
from curate.engines.engine import LENGTH, Engine, Message, PromptError
from curate.store.run_folder import Run
from curate.store.shards import read
from filters.errors import UserError
from filters.schema import TRACE, content_id

SHOWN = ("problem", "messages", "choices", "tests")
"""the columns of a problem that `messages` reads"""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A problem as the model will read it, or why it cannot."""

    problem_id: str
    text: str
    prompt_hash: str
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample that there should be."""

    trace_id: str
    prompt: Prompt
    index: int
    attempt: int = 0


Unit = list[Sample]
"""samples that are drawn together, under one seed, and committed together"""

Attempts = dict[int, tuple[str, int]]
"""attempt -> finish_reason, max_tokens"""


@dataclass(frozen=True)
class Grid:
    """All samples the settings ask for, and the attempts at them that are committed."""

    prompts: list[Prompt]
    ids: list[list[str]]
    """trace_id by prompt and sample index"""
    past: dict[str, Attempts]
    """trace_id -> its attempts; absent where there are none"""
    settings: Generate

    @classmethod
    def of(cls, run: Run, problems: pl.DataFrame, engine: Engine, settings: Generate) -> Grid:
        prompts = _prompts(problems, engine, settings)
        # not max_tokens, engine or batch: a longer attempt is the same trace
        drawn = (str(settings.temperature), str(settings.top_p), str(run.config.seed))
        ids = [
            [
                content_id("sampled", p.problem_id, p.prompt_hash, engine.revision, *drawn, str(i))
                for i in range(settings.samples)
            ]
            for p in prompts
        ]
        return cls(prompts, ids, _past(run, {i for row in ids for i in row}), settings)

    def missing(self) -> Iterator[Unit]:
        """Units of consecutive problems times a block of sample indices, as fit in a batch.

        Where every problem has its first n samples (k was raised), the blocks begin at n, so that
        batches are full. That holds until the last unit is done, so resuming cuts the same units.
        """
        samples, batch = self.settings.samples, self.settings.batch_size
        first = min(map(self._leading, self.ids))
        width = max(1, min(samples - first, batch))
        step = batch // width
        for at in range(0, len(self.prompts), step):
            for low in range(first, samples, width):
                unit = [
                    Sample(trace_id, self.prompts[p], i)
                    for p in range(at, min(at + step, len(self.prompts)))
                    for i, trace_id in enumerate(self.ids[p][low : low + width], low)
                ]
                yield self._not_done(unit)

    def again(self, reason: str) -> Iterator[Unit]:
        """Units of the samples with an attempt that ended for `reason`. Those attempts stay, so
        resuming cuts the same units."""
        batch = self.settings.batch_size
        unit = [
            Sample(trace_id, prompt, index, ended + 1)
            for prompt, row in zip(self.prompts, self.ids, strict=True)
            for index, trace_id in enumerate(row)
            if (ended := self._ended(trace_id, reason)) is not None
        ]
        for at in range(0, len(unit), batch):
            yield self._not_done(unit[at : at + batch])

    def still_cut(self) -> int:
        """Samples whose last attempt is truncated."""
        return sum(attempts[max(attempts)][0] == LENGTH for attempts in self.past.values())

    def _not_done(self, unit: Unit) -> Unit:
        return [s for s in unit if s.attempt not in self.past.get(s.trace_id, {})]

    def _leading(self, trace_ids: list[str]) -> int:
        undone = (i for i, trace_id in enumerate(trace_ids) if trace_id not in self.past)
        return next(undone, len(trace_ids))

    def _ended(self, trace_id: str, reason: str) -> int | None:
        """The last attempt that ended for `reason`; if truncated, then at fewer tokens than now."""
        roof = self.settings.max_tokens
        return max(
            (
                attempt
                for attempt, (how, max_tokens) in self.past.get(trace_id, {}).items()
                if how == reason and (reason != LENGTH or max_tokens < roof)
            ),
            default=None,
        )


def messages(problem: dict[str, Any], settings: Generate) -> list[Message]:
    """The conversation for a problem row: its own turns, or one user turn with what the problem
    shows, after the system prompt if there is one."""
    system = [{"role": "system", "content": settings.system}] if settings.system else []
    if problem["messages"]:
        return [*system, *problem["messages"]]
    # replaced, not formatted: problems and prompts are full of braces
    turn = settings.prompt.replace("{problem}", _shown(problem))
    return [*system, {"role": "user", "content": turn}]


def _shown(problem: dict[str, Any]) -> str:
    """The text, with lettered choices and starter code where there are any."""
    choices = problem["choices"] or []
    lettered = [f"{chr(ord('A') + i)}. {choice}" for i, choice in enumerate(choices)]
    starter = json.loads(problem["tests"] or "{}").get("starter_code") or ""
    told = starter.strip() in problem["problem"]
    fenced = [] if told else [f"\n```python\n{starter.strip()}\n```"]
    return "\n".join([problem["problem"], *lettered, *fenced])


def _prompts(problems: pl.DataFrame, engine: Engine, settings: Generate) -> list[Prompt]:
    columns = problems.select("problem_id", *SHOWN)
    prompts = [_prompt(row, engine, settings) for row in columns.iter_rows(named=True)]
    refused = [prompt.error for prompt in prompts if prompt.error]
    if len(refused) == len(prompts):
        raise UserError(f"not one problem can be put to the model: {refused[0]}")
    return prompts


def _prompt(problem: dict[str, Any], engine: Engine, settings: Generate) -> Prompt:
    problem_id = problem["problem_id"]
    if problem["problem"] is None:
        return Prompt(problem_id, "", content_id(None), "no_prompt: the problem has no text")
    turns = messages(problem, settings)
    try:
        text = engine.render(turns)
    except PromptError as error:
        told = content_id(*(part for turn in turns for part in turn.values()))
        return Prompt(problem_id, "", told, f"no_prompt: {error}")
    return Prompt(problem_id, text, content_id(text))


def _past(run: Run, trace_ids: Iterable[str]) -> dict[str, Attempts]:
    """The committed attempts at these samples."""
    columns = ("trace_id", "attempt", "finish_reason", "max_tokens")
    rows = read(run.shards("traces"), TRACE, columns)
    past: dict[str, Attempts] = {}
    for trace_id, attempt, reason, max_tokens in rows.iter_rows():
        if trace_id in trace_ids:
            past.setdefault(trace_id, {})[attempt] = (reason, max_tokens)
    return past
