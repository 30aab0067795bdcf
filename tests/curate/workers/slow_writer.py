"""A writer for `refine` that takes its time and leaves a mark for every time it was asked."""

import os
import time
import uuid
from pathlib import Path

import writers

ASKED = "SLOW_WRITER_ASKED"
"""names the folder of marks"""


def write(prompt: str) -> list[str]:
    Path(os.environ[ASKED], uuid.uuid4().hex).touch()
    time.sleep(0.1)
    return writers.good(prompt)
