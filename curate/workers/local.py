"""Worker processes for the pieces of a stage: results in the order of the pieces, so that their
number changes nothing in the shards."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait as wait_for_parent
from pathlib import Path
from typing import TypeVar

from curate.store.disk import writing
from filters.errors import UserError

_SEMAPHORES = Path("/dev/shm")
"""where the system keeps those of a pool; small, and sometimes full, in a container"""

Piece = TypeVar("Piece")
Result = TypeVar("Result")


def in_order(
    task: Callable[[Piece], Result], pieces: Iterator[Piece], workers: int
) -> Iterator[tuple[Piece, Result]]:
    """Each piece with its result, in this process where there is one worker. A few pieces are in
    flight at most, so that memory is bounded."""
    if workers == 1:
        for piece in pieces:
            yield piece, task(piece)
        return
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    with writing(_SEMAPHORES):
        pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start_worker)
    flying: deque[tuple[Piece, Future[Result]]] = deque()
    try:
        for piece in pieces:
            flying.append((piece, pool.submit(task, piece)))
            if len(flying) > 2 * workers:
                yield _awaited(*flying.popleft())
        while flying:
            yield _awaited(*flying.popleft())
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed, perhaps as memory ran out: run the same command again, "
            "with fewer `jobs` where that was it"
        ) from error
    except BaseException:  # Ctrl-C: nobody waits for pieces that will be judged again anyway
        for worker in active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _awaited(piece: Piece, future: Future[Result]) -> tuple[Piece, Result]:
    """Waited for in short turns: polars' handler of Ctrl-C restarts a wait that is interrupted, so
    that Python would not hear of it before the wait is over."""
    while not wait([future], timeout=0.2).done:
        pass
    return piece, future.result()


def _start_worker() -> None:
    """Ctrl-C is the parent's to handle: it commits what is judged, then ends the workers. A parent
    that was killed ends nobody, so a worker watches it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_parent([sentinel])
    os._exit(1)
