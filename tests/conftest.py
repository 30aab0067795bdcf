"""Fixtures every test may use."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# no property is timed: a shared machine is slow at times
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# tiny models are slower with every further thread, and so are the commands that tests start
os.environ.setdefault("OMP_NUM_THREADS", "1")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared real data beside the checkout; tests that need it skip without it."""
    if not SHARED_DATA.is_dir():
        pytest.skip(f"no shared data at {SHARED_DATA}")
    return SHARED_DATA


@pytest.fixture
def uncollected() -> Iterator[None]:
    """For tests that look at processor time: a full collection of all that a test run holds takes
    longer than what they measure."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
