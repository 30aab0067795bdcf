"""Work on a Ray cluster: the one that is there, or one of this machine for the occasion.

Plain tasks, which Ray does again elsewhere when a process or a node is lost. Nodes see the run
folder under the same path (a shared disk), and the driver is its one writer: no task writes there.
"""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from filters.errors import UserError

os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # before ray is loaded: it calls home
try:
    import ray
except ModuleNotFoundError as missing:
    raise UserError("executor: ray needs Ray: pip install 'coldstart-curate[ray]'") from missing

Piece = TypeVar("Piece")
Result = TypeVar("Result")
AGAIN = -1
"""how often a task is done again that was lost with its process or node: always"""
LOST = (
    *(ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError),
    *(ray.exceptions.ObjectLostError, ray.exceptions.OutOfMemoryError),
)


def in_order(
    task: Callable[[Piece], Result], pieces: Iterator[Piece]
) -> Iterator[tuple[Piece, Result]]:
    """As `curate.workers.in_order`."""
    connect()
    function = ray.put(task)
    remote = _remote(_worked, max_retries=AGAIN)
    most = 2 * workers()
    flying: deque[tuple[Piece, Any]] = deque()
    for piece in pieces:
        flying.append((piece, remote.remote(function, piece)))
        if len(flying) > most:
            done, answer = flying.popleft()
            yield done, _awaited(answer)
    for done, answer in flying:
        yield done, _awaited(answer)


def as_they_come(
    task: Callable[[int, int], Iterator[Result]], needs_gpu: bool
) -> Iterator[tuple[int, int, Result | None]]:
    """i, n and a thing that `task(i, n)` gives, as it does: for each i of 1..n, n being the GPUs of
    the cluster, or its processors where none is needed. Null where a task was lost with its process
    or node: it is done again when the next thing is asked for."""
    connect()
    count = int(ray.cluster_resources().get("GPU" if needs_gpu else "CPU", 0))
    if not count:
        raise UserError("the Ray cluster has no GPU; generate.device: cpu does without")
    gpus = {"num_gpus": 1} if needs_gpu else {}
    remote = _remote(task, max_retries=0, num_returns="streaming", **gpus)
    open_: dict[Any, int] = {remote.remote(number, count): number for number in range(1, count + 1)}
    try:
        while open_:
            ready: Any = ray.wait(list(open_), num_returns=1)[0]
            (part,) = ready
            number = open_[part]
            try:
                thing = _awaited(next(part))
            except StopIteration:
                del open_[part]
            except LOST:
                del open_[part]
                yield number, count, None
                open_[remote.remote(number, count)] = number
            else:
                yield number, count, thing
    finally:
        for part in open_:
            ray.cancel(part)


def connect() -> None:
    """To the cluster that RAY_ADDRESS names, or that runs here; else one is started here."""
    if ray.is_initialized():
        return
    start = partial(ray.init, log_to_driver=False, logging_level=logging.ERROR)
    named = os.environ.get("RAY_ADDRESS")
    try:
        start(address=named or "auto")
    except ConnectionError as error:
        if named:
            raise UserError(f"no Ray cluster answers at RAY_ADDRESS, {named}: {error}") from error
        start(include_dashboard=False, num_cpus=len(os.sched_getaffinity(0)))


def workers() -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))


def _remote(function: Callable[..., Any], **options: Any) -> Any:
    return ray.remote(num_cpus=1, **options)(function)


def _awaited(answer: Any) -> Any:
    """What the task raises is raised here as it was, a user's error as its one line."""
    try:
        return ray.get(answer)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from error


def _worked(task: Callable[[Piece], Result], piece: Piece) -> Result:
    return task(piece)
