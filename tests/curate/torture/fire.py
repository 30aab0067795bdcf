"""Killing the stages of a road, and refusing them the disk."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
import resource
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

from torture.road import Road, work

PRELOADED = (
    *(
        "torture.road",
        "curate.cli",
        "curate.commands.traces_in",
        "curate.commands.judging",
        "curate.judging.filter_stage",
        "curate.pipeline",
    ),
    *("curate.sampling.generate", "curate.engines.scripted", "curate.records.export"),
    *("curate.records.normalize", "curate.refining.refine", "curate.commands.questions"),
)
TRAINERS_PRELOADED = ("sft.train", "rl.train")
LONGEST_S = 600.0
"""a stage that takes longer hangs"""
_KINDS = ("group", "leader")
"""killed: the whole process group, or its leader alone, whose workers must end by themselves"""


@dataclass
class Fire:
    """`context` starts processes that have everything loaded; `took` is how long each stage lasts
    undisturbed, seconds."""

    seed: int
    preloaded: Sequence[str] = PRELOADED
    environment: dict[str, str] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)
    struck: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    """what was said where the disk refused"""

    def __post_init__(self) -> None:
        self.moments = random.Random(self.seed)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(list(self.preloaded))
        loaded = self.context.Process(target=int)  # comes when all is
        loaded.start()
        loaded.join()

    def start(self, road: Road, stage: str) -> BaseProcess:
        self.said, says = self.context.Pipe(duplex=False)
        process = self.context.Process(
            target=work, args=(road.command(stage), says, self.environment)
        )
        process.start()
        says.close()
        return process

    def ended(self, stage: str, process: BaseProcess, *codes: int) -> bool:
        """Whether it came to its end; its exit code must be 0 or one of these."""
        said = os.read(self.said.fileno(), 1 << 16).decode() if self.said.poll() else ""
        assert process.exitcode in (0, *codes), f"{stage} ended with {process.exitcode}: {said}"
        if process.exitcode == 2:
            (line,) = [line for line in said.splitlines() if line.startswith("curate: ")]
            self.lines[line.rpartition(": ")[2]] += 1
        return process.exitcode == 0

    def finish(self, road: Road, stage: str) -> None:
        """Left in peace, it must come to its end."""
        began = time.monotonic()
        process = self.start(road, stage)
        process.join(LONGEST_S)
        assert self.ended(stage, process)
        took = time.monotonic() - began
        self.took[stage] = min(took, self.took.get(stage, took))

    def _moment(self, stage: str) -> float:
        """Seconds; early ones are likelier, as a stage that goes on has less to do."""
        return self.took[stage] * self.moments.random() ** 2

    def kill(self, road: Road, stage: str) -> bool:
        """At a random moment; whether it has work left."""
        process = self.start(road, stage)
        process.join(self._moment(stage))
        group = self.moments.choice(_KINDS) == "group"
        if process.is_alive():
            with contextlib.suppress(ProcessLookupError):  # it leads no group yet
                (os.killpg if group else os.kill)(int(process.pid or 0), signal.SIGKILL)
            process.kill()
        process.join()
        self.struck[stage] += process.exitcode == -signal.SIGKILL
        return not self.ended(stage, process, -signal.SIGKILL)

    def refuse(self, road: Road, stage: str) -> bool:
        """From a random moment on its files may not grow beyond a random size; whether that ended
        it, which it must say in one line."""
        process = self.start(road, stage)
        process.join(self._moment(stage))
        most = self.moments.choice([0, self.moments.randrange(20_000)])
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(int(process.pid or 0), resource.RLIMIT_FSIZE, (most, most))
        process.join(LONGEST_S)
        self.refused[stage] += process.exitcode == 2
        return not self.ended(stage, process, 2)


def undisturbed(fire: Fire, road: Road, stages: Sequence[str]) -> dict[str, str]:
    for stage in stages:
        fire.finish(road, stage)
    return road.results()


def under_fire(
    fire: Fire, road: Road, stages: Sequence[str], kills: int, refusals: int = 0
) -> dict[str, str]:
    """Each stage disturbed at most so often before it is left to end."""
    for stage in stages:
        turns = [fire.kill] * kills + [fire.refuse] * refusals
        fire.moments.shuffle(turns)
        # one that has come to its end is not begun again
        if all(turn(road, stage) for turn in turns):
            fire.finish(road, stage)
        print(f"  {stage}: {fire.struck[stage]} kills", flush=True)
    return road.results()
