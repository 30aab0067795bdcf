"""A stage that asks a model, spread over a Ray cluster: a part of the problems on each GPU, or on
each processor where the engine needs no GPU. A part that is lost is begun again, and finds what it
had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from curate.config import AskedModel
from curate.sampling.plan import Part
from curate.store.lock import lent
from curate.store.run_folder import Run

HOLD_A_MODEL = ("vllm", "transformers")


def on_cluster(
    run: Run,
    doing: str,
    settings: AskedModel | None,
    stage: Callable[[Run, Part], Mapping[str, int]],
) -> Counter[str]:
    """What the parts of the stage counted, together. They commit in this process's name."""
    from curate.workers.cluster import side_by_side

    folder = run.path.resolve()

    def one(number: int, count: int) -> Mapping[str, int]:
        with lent(folder):
            return stage(Run.open(folder), Part(number, count))

    total: Counter[str] = Counter()
    with run.writing(doing):
        for counts in side_by_side(one, needs_gpu(settings)):
            total.update(counts)
    return total


def needs_gpu(settings: AskedModel | None) -> bool:
    """Of the built-in engines the two that hold the model themselves, unless told the CPU."""
    return settings is not None and settings.engine in HOLD_A_MODEL and settings.device != "cpu"
