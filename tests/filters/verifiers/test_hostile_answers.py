"""Answers made to hang, crash or fool the checker: none is accepted, none runs, none is costly."""

import contextlib
import gc
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


LIMIT = 0.2
"""seconds of this process's time that one check may take; a worker keeps its own limit"""


def judged_alone(case):
    start = time.process_time()
    outcome = verify([case])[0].outcome
    return outcome, time.process_time() - start


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """{name: (outcome, seconds of this process) of each case}, and the folder they ran in."""
    folder = tmp_path_factory.mktemp("hostile")
    verify([Case(r"\sqrt{8}", r"2\sqrt{2}", bare=True)])  # starts a worker
    gc.disable()  # a full collection of all that a test run holds takes longer than the limit
    try:
        with contextlib.chdir(folder):
            found = {name: [judged_alone(case) for case in cases(name)] for name in HOSTILE}
    finally:
        gc.enable()
    return found, folder


def outcomes(judged, name):
    return [outcome for outcome, _ in judged[0][name]]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answer_is_not_accepted_and_costs_little(name, judged):
    assert set(outcomes(judged, name)) <= {
        "incorrect", "no_answer", "resource_limit", "unsupported",
        *(["timeout"] if name in ENDLESS else []),
    }  # fmt: skip
    assert max(seconds for _, seconds in judged[0][name]) < LIMIT


def test_hostile_answers_run_nothing(judged):
    assert not list(judged[1].iterdir())


def test_verdicts_are_the_same_from_a_thread(judged):
    there = {}
    thread = threading.Thread(
        target=lambda: there.update(
            {name: [o.outcome for o in verify(cases(name))] for name in SOME}
        )
    )
    thread.start()
    thread.join()
    assert there == {name: outcomes(judged, name) for name in SOME}
