"""Where a stage that asks a model does so: in this process, or spread over a Ray cluster, a part of
the problems on each GPU (on each processor where the engine needs no GPU). The parts say what came,
and this process alone commits it. So what a part that is lost, or whose driver is dead, still does
goes nowhere; one that is begun again finds what it had said."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field

import polars as pl

from curate.config import AskedModel
from curate.sampling.plan import Part, Row
from curate.sampling.rows import Writer
from curate.store.run_folder import Run

HOLD_A_MODEL = ("vllm", "transformers")
ASK_SERVERS = ("openai",)
"""what waits for servers needs no cluster, and its limits are meant for one client"""


@dataclass(frozen=True)
class Step:
    """What a part of the stage has done since its last step, and how far it is."""

    rows: list[Row]
    total: int
    """rows that there should be in the end, `already` among them"""
    already: int
    """rows that were there when it began"""
    problems: int = 0
    finished: int = 0
    """of the problems"""
    cost: float = 0.0
    """of all samples of the run, so far"""
    saved: dict[str, int] = field(default_factory=dict)
    stopped: str | None = None
    """why the engine asks for no more"""
    prompts: pl.DataFrame | None = None
    first: bool = False
    """with it the part begins, or begins again where it was lost"""
    last: bool = False


Stage = Callable[[Run, Part], Iterator[Step]]
Spread = Generator[tuple[Part, Step], None, None]


def spread(run: Run, settings: AskedModel | None, stage: Stage, part: Part | None = None) -> Spread:
    """The steps of all parts as they come, or of one that is named; their rows committed by time
    and size."""
    with Writer(run) as writer:
        for at, step in _steps(run, settings, stage, part):
            if step is None:
                writer.commit()
            else:
                writer.add(step.rows)
                yield at, step


def _steps(
    run: Run, settings: AskedModel | None, stage: Stage, part: Part | None
) -> Iterator[tuple[Part, Step | None]]:
    """Null where a part is lost and will begin again with what is committed by then."""
    asks_servers = settings is not None and settings.engine in ASK_SERVERS
    if part or run.config.executor == "local" or asks_servers:
        here = part or Part()
        yield from ((here, step) for step in stage(run, here))
        return
    from curate.workers.cluster import as_they_come

    folder = run.path.resolve()

    def one(number: int, count: int) -> Iterator[Step]:
        yield from stage(Run.open(folder), Part(number, count))

    for number, count, step in as_they_come(one, needs_gpu(settings)):
        yield Part(number, count), step


def needs_gpu(settings: AskedModel | None) -> bool:
    """Of the built-in engines the two that hold the model themselves, unless told the CPU."""
    return settings is not None and settings.engine in HOLD_A_MODEL and settings.device != "cpu"
