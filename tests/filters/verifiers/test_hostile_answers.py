"""Answers made to hang, crash or fool the checker: none is accepted, none runs, none is costly."""

import contextlib
import threading
import time

import pytest
from hostile_answers import GOLDS, HOSTILE

from filters.verifiers import Case, verify

SOME = [*list(HOSTILE)[::10], "factorial", "medium set"]
ENDLESS = ("hanging integral", "hanging limit", "hanging product")
"""each takes a worker's whole time, whatever the gold: one gold will do"""


def cases(name):
    text = HOSTILE[name]
    golds = GOLDS[:1] if name in ENDLESS else GOLDS
    bare = [Case(text, gold, bare=True) for gold in golds]
    return bare + [Case(f"</think>So it is \\boxed{{{text}}}", gold) for gold in golds]


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Every answer against every gold, once: outcomes by name, the driver's processor time of one
    check, and the folder it ran in."""
    folder = tmp_path_factory.mktemp("hostile")
    start = time.process_time()
    with contextlib.chdir(folder):
        flat = iter(verify([case for name in HOSTILE for case in cases(name)], jobs=2))
    outcomes = {name: [next(flat).outcome for _ in cases(name)] for name in HOSTILE}
    seconds = (time.process_time() - start) / sum(map(len, outcomes.values()))
    return outcomes, seconds, folder


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answer_is_not_accepted(name, judged):
    outcomes, _, _ = judged
    assert len(outcomes[name]) == len(cases(name)) > 0
    assert set(outcomes[name]) <= {
        "incorrect", "no_answer", "resource_limit", "unsupported", "timeout"
    }  # fmt: skip


def test_hostile_answers_run_nothing_and_cost_the_driver_little(judged):
    _, seconds, folder = judged
    assert not list(folder.iterdir())
    assert seconds < 0.05


def test_verdicts_are_the_same_from_a_thread(judged):
    outcomes, _, _ = judged
    there = {}
    thread = threading.Thread(
        target=lambda: there.update(
            {name: [o.outcome for o in verify(cases(name))] for name in SOME}
        )
    )
    thread.start()
    thread.join()
    assert there == {name: outcomes[name] for name in SOME}
