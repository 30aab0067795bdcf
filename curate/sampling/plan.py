"""Which samples there should be, and which there are: the plan of the stage `generate`.

A sample's trace_id follows from the problem as the model reads it, the model's content and the
settings that shape the distribution; what is missing is an anti-join on it.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from curate.config import Generate
from curate.engines.engine import LENGTH, Engine, seed_of
from curate.sampling.prompts import Prompt
from curate.store.run_folder import Run
from curate.store.shards import read
from filters.errors import UserError
from filters.schema import TRACE, content_id


@dataclass(frozen=True, slots=True)
class Sample:
    """One sample that there should be."""

    trace_id: str
    prompt: Prompt
    index: int
    place: int
    """in the plan, the samples that are there counted too"""
    attempt: int = 0

    @property
    def seed(self) -> int:
        return seed_of(content_id("seed", self.trace_id, str(self.attempt)))


Row = dict[str, Any]
"""of a trace"""
Attempts = dict[int, tuple[str, int]]
"""attempt -> finish_reason, max_tokens"""


@dataclass(frozen=True)
class Part:
    """One of `count` shares of the problems, by hashes of their ids, so that parts never meet and a
    problem's share does not change when others are added."""

    number: int = 1
    count: int = 1

    @classmethod
    def of(cls, text: str) -> Part:
        """`3/8`: the third of eight."""
        if not (match := re.fullmatch(r"(\d+)/(\d+)", text)):
            raise UserError(f"--part wants i/n, e.g. 3/8, not {text!r}")
        number, count = int(match[1]), int(match[2])
        if not 1 <= number <= count:
            raise UserError(f"--part {text}: there are parts 1/{count} to {count}/{count}")
        return cls(number, count)

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @property
    def share_of(self) -> tuple[int, int] | None:
        """What the run folder's lock knows of it: none where it is all."""
        return None if self.count == 1 else (self.number, self.count)

    def share(self, problems: pl.DataFrame) -> pl.DataFrame:
        if self.count == 1:
            return problems
        mine = [
            int(content_id(problem_id)[:8], 16) % self.count == self.number - 1
            for problem_id in problems.get_column("problem_id")
        ]
        return problems.filter(pl.Series(mine, dtype=pl.Boolean))


class ToSample(ABC):
    """The samples to ask an engine for: `Missing` where all are known beforehand, else `Waves`."""

    problems: int
    finished: int
    """problems of which all samples have ended"""
    total: int
    """samples, at most, those that are there counted too"""
    already: int
    """samples that are there and are not asked for"""

    @abstractmethod
    def __iter__(self) -> Iterator[Sample | None]:
        """One after the other; None where verdicts are awaited."""

    @abstractmethod
    def on_ended(self, rows: list[Row]) -> None:
        """Samples that ended."""

    @property
    def saved(self) -> dict[str, int]:
        """What verdicts have spared, for the stage's counts."""
        return {}

    def close(self) -> None:  # noqa: B027 -- most have nothing to end
        """End what it has started."""


class Missing(ToSample):
    """All samples that are not there."""

    def __init__(self, samples: list[Sample], already: int) -> None:
        self._samples = samples
        self._left = Counter(sample.prompt.problem_id for sample in samples)
        self.problems, self.finished = len(self._left), 0
        self.already = already
        self.total = already + len(samples)

    def __iter__(self) -> Iterator[Sample | None]:
        return iter(self._samples)

    def on_ended(self, rows: list[Row]) -> None:
        for row in rows:
            self._left[row["problem_id"]] -= 1
            self.finished += not self._left[row["problem_id"]]


@dataclass(frozen=True)
class Grid:
    """All samples the settings ask for, and the attempts at them that are committed."""

    prompts: list[Prompt]
    ids: list[list[str]]
    """trace_id by prompt and sample index"""
    past: dict[str, Attempts]
    """trace_id -> its attempts; absent where there are none"""
    max_tokens: int

    @classmethod
    def of(
        cls,
        run: Run,
        prompts: list[Prompt],
        engine: Engine,
        settings: Generate,
        *apart: str,
    ) -> Grid:
        """`apart`: what else tells these samples from others."""
        # not max_tokens, engine or batch: a longer attempt is the same trace
        drawn = [str(settings.temperature), str(settings.top_p), str(run.config.seed), *apart]
        drawn += [json.dumps(settings.sampling, sort_keys=True)] if settings.sampling else []
        ids = [
            [
                content_id("sampled", p.problem_id, p.prompt_hash, engine.revision, *drawn, str(i))
                for i in range(settings.most_samples)
            ]
            for p in prompts
        ]
        return cls(prompts, ids, _past(run, {i for row in ids for i in row}), settings.max_tokens)

    def missing(self) -> Iterator[Sample]:
        """Problem by problem. Where every problem has its first n samples (k was raised), places
        are counted from there, so that batches are full; that holds until the last is done."""
        first = min(map(self._leading, self.ids), default=0)
        for at, (prompt, row) in enumerate(zip(self.prompts, self.ids, strict=True)):
            for index, trace_id in enumerate(row[first:], first):
                if 0 not in self.past.get(trace_id, {}):
                    place = at * (len(row) - first) + index - first
                    yield Sample(trace_id, prompt, index, place)

    def again(self, reason: str) -> Iterator[Sample]:
        """The next attempt at samples that ended for `reason`. The attempts that did so stay, so
        places are the same when it is resumed."""
        place = 0
        for prompt, row in zip(self.prompts, self.ids, strict=True):
            for index, trace_id in enumerate(row):
                if (ended := self._ended(trace_id, reason)) is not None:
                    if ended + 1 not in self.past[trace_id]:
                        yield Sample(trace_id, prompt, index, place, ended + 1)
                    place += 1

    def whole(self) -> Iterator[list[Sample]]:
        """All that may be asked for, problem by problem."""
        for prompt, row in zip(self.prompts, self.ids, strict=True):
            yield [Sample(trace_id, prompt, i, 0) for i, trace_id in enumerate(row)]

    def left(self, samples: list[Sample]) -> Missing:
        """Some of its samples as what is to be asked for."""
        redone = sum(sample.attempt > 0 for sample in samples)
        return Missing(samples, already=len(self.past) - redone)

    def still_cut(self) -> int:
        """Samples whose last attempt is truncated."""
        return sum(attempts[max(attempts)][0] == LENGTH for attempts in self.past.values())

    def _leading(self, trace_ids: list[str]) -> int:
        undone = (i for i, trace_id in enumerate(trace_ids) if trace_id not in self.past)
        return next(undone, len(trace_ids))

    def _ended(self, trace_id: str, reason: str) -> int | None:
        """The last attempt that ended for `reason`; if truncated, then at fewer tokens than now."""
        return max(
            (
                attempt
                for attempt, (how, max_tokens) in self.past.get(trace_id, {}).items()
                if how == reason and (reason != LENGTH or max_tokens < self.max_tokens)
            ),
            default=None,
        )


def _past(run: Run, trace_ids: Iterable[str]) -> dict[str, Attempts]:
    """The committed attempts at these samples."""
    columns = ("trace_id", "attempt", "finish_reason", "max_tokens")
    rows = read(run.shards("traces"), TRACE, columns)
    past: dict[str, Attempts] = {}
    for trace_id, attempt, reason, max_tokens in rows.iter_rows():
        if trace_id in trace_ids:
            past.setdefault(trace_id, {})[attempt] = (reason, max_tokens)
    return past
