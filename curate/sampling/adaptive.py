"""`until_correct: m`: no more samples of a problem than it takes to have m that are correct.

Each problem is asked in waves: m samples, then as many as should bring the rest at the rate of
correct ones so far, twice as many as before where there was none. A wave begins when all verdicts
on the last are in, so the waves follow from the samples alone and are the same after a kill.
Verdicts come from worker processes while the engine goes on with other problems.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import polars as pl

from curate.engines.engine import STOP
from curate.sampling.plan import Row, Sample, ToSample
from filters.correctness import CHECKED, Correctness
from filters.schema import PROBLEM, TRACE

JUDGED = ("kind", "gold", "choices", "tests")
"""columns of a problem that its samples are judged by"""
_FRAME = {"response": TRACE["response"]} | {name: PROBLEM[name] for name in JUDGED}


@dataclass
class _Problem:
    samples: list[Sample]
    """all there may be, in order"""
    judged_by: dict[str, Any]
    asked: int = 0
    open: int = 0
    """asked for and not judged yet"""
    correct: int = 0
    tokens: int = 0

    @property
    def checkable(self) -> bool:
        """What has no answer to check against, or cannot be asked, is never correct."""
        has = self.judged_by["gold"] is not None or self.judged_by["tests"] is not None
        return has and self.judged_by["kind"] in CHECKED and self.samples[0].prompt.error is None


class Waves(ToSample):
    """`wanted` correct samples (m) of a problem within its `budget`, or within `hard_budget` where
    that brought none. `past`: trace rows that are there, judged in place of being asked for."""

    def __init__(
        self,
        problems: list[tuple[list[Sample], dict[str, Any]]],
        past: Iterator[pl.DataFrame],
        *,
        wanted: int,
        budget: int,
        hard_budget: int,
        jobs: int,
    ) -> None:
        self._problems = {s[0].prompt.problem_id: _Problem(s, by) for s, by in problems}
        self._wanted, self._budget, self._hard_budget = wanted, budget, hard_budget
        self._ready: deque[Sample] = deque()
        self._verdicts: dict[Future[list[float | None]], list[str]] = {}
        # forking a process with a model and threads in it is asking for trouble
        spawn = multiprocessing.get_context("spawn")
        self._workers = ProcessPoolExecutor(jobs, mp_context=spawn)
        self._open = 0
        self.problems, self.finished = len(self._problems), 0
        self.total = self.problems * budget
        self.already = 0
        self._known = self._judged_before(past)
        for problem_id in self._problems:
            self._next_wave(problem_id)

    def __iter__(self) -> Iterator[Sample | None]:
        place = 0
        while True:
            self._collect(block=False)
            while self._ready:
                self._open += 1
                # in the order of asking: what a batch holds cannot be planned here
                yield replace(self._ready.popleft(), place=place)
                place += 1
            if self._open:
                yield None
            elif self._verdicts:
                self._collect(block=True)
            elif not self._ready:
                return

    def on_ended(self, rows: list[Row]) -> None:
        """The verdicts on them come later."""
        self._open -= len(rows)
        to_verify = []
        for row in rows:
            problem = self._problems[row["problem_id"]]
            problem.tokens += row["num_tokens"] or 0
            if problem.checkable and row["finish_reason"] == STOP:
                to_verify.append(row)
            else:
                self._judged(row["problem_id"], False)
        if to_verify:
            self._verdicts[self._submit(to_verify)] = [row["problem_id"] for row in to_verify]

    @property
    def saved(self) -> dict[str, int]:
        """Samples of the budgets that were not asked for, and tokens, at each problem's mean."""
        spared = [(p, max(0, self._budget - p.asked)) for p in self._problems.values()]
        tokens = sum(n * p.tokens / p.asked for p, n in spared if p.asked)
        return {"samples_saved": sum(n for _, n in spared), "tokens_saved": round(tokens)}

    def close(self) -> None:
        self._workers.shutdown(cancel_futures=True)

    def _judged(self, problem_id: str, correct: bool) -> None:
        problem = self._problems[problem_id]
        problem.open -= 1
        problem.correct += correct
        if not problem.open:
            self._next_wave(problem_id)

    def _next_wave(self, problem_id: str) -> None:
        problem = self._problems[problem_id]
        while not problem.open:
            before = max(problem.asked, self._budget)
            wave = problem.samples[problem.asked : problem.asked + self._size(problem)]
            problem.asked += len(wave)
            self.total += max(problem.asked, self._budget) - before
            if not wave:
                self.finished += 1
                self.total -= max(0, self._budget - problem.asked)
                return
            for sample in wave:
                if (known := self._known.get(sample.trace_id)) is None:
                    self._ready.append(sample)
                    problem.open += 1
                else:
                    self.already += 1
                    correct, tokens = known
                    problem.correct += correct
                    problem.tokens += tokens

    def _size(self, problem: _Problem) -> int:
        asked, correct = problem.asked, problem.correct
        if not problem.checkable:
            return max(0, self._budget - asked)
        if correct >= self._wanted:
            return 0
        budget = self._budget if correct else self._hard_budget
        if not asked:
            size = self._wanted
        elif not correct:
            size = asked
        else:
            size = ceil((self._wanted - correct) * asked / correct)
        return max(0, min(size, budget - asked))

    def _collect(self, block: bool) -> None:
        """Verdicts that are in; where asked, waits for the next."""
        if block:
            wait(self._verdicts, return_when=FIRST_COMPLETED)
        for future in [future for future in self._verdicts if future.done()]:
            problems = self._verdicts.pop(future)
            for problem_id, correct in zip(problems, future.result(), strict=True):
                self._judged(problem_id, correct == 1)

    def _judged_before(self, past: Iterator[pl.DataFrame]) -> dict[str, tuple[bool, int]]:
        """Whether the samples that are there are correct, and their tokens."""
        known: dict[str, tuple[bool, int]] = {}
        for frame in past:
            rows = frame.filter(pl.col("problem_id").is_in(list(self._problems))).to_dicts()
            stopped = [row for row in rows if row["finish_reason"] == STOP]
            correct = self._submit(stopped).result() if stopped else []
            right = {r["trace_id"] for r, c in zip(stopped, correct, strict=True) if c == 1}
            for row in rows:
                known[row["trace_id"]] = row["trace_id"] in right, row["num_tokens"] or 0
        return known

    def _submit(self, rows: list[Row]) -> Future[list[float | None]]:
        columns = [
            {"response": row["response"], **self._problems[row["problem_id"]].judged_by}
            for row in rows
        ]
        return self._workers.submit(_correct, pl.DataFrame(columns, schema=_FRAME))


def _correct(frame: pl.DataFrame) -> list[float | None]:
    """1, 0 or null (nobody knows) for each row; in a worker process."""
    return Correctness(jobs=1).score(frame).get_column("correct").to_list()
