"""What a running `generate` says of itself: on the progress bar and, every few seconds, as a file
in the run folder, so that `curate status` knows of it from another terminal or machine."""

from __future__ import annotations

import datetime
import json
import os
import socket
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from curate.engines.engine import ERROR, LENGTH
from curate.store.disk import discard, hidden, writing
from curate.store.run_folder import Run

if TYPE_CHECKING:  # they load polars, which `curate status` does without
    from curate.sampling.plan import Part
    from curate.sampling.spread import Step

FOLDER = "progress"
WRITE_EVERY_S = 2.0
_SILENT_S = 60.0
"""a job that wrote nothing for so long has died or lost its machine"""


class Job:
    """A part of one call of `generate`: what it is to do and what it has done."""

    def __init__(self, run: Run, part: Part, first: Step) -> None:
        suffix = "" if part.count == 1 else f"-{part.number}-of-{part.count}"
        self._file = run.path / FOLDER / f"generate{suffix}.json"
        self._part, self.step = part, first
        self._lost = 0
        """samples that this call made before the part was lost: begun again it finds them there"""
        self.counts: Counter[str] = Counter()
        self.tokens = 0
        self._started = time.time()
        self._written = 0.0

    @property
    def done(self) -> int:
        """Samples, by this call."""
        return self.counts.total()

    @property
    def asked(self) -> int:
        """Samples this call is to make; at most, where it depends on verdicts."""
        return self.step.total - self.already

    @property
    def already(self) -> int:
        """Samples that other calls made. With verdicts awaited, more are found as it goes on."""
        return max(0, self.step.already - self._lost)

    def take(self, step: Step) -> None:
        if step.first:
            self._lost = self.done
        self.step = step
        for row in step.rows:
            self.counts[row["finish_reason"]] += 1
            self.tokens += row["num_tokens"] or 0
        if step.last:
            self._write("done")
        elif time.monotonic() - self._written >= WRITE_EVERY_S:
            self._write("running")

    def close(self) -> None:
        if not self.step.last:
            self._write("stopped")

    def shares(self) -> str:
        """For the progress bar: tokens per second, and how much was cut or failed."""
        done = max(1, self.done)
        speed = self.tokens / max(time.time() - self._started, 1e-9)
        cut, failed = (self.counts[reason] / done for reason in (LENGTH, ERROR))
        cost = f", cost {self.step.cost:,.2f}" if self.step.cost else ""
        return f"{speed:,.0f} tokens/s, {cut:.1%} truncated, {failed:.1%} failed{cost}"

    def _row(self, state: str) -> dict[str, Any]:
        now = time.time()
        seconds = max(now - self._started, 1e-9)
        done = self.done
        left = self.asked - done
        return {
            "stage": "generate",
            "part": str(self._part),
            "state": state,
            "problems_done": self.step.finished,
            "problems": self.step.problems,
            "samples_done": done,
            "samples": self.asked,
            "already": self.already,
            "tokens": self.tokens,
            "tokens_per_s": round(self.tokens / seconds, 1),
            "truncated": round(self.counts[LENGTH] / max(1, done), 4),
            "failed": round(self.counts[ERROR] / max(1, done), 4),
            "cost": round(self.step.cost, 4),
            "started_at": _utc(self._started),
            "updated_at": _utc(now),
            "ends_at": _utc(now + left * seconds / done) if done else None,
            "host": socket.gethostname(),
            "pid": os.getpid(),
        }

    def _write(self, state: str) -> None:
        self._written = time.monotonic()
        folder = self._file.parent
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            staged = hidden(folder, self._file.name)
            try:
                staged.write_text(json.dumps(self._row(state)), encoding="utf-8")
                os.replace(staged, self._file)
            finally:
                discard(staged)


def jobs(run: Run) -> list[dict[str, Any]]:
    """The last word of every `generate` in this run folder, one row a part. One that said nothing
    for a minute and did not end is `silent`."""
    return [_job(path) for path in sorted((run.path / FOLDER).glob("*.json"))]


def _job(path: Path) -> dict[str, Any]:
    row: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if row["state"] == "running" and time.time() - path.stat().st_mtime > _SILENT_S:
        row["state"] = "silent"
    return row


def _utc(seconds: float) -> str:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.replace(tzinfo=None, microsecond=0).isoformat()
