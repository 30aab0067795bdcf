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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

import psutil

from torture.road import Road, work

LOADED = (
    *("torture.road", "curate.cli", "curate.pipeline", "curate.commands.questions"),
    *("curate.commands.traces_in", "curate.commands.judging", "curate.judging.filter_stage"),
    *("curate.sampling.generate", "curate.engines.scripted", "curate.refining.refine"),
    *("curate.records.normalize", "curate.records.export"),
)
TRAINERS_LOADED = ("sft.train", "rl.train")
LONGEST_S = 600.0
"""a stage that takes longer hangs"""
KILLED = -signal.SIGKILL
REFUSED = 2
GROUP, LEADER, WORKER = "group", "leader", "worker"
"""who is killed: the whole process group; its leader alone, whose workers must end by themselves;
one worker, of Ray's or of its own"""
TASKS = ("ray::one", "ray::_worked")
"""how Ray calls a process that works on a task of ours"""


@dataclass
class Fire:
    """`loaded`: modules that the processes it starts have at once; `took`: seconds that each stage
    lasts undisturbed."""

    seed: int
    loaded: Sequence[str] = LOADED
    victims: Sequence[str] = (GROUP, LEADER)
    took: dict[str, float] = field(default_factory=dict)
    kills: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    """what stages said that gave up"""

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(list(self.loaded))
        loaded = self.context.Process(target=int)  # comes when all is
        loaded.start()
        loaded.join()

    @contextlib.contextmanager
    def started(self, road: Road, stage: str, *codes: int) -> Iterator[BaseProcess]:
        """A stage that is at its end when the block is, with exit code 0 or one of these."""
        said, says = self.context.Pipe(duplex=False)
        process = self.context.Process(target=work, args=(road.command(stage), says))
        process.start()
        says.close()
        yield process
        process.join(LONGEST_S)
        text = os.read(said.fileno(), 1 << 16).decode() if said.poll() else ""
        assert process.exitcode in (0, *codes), f"{stage} ended with {process.exitcode}: {text}"
        if process.exitcode == REFUSED:
            (line,) = [line for line in text.splitlines() if line.startswith("curate: ")]
            self.lines[line.rpartition(": ")[2]] += 1

    def in_peace(self, road: Road, stage: str) -> None:
        began = time.monotonic()
        with self.started(road, stage):
            pass
        took = time.monotonic() - began
        self.took[stage] = min(took, self.took.get(stage, took))

    def kill(self, road: Road, stage: str) -> bool:
        """At a random moment; whether it has work left."""
        with self.started(road, stage, KILLED, REFUSED) as process:
            process.join(self._moment(stage))
            struck = process.is_alive() and strike(process, self.chance.choice(self.victims))
        self.kills[stage] += struck
        return process.exitcode != 0

    def refuse(self, road: Road, stage: str) -> bool:
        """From a random moment on its files may not grow beyond a random size; whether that ended
        it, which it must say in one line."""
        with self.started(road, stage, REFUSED) as process:
            process.join(self._moment(stage))
            most = self.chance.choice([0, self.chance.randrange(20_000)])
            with contextlib.suppress(ProcessLookupError):
                resource.prlimit(int(process.pid or 0), resource.RLIMIT_FSIZE, (most, most))
        self.refusals[stage] += process.exitcode == REFUSED
        return process.exitcode != 0

    def _moment(self, stage: str) -> float:
        """Seconds; early ones are likelier, as a stage that goes on has less to do."""
        return self.took[stage] * self.chance.random() ** 2


def strike(process: BaseProcess, victim: str) -> bool:
    """Whether there was one to kill."""
    leader = int(process.pid or 0)
    try:
        if victim == GROUP:
            os.killpg(leader, signal.SIGKILL)
        elif victim == LEADER:
            os.kill(leader, signal.SIGKILL)
        else:
            os.kill(_worker(leader), signal.SIGKILL)
    except (ProcessLookupError, psutil.NoSuchProcess):
        return False  # it leads no group yet, or has come to its end
    return True


def _worker(leader: int) -> int:
    """A worker of the stage: one of Ray's, or a child of its own; itself where it has none."""
    found = on_tasks()
    own = psutil.Process(leader).children()
    found += [p for p in own if "spawn_main" in " ".join(p.cmdline())]
    return found[0].pid if found else leader


def on_tasks() -> list[psutil.Process]:
    """What a Ray cluster that this process started is busy with."""
    return [p for p in psutil.Process().children(recursive=True) if p.name() in TASKS]


def undisturbed(fire: Fire, road: Road, stages: Sequence[str]) -> dict[str, str]:
    for stage in stages:
        fire.in_peace(road, stage)
    return road.results()


def under_fire(
    fire: Fire, road: Road, stages: Sequence[str], kills: int, refusals: int = 0
) -> dict[str, str]:
    """Each stage disturbed at most so often before it is left to end."""
    for stage in stages:
        turns = [fire.kill] * kills + [fire.refuse] * refusals
        fire.chance.shuffle(turns)
        # one that has come to its end is not begun again
        if all(turn(road, stage) for turn in turns):
            fire.in_peace(road, stage)
    return road.results()
