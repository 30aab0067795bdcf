"""The workers of the symbolic stage: limits, replacement, and every kind of caller."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from filters.verifiers import Case, verify
from filters.verifiers.equality import pool
from filters.verifiers.equality.pool import Task

TASK = Task(r"\sqrt{8}", r"2\sqrt{2}")
DEAR = Task(r"\frac{\pi\coth(\pi)-1}{2}", r"\sum_{n=1}^{\infty}\frac{1}{n^2+1}")
ENDLESS = Task("5", r"\prod_{n=1}^{10^{9}} (1+\frac{1}{n})")


def outcome(number):
    """A check no cache knows, different for every number."""
    root = rf"\sqrt{{{4 * number + 8}}}"
    return verify([Case(root, rf"2\sqrt{{{number + 2}}}", bare=True)])[0].outcome


def test_a_worker_is_used_again():
    pool.run([TASK])
    pid = pool._idle[-1].process.pid
    pool.run([TASK, TASK])
    assert pool._idle[-1].process.pid == pid


def test_a_check_over_its_processor_time_is_a_timeout_and_the_next_one_works(monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(pool, "CPU_SECONDS", 0.05)
        reply = pool.run([ENDLESS])[0]
    assert reply.outcome == "timeout"
    assert reply.seconds > 0
    assert pool.run([TASK])[0].outcome == "correct"


def test_a_reply_over_its_processor_time_is_a_timeout_however_late_it_is_read(monkeypatch):
    """The parent may have been stopped or busy while the worker finished."""
    with monkeypatch.context() as patched:
        patched.setattr(pool, "CPU_SECONDS", 0.1)
        replies = pool.run([DEAR, DEAR], jobs=2)
    assert [reply.outcome for reply in replies] == ["timeout", "timeout"]


def test_a_dear_check_is_the_same_first_and_later_alone_and_in_company():
    alone = [pool.run([DEAR])[0].outcome for _ in range(2)]
    together = [reply.outcome for reply in pool.run([DEAR, TASK, DEAR], jobs=2)]
    assert alone + together == ["correct"] * 5


def test_a_worker_that_does_not_run_is_replaced_and_the_check_tried_again(monkeypatch):
    pool.run([TASK])
    stopped = pool._idle[-1]
    os.kill(stopped.process.pid, signal.SIGSTOP)
    with monkeypatch.context() as patched:
        patched.setattr(pool, "WALL_SECONDS", 0.5)
        assert pool.run([TASK])[0].outcome == "correct"
    assert stopped.process.poll() is not None


def test_a_worker_that_was_killed_is_replaced():
    pool.run([TASK])
    pool._idle[-1].process.kill()
    assert pool.run([TASK])[0].outcome == "correct"


def test_a_worker_may_not_take_all_memory():
    pool.run([TASK])
    limits = Path(f"/proc/{pool._idle[-1].process.pid}/limits").read_text()
    line = next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert str(1 << 30) in line


def test_several_jobs_keep_the_order():
    tasks = [Task(rf"\sqrt{{{n}}}", rf"\sqrt{{{n if n % 2 else n + 1}}}") for n in range(2, 14)]
    expected = ["correct" if n % 2 else "incorrect" for n in range(2, 14)]
    assert [reply.outcome for reply in pool.run(tasks, jobs=3)] == expected


def test_verify_works_in_threads():
    found = {}
    threads = [
        threading.Thread(target=lambda n=n: found.update({n: outcome(n)})) for n in range(21, 25)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found.values()) == {"correct"}
    assert len(found) == 4


def test_verify_works_inside_an_event_loop():
    async def main():
        return outcome(31), await asyncio.to_thread(outcome, 32)

    assert asyncio.run(main()) == ("correct", "correct")


def test_verdicts_are_the_same_on_a_busy_machine():
    golds = [
        r"\int_0^1 x^2 dx",
        r"\sqrt{50}",
        "x^2-1",
        r"\lim_{x\to 0}\frac{\sin x}{x}",
        "2^{1000}+1",
    ]
    answers = [r"\frac13", r"5\sqrt2", "(x-1)(x+1)", "1", "2^{1000}"]
    tasks = [Task(gold, answer) for gold, answer in zip(golds, answers, strict=True)]
    idle = [reply.outcome for reply in pool.run(tasks)]
    loop = [sys.executable, "-c", "while True: pass"]
    burners = [subprocess.Popen(loop) for _ in range(6)]
    try:
        busy = [reply.outcome for reply in pool.run(tasks, jobs=2)]
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
    assert idle == busy == ["correct"] * 4 + ["incorrect"]


def _into(queue, number):
    queue.put(outcome(number))


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_verify_works_in_a_daemonic_process(method):
    outcome(40)  # a forked child then inherits a pool that is not its own
    context = multiprocessing.get_context(method)
    queue = context.Queue()
    process = context.Process(target=_into, args=(queue, 41), daemon=True)
    process.start()
    assert queue.get(timeout=120) == "correct"
    process.join()
    assert outcome(42) == "correct"
