"""Answers in prose: the value of sentences as people end a reply with them, announced or not."""

import gzip
import json
import re
from pathlib import Path

import pytest

from filters.verifiers import Case, verify

TABLE = Path(__file__).with_name("prose_answers.tsv").read_text().splitlines()[1:]
ROWS = [(gold, said.replace("⏎", "\n")) for gold, said in (row.split("\t") for row in TABLE)]
BEFORE = (
    "First we read the problem with care. There are several amounts in it, some of them large, and "
    "we take one after the other until nothing is left to do. One of them is 99, another is 88. "
    "Those are not asked for here, of course, but they help us on the way to the end, and nothing "
    "else is used than them.\n\n"
)


@pytest.mark.parametrize("before", ["", BEFORE], ids=["alone", "behind a paragraph"])
def test_the_value_of_each_ending_is_read(before):
    outcomes = verify([Case(before + said, gold=gold) for gold, said in ROWS])
    missed = [
        (gold, said, outcome.answer)
        for (gold, said), outcome in zip(ROWS, outcomes, strict=True)
        if outcome.outcome != "correct"
    ]
    assert missed == []


def test_no_other_number_of_an_ending_is_accepted():
    """Each ending against each number it holds: only those that are the gold's value may match."""

    pairs = [
        (gold, number, said)
        for gold, said in ROWS
        for number in set(re.findall(r"(?<![\d./,-])\d+(?![\d./,])", said))
        if number not in gold and "dozen" not in said
    ]
    outcomes = verify([Case(said, gold=number) for _, number, said in pairs])
    accepted = [p for p, o in zip(pairs, outcomes, strict=True) if o.outcome == "correct"]
    assert len(pairs) > 100
    assert accepted == []


@pytest.mark.parametrize(
    "said",
    [
        "She has 3 or 4 left.",
        "It is not 5.",
        "There are 3 cats and 4 dogs.",
        "Ann ran 5 miles while Bob ran 6 and Cleo 7.",
    ],
)
@pytest.mark.parametrize("gold", ["3", "4", "5", "6"])
def test_what_states_no_one_value_gives_none(said, gold):
    assert verify([Case(BEFORE + said, gold=gold)])[0].outcome != "correct"


def test_money_that_is_named_twice_is_money_once():
    said = BEFORE + "In total Jack has $43.00 + $40.00 = $83.00 dollars in his piggy bank."
    assert verify([Case(said, gold="83")])[0].outcome == "correct"


def test_real_replies_are_read(shared):
    """Replies of twelve models to GSM8K; `correct` compares last numbers and errs in some rows."""
    with gzip.open(shared / "unboxed_replies.jsonl.gz", "rt") as lines:
        rows = [row for row in map(json.loads, lines) if row["correct"]]
    outcomes = verify([Case(row["response"], gold=row["gold_answer"]) for row in rows])
    assert sum(o.outcome == "correct" for o in outcomes) >= 0.985 * len(rows)
