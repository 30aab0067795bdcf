"""Servers that speak OpenAI's protocol: which one to ask, how fast, how often again.

A request goes to the healthy server with the fewest open ones. One that fails is put aside for a
while and tried again; a request that it lost goes to another. Nothing that was answered is asked
twice.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TypeVar

from curate.engines.engine import PROMPT_TOO_LONG, REFUSED, SERVER_ERROR, TIMEOUT, says_too_long
from filters.errors import UserError, needs_extra

with needs_extra("openai", "the openai engine needs"):
    import openai

Answer = TypeVar("Answer")

SICK_AFTER = 3
"""failures in a row; single ones happen to healthy servers"""
LONGEST_PAUSE_S = 60.0
FIRST_WORD_S = 15.0
"""servers that never answered are given up after this, later ones after `patience`"""
_OWN_MISTAKES = {
    401: "the key is not accepted: set {key}",
    403: "the key does not allow it: {key}",
    404: "there is no such model or address: check generate.model and options.base_url",
}


class Refused(Exception):
    """A request that got no answer; says the typed error that its row will hold."""


class BrokenAnswer(Exception):
    """Half an answer, or one that is none."""


@dataclass
class Server:
    client: openai.AsyncOpenAI
    open: int = 0
    failures: int = 0
    """since the last answer"""
    refusals: int = 0
    """429s in a row, those that came together counted once"""
    aside_until: float = 0.0

    @property
    def sick(self) -> bool:
        return self.failures >= SICK_AFTER

    def ready(self, now: float) -> bool:
        """A sick one is tried with a single request."""
        return self.aside_until <= now and not (self.sick and self.open)


class Limit:
    """So much a minute, evenly spread; None is no limit."""

    def __init__(self, per_minute: float | None) -> None:
        self._each = 60.0 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def wait(self, amount: float = 1.0) -> None:
        now = time.monotonic()
        begin = max(now, self._next)
        self._next = begin + amount * self._each
        await asyncio.sleep(begin - now)

    def correct(self, amount: float) -> None:
        """What was asked for turned out to be this much more or less."""
        self._next += amount * self._each


@dataclass
class Servers:
    """`ask` is called with a client and gives its answer, or raises one of openai's errors."""

    servers: list[Server]
    retries: int
    """times a request is asked again after a failure"""
    patience: float
    """seconds without an answer from any server after which they are given up"""
    key: str
    """where the key comes from, for error lines"""
    clean: Callable[[str], str]
    """takes the key out of what a server says"""
    answered: bool = False
    last_word: float = field(default_factory=time.monotonic)
    pauses: random.Random = field(default_factory=random.Random)

    async def ask(
        self,
        request: Callable[[openai.AsyncOpenAI], Awaitable[Answer]],
        lost: Callable[[], None],
    ) -> Answer:
        """`lost` is called where an answer was perhaps given, and paid, that did not reach us; it
        raises Refused where there shall be no other."""
        failures = 0
        failed: Server | None = None
        while True:
            server = await self._free(failed)
            server.open += 1
            try:
                answer = await request(server.client)
            except openai.RateLimitError as error:
                self._busy(server, error)
            except (openai.APIConnectionError, openai.InternalServerError, BrokenAnswer) as error:
                failures, failed = failures + 1, server
                self._failed(server, error)
                if _reached(error):
                    lost()
                if failures > self.retries:
                    raise Refused(f"{_kind(error)}: {self._message(error)}") from error
                if len(self.servers) == 1:
                    await asyncio.sleep(self._pause(failures))
            except openai.APIStatusError as error:
                raise self._refusal(error) from error
            else:
                server.failures = server.refusals = 0
                self.answered, self.last_word = True, time.monotonic()
                return answer
            finally:
                server.open -= 1

    async def close(self) -> None:
        for server in self.servers:
            await server.client.close()

    async def _free(self, failed: Server | None) -> Server:
        """The server that is least busy, as soon as one is ready; rather another than the one
        that failed."""
        while True:
            now = time.monotonic()
            ready = [server for server in self.servers if server.ready(now)]
            if ready:
                return min(ready, key=lambda server: (server is failed, server.open))
            soonest = min(server.aside_until for server in self.servers)
            # not all at the same moment
            await asyncio.sleep(max(0.0, soonest - now) + self.pauses.uniform(0.02, 0.1))

    def _busy(self, server: Server, error: openai.RateLimitError) -> None:
        """It answers 429: all requests to it wait, as long as it says if it says so."""
        if error.code == "insufficient_quota":
            raise UserError(f"the server says that the quota is used up: {self._message(error)}")
        self._give_up_if_silent(error)
        now, retry_after = time.monotonic(), _retry_after(error)
        if server.aside_until <= now:
            server.refusals += 1
        pause = self._pause(server.refusals) if retry_after is None else retry_after
        server.aside_until = max(server.aside_until, now + pause)

    def _failed(self, server: Server, error: Exception) -> None:
        """Requests that were open when it failed are one failure of a sick server, not many."""
        self._give_up_if_silent(error)
        now = time.monotonic()
        if server.aside_until <= now:
            server.failures += 1
            if server.sick:
                server.aside_until = now + self._pause(server.failures - SICK_AFTER)

    def _give_up_if_silent(self, error: Exception) -> None:
        silent = time.monotonic() - self.last_word
        if silent > (self.patience if self.answered else min(FIRST_WORD_S, self.patience)):
            names = ", ".join(str(server.client.base_url) for server in self.servers)
            raise UserError(
                f"no answer from {names} for {silent:.0f} s ({self._message(error)}); when it is "
                "there again, run the same command again"
            ) from error

    def _refusal(self, error: openai.APIStatusError) -> Exception:
        said = self._message(error)
        if (mistake := _OWN_MISTAKES.get(error.status_code)) is not None:
            return UserError(f"{mistake.format(key=self.key)} ({said})")
        return Refused(f"{PROMPT_TOO_LONG if says_too_long(said) else REFUSED}: {said}")

    def _message(self, error: Exception) -> str:
        cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else None
        text = f"{error} {cause or ''}"
        return self.clean(" ".join(text.split()))[:300]

    def _pause(self, failures: int) -> float:
        """Twice as long after each failure, and never the same for two requests."""
        return min(LONGEST_PAUSE_S, 0.5 * 2**failures) * self.pauses.uniform(0.5, 1.0)


def _kind(error: Exception) -> str:
    return TIMEOUT if isinstance(error, openai.APITimeoutError) else SERVER_ERROR


def _reached(error: Exception) -> bool:
    """Whether the server may have worked on it: it was connected to and said nothing else."""
    if isinstance(error, openai.InternalServerError):
        return False
    return type(error.__cause__).__name__ not in ("ConnectError", "ConnectTimeout", "PoolTimeout")


def _retry_after(error: openai.APIStatusError) -> float | None:
    """Seconds; a date is as good as nothing said."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "")))
    except ValueError:
        return None


def servers_of(urls: list[str], key: str | None, timeout: float) -> list[Server]:
    """Retrying is ours: the library would do it out of our sight."""
    return [
        Server(
            openai.AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=0, timeout=timeout)
        )
        for url in urls
    ]
