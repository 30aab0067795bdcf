"""Worker processes of this machine."""

import os
import signal

import pytest

from curate.workers import in_order
from filters.errors import UserError


def die(number: int) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_killed_worker_is_told_in_one_line() -> None:
    with pytest.raises(UserError, match="a worker process was killed"):
        list(in_order(die, iter(range(9)), 2))
