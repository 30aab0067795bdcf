"""Several processes that train together, as `accelerate launch` starts them.

The first of them is the run's writer and does all that is done once; the others wait for what it
says and then train along.
"""

from __future__ import annotations

import datetime
import functools
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import torch
from accelerate import PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import broadcast_object_list, gather_object

from curate.store.lock import is_follower
from curate.store.run_folder import Run, writes

PATIENCE = datetime.timedelta(hours=24)
"""for the others to wait while the first tokenizes or publishes"""

P = ParamSpec("P")
T = TypeVar("T")


def trains(
    doing: str,
) -> Callable[[Callable[Concatenate[Run, P], T]], Callable[Concatenate[Run, P], T]]:
    """`writes`, for a stage that is done by several processes: only the first is the writer."""

    def decorate(stage: Callable[Concatenate[Run, P], T]) -> Callable[Concatenate[Run, P], T]:
        leading = writes(doing)(stage)

        @functools.wraps(stage)
        def as_one_of_them(run: Run, *args: P.args, **kwargs: P.kwargs) -> T:
            if count() > 1:
                threading.Thread(target=_end_with_launcher, daemon=True).start()
            done = (stage if is_follower() else leading)(run, *args, **kwargs)
            _leave()
            return done

        return as_one_of_them

    return decorate


def _end_with_launcher() -> None:
    """A launcher that is killed ends nobody, and its processes would train on, in nobody's name."""
    launcher = os.getppid()
    while os.getppid() == launcher:
        time.sleep(1.0)
    os._exit(1)


def count() -> int:
    return int(os.environ.get("WORLD_SIZE", "1"))


def share(value: Any) -> Any:
    """What the first process has, in all of them; the others wait for it, and theirs counts for
    nothing."""
    if count() == 1:
        return value
    _join()
    box = [value]
    broadcast_object_list(box)
    return box[0]


def collect(value: T) -> list[T]:
    """The value of each process, in all of them."""
    if count() == 1:
        return [value]
    _join()
    values: list[T] = gather_object([value])
    return values


def _join() -> None:
    PartialState(cpu=not torch.cuda.is_available(), timeout=PATIENCE)


def _leave() -> None:
    """Take leave of the other processes when all are done. One that ends with its group still open
    is now and then aborted by gloo's threads, and takes the others with it."""
    if count() > 1:
        _join()
        torch.distributed.barrier()
        PartialState().destroy_process_group()
        AcceleratorState._reset_state(reset_partial_state=True)
