"""Random cases: none raises, none meets a defect of ours, none costs this process more than it may.

`-m slow` runs 200,000 of them and prints what became of them (with `-s`)."""

import gzip
import itertools
import json
import time
from collections import Counter

import pytest
from random_cases import cases

from filters.verifiers import verify, verify_gold

pytestmark = pytest.mark.usefixtures("uncollected")

DRIVER_SECONDS = 0.5
"""Processor time of one check in this process; a worker has its own limit and keeps it."""


def failures(drawn, found):
    """(what is wrong, case) of each that is; `found` counts the outcomes."""
    for number, case in enumerate(drawn):
        start = time.process_time()
        outcome = verify([case])[0]
        seconds = time.process_time() - start
        outcomes = [outcome]
        if number % 4 == 0:
            outcomes += verify_gold([case.gold], kind=case.kind)
        found.update(o.outcome for o in outcomes)
        if any(o.is_defect or o.outcome == "sandbox_error" for o in outcomes):
            yield [o.detail for o in outcomes], case
        if seconds > DRIVER_SECONDS:
            yield f"{seconds:.2f} s", case


@pytest.fixture(scope="module")
def replies(shared):
    with gzip.open(shared / "traces.jsonl.gz", "rt") as lines:
        return [json.loads(line)["response"] for line in lines]


def test_random_cases_get_an_outcome_within_their_limits():
    found = Counter()
    assert list(failures(itertools.islice(cases(20_261_128, []), 2_500), found)) == []
    assert min(found[name] for name in ("correct", "incorrect", "no_answer", "unsupported")) > 20


def test_spliced_replies_get_an_outcome_within_their_limits(replies):
    assert list(failures(itertools.islice(cases(1, replies), 1_500), Counter())) == []


@pytest.mark.slow
def test_two_hundred_thousand_pairs_get_an_outcome_within_their_limits(replies):
    found = Counter()
    assert list(failures(itertools.islice(cases(2, replies), 200_000), found)) == []
    print(dict(found.most_common()))
