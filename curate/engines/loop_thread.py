"""Requests that wait for a network, in an event loop in a thread of its own: the work of the thread
that asks holds none of them up."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from curate.engines.engine import Completion


class LoopThread:
    """An event loop in a thread of its own; what ends there waits in a queue."""

    def __init__(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """`last`: what is left to do in the loop before it ends."""
        self._last = last
        self._ended: queue.SimpleQueue[Completion | BaseException] = queue.SimpleQueue()

    def __enter__(self) -> LoopThread:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        return self

    def start(self, work: Coroutine[Any, Any, Completion]) -> None:
        asyncio.run_coroutine_threadsafe(self._noted(work), self._loop)

    def ended(self) -> list[Completion | BaseException]:
        """All that ended since the last call; waits for the first."""
        found = [self._ended.get()]
        while not self._ended.empty():
            found.append(self._ended.get())
        return found

    async def _noted(self, work: Coroutine[Any, Any, Completion]) -> None:
        try:
            self._ended.put(await work)
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # raised again where the answers are taken
            self._ended.put(error)

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stopped(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _stopped(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await self._last()
