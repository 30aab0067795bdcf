"""Answers for `generate` and `refine` that take their time and leave a mark each."""

import os
import time
import uuid
from pathlib import Path

import writers

ASKED = "SLOW_WRITER_ASKED"
"""names the folder of marks"""


def write(prompt: str) -> list[str]:
    _take_time()
    return writers.good(prompt)


def sample(prompt: str) -> list[str]:
    _take_time()
    return [f"<think>\nI think of {prompt}\n</think>\n\nSo much."]


def _take_time() -> None:
    Path(os.environ[ASKED], uuid.uuid4().hex).touch()
    time.sleep(0.1)
