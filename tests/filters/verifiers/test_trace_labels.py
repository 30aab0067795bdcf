"""Real replies with computed labels; then the same replies with their boxes taken away."""

import gzip
import json
from collections import Counter

import pytest

from filters.verifiers import Case, verify
from filters.verifiers.extraction.boxes import boxes_in


@pytest.fixture(scope="module")
def labelled(shared):
    with gzip.open(shared / "traces.jsonl.gz", "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["label_source"] == "computed:numeric"]


def test_every_computed_label_is_confirmed(labelled):
    outcomes = verify([Case(row["response"], row["gold_answer"]) for row in labelled])
    found = Counter((r["label"], o.outcome) for r, o in zip(labelled, outcomes, strict=True))
    assert found == {("correct", "correct"): 756, ("wrong", "incorrect"): 26}


def unboxed(text):
    head, tag, reply = text.rpartition("</think>")
    for start, end, content in reversed(boxes_in(reply)):
        reply = reply[:start] + content + reply[end:]
    return head + tag + reply


def test_replies_are_read_without_their_boxes_too(labelled):
    rows = [r for r in labelled if r["label"] == "correct" and "boxed" in r["response"]]
    outcomes = verify([Case(unboxed(r["response"]), r["gold_answer"]) for r in rows])
    right = sum(o.outcome == "correct" for o in outcomes)
    assert len(rows) > 700
    assert right / len(rows) >= 0.99
    assert "boxed" not in {o.rule for o in outcomes}
