"""Answers made to hang, crash or fool the checker: none is accepted, none runs, none is costly."""

import threading
import time
from pathlib import Path

import pytest
from hostile_answers import GOLDS, HOSTILE

from filters.verifiers import Case, verify


def cases(name):
    text = HOSTILE[name]
    bare = [Case(text, gold, bare=True) for gold in GOLDS]
    return bare + [Case(f"</think>So it is \\boxed{{{text}}}", gold) for gold in GOLDS]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_answer_is_not_accepted(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes = verify(cases(name))
    assert {o.outcome for o in outcomes} <= {
        "incorrect", "no_answer", "resource_limit", "unsupported", "timeout"
    }  # fmt: skip
    assert not list(Path(tmp_path).iterdir())


def test_hostile_answers_cost_the_driver_little_processor_time():
    start = time.process_time()
    checked = verify([case for name in HOSTILE for case in cases(name)])
    assert len(checked) == 2 * len(GOLDS) * len(HOSTILE)
    assert (time.process_time() - start) / len(checked) < 0.05


def test_verdicts_are_the_same_from_a_thread():
    names = list(HOSTILE)[::5]
    here = [[o.outcome for o in verify(cases(name))] for name in names]
    there = []
    thread = threading.Thread(
        target=lambda: there.extend([o.outcome for o in verify(cases(name))] for name in names)
    )
    thread.start()
    thread.join()
    assert there == here
