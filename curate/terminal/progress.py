"""Progress of long work on stderr: a bar with rate and remaining time on a terminal, a plain line
every half minute elsewhere (a log file wants lines, not control characters)."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from curate.store.urls import with_urls
from curate.terminal.tables import visible

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

Item = TypeVar("Item")
LOG_EVERY_S = 30.0


class Progress:
    """`with Progress("filter", total, "traces") as bar: bar.advance(n)`."""

    def __init__(self, label: str, total: int | None, unit: str, done: int = 0) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = self.first = done
        self.started = self.logged = time.monotonic()
        self.note = ""
        self._bar: RichProgress | None = None

    def start(self) -> Progress:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as Bar

            self._bar = Bar(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[rate]}"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self._bar.start()
            self._task = self._bar.add_task(
                self.label, total=self.total, completed=self.done, rate=""
            )
        return self

    def advance(self, count: int = 1, note: str = "") -> None:
        """`note`: what else to say beside the rate."""
        self.done += count
        self.note = note
        now = time.monotonic()
        if self._bar is not None:
            self._bar.update(self._task, advance=count, total=self.total, rate=self._rate(now))
        elif now - self.logged >= LOG_EVERY_S:
            self.logged = now
            print(self._line(now), file=sys.stderr, flush=True)

    def skip(self, count: int) -> None:
        """What was there before counts as done, and not for the rate."""
        self.first += count
        self.done += count
        if self._bar is not None:
            self._bar.update(self._task, advance=count)

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """The items, each counted as it is taken."""
        for item in items:
            yield item
            self.advance()

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __enter__(self) -> Progress:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _per_second(self, now: float) -> float:
        return (self.done - self.first) / max(now - self.started, 1e-9)

    def _rate(self, now: float) -> str:
        note = f", {self.note}" if self.note else ""
        return f"{self._per_second(now):,.1f} {self.unit}/s{note}"

    def _line(self, now: float) -> str:
        if self.total is None:
            return f"{self.label}: {self.done:,} {self.unit}, {self._rate(now)}"
        done = f"{self.done:,} of {self.total:,} {self.unit}"
        return f"{self.label}: {done}, {self._rate(now)}, {self._remaining(now)}"

    def _remaining(self, now: float) -> str:
        per_second = self._per_second(now)
        if self.total is None or not per_second:
            return "remaining time unknown"
        return f"{(self.total - self.done) / per_second / 60:,.1f} min left"


def say(line: str) -> None:
    """One line for a person, on stderr: results alone go to stdout. A file's words may be in it."""
    print(visible(with_urls(line)), file=sys.stderr, flush=True)
