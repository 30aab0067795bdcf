"""Our own table of pairs, one a line: what is the same answer (=), and what only looks like it (≠).

equality_cases.tsv was written for this project: topic, sign, gold, answer."""

from pathlib import Path

import pytest

from filters.verifiers import Case, verify

ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "equality_cases.tsv").read_text().splitlines()
]
TOPICS = list(dict.fromkeys(topic for topic, *_ in ROWS))
ONE_WAY = ("prose", "choices", "approximate", "words", "grouped digits", "equations", "further")
"""topics whose rules are about what an answer may add to a gold"""


def pairs(topic, sign):
    return [(gold, answer) for t, s, gold, answer in ROWS if (t, s) == (topic, sign)]


def outcomes(pairs):
    return [o.outcome for o in verify([Case(answer, gold, bare=True) for gold, answer in pairs])]


def other_than(allowed, pairs):
    found = zip(pairs, outcomes(pairs), strict=True)
    return [(pair, outcome) for pair, outcome in found if outcome not in allowed]


@pytest.mark.parametrize("topic", TOPICS)
def test_same_answer_written_otherwise_is_correct(topic):
    assert other_than(["correct"], pairs(topic, "=")) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_look_alike_is_incorrect_and_not_merely_undecided(topic):
    assert other_than(["incorrect", "no_answer"], pairs(topic, "≠")) == []


@pytest.mark.parametrize("topic", TOPICS)
def test_every_gold_verifies_itself(topic):
    golds = [gold for gold, _ in pairs(topic, "=") + pairs(topic, "≠")]
    assert other_than(["correct"], [(gold, gold) for gold in golds]) == []


@pytest.mark.parametrize("topic", [topic for topic in TOPICS if topic not in ONE_WAY])
def test_equality_has_two_directions(topic):
    assert other_than(["correct"], [(answer, gold) for gold, answer in pairs(topic, "=")]) == []


def test_decimals_ask_for_a_tolerance_of_half_a_unit():
    def one(answer, places):
        params = {} if places is None else {"decimals": places}
        return verify([Case(answer, r"\frac{1}{3}", bare=True, params=params)])[0].outcome

    assert one("0.3333", 4) == "correct"
    assert one("0.3334", 4) == "incorrect"
    assert one("0.3333", None) == "incorrect"
    assert one("0.33", 4) == "incorrect"


@pytest.mark.parametrize(
    ("gold", "outcome"),
    [
        (None, "no_gold"),
        ("", "no_gold"),
        ("  ", "no_gold"),
        (r"\frac{1}{", "gold_unparseable"),
        (r"\begin{pmatrix}1&2\\3\end{pmatrix}", "gold_unparseable"),
        ("2 + ", "gold_unparseable"),
        ("1/0", "gold_unparseable"),
    ],
)
def test_a_gold_that_is_none_leaves_the_answer_undecided(gold, outcome):
    found = verify([Case("5", gold, bare=True)])[0]
    assert found.outcome == outcome
    assert found.keep is None


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (r"\boxed{\foo{5}}", "unsupported"),  # TeX of which nobody here knows what it means
        (r"\boxed{5 +}", "incorrect"),
        (r"\boxed{cannot be determined}", "incorrect"),
        ("I am not sure about it.", "no_answer"),
        ("It cannot be determined.", "incorrect"),
    ],
)
def test_an_answer_without_a_value_is_wrong_and_one_in_foreign_tex_is_undecided(reply, outcome):
    assert verify([Case("</think>" + reply, "5")])[0].outcome == outcome


def test_a_compass_letter_answers_a_direction_unless_letters_are_options():
    gold, options = r"\text{east}", ("north", "east", "south", "west", "none")
    cases = [Case(rf"\boxed{{{letter}}}", gold) for letter in ("E", "(E)", "W")]
    outcomes = verify([*cases, Case(r"\boxed{E}", gold, choices=options)])
    assert [o.outcome == "correct" for o in outcomes] == [True, False, False, False]


def test_equal_pairs_are_decided_once_and_the_second_comes_from_the_cache():
    pair = Case(r"\boxed{\frac{\sqrt{12345}}{2}}", r"\sqrt{3086.25}")
    first, second = verify([pair, pair])
    assert (first.outcome, first.stage) == ("correct", "symbolic")
    assert (second.outcome, second.stage, second.seconds) == ("correct", "cache", 0.0)
    assert first.seconds > 0
