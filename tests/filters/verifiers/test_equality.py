"""Our own table of pairs, topic by topic: what is the same answer, and what only looks like it."""

import pytest
from equality_cases import DIFFERENT, SAME

from filters.verifiers import Case, verify


def outcomes(pairs):
    return [o.outcome for o in verify([Case(answer, gold, bare=True) for gold, answer in pairs])]


@pytest.mark.parametrize("topic", SAME)
def test_same_answer_written_otherwise_is_correct(topic):
    found = zip(SAME[topic], outcomes(SAME[topic]), strict=True)
    assert [(pair, outcome) for pair, outcome in found if outcome != "correct"] == []


@pytest.mark.parametrize("topic", DIFFERENT)
def test_look_alike_is_incorrect_and_not_merely_undecided(topic):
    found = zip(DIFFERENT[topic], outcomes(DIFFERENT[topic]), strict=True)
    wrong = ("incorrect", "no_answer")
    assert [(pair, outcome) for pair, outcome in found if outcome not in wrong] == []


@pytest.mark.parametrize("topic", SAME)
def test_every_gold_verifies_itself(topic):
    golds = [gold for gold, _ in SAME[topic] + DIFFERENT[topic]]
    found = zip(golds, outcomes([(gold, gold) for gold in golds]), strict=True)
    assert [(gold, outcome) for gold, outcome in found if outcome != "correct"] == []


@pytest.mark.parametrize("topic", SAME)
def test_equality_has_two_directions(topic):
    """Except where a gold is read more strictly than an answer: prose, lists, letters."""
    if topic in ("prose", "choices", "approximate", "words", "grouped digits", "equations"):
        pytest.skip("these rules are about what an answer may add")
    turned = [(answer, gold) for gold, answer in SAME[topic]]
    found = zip(turned, outcomes(turned), strict=True)
    assert [(pair, outcome) for pair, outcome in found if outcome != "correct"] == []


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


def test_equal_pairs_are_decided_once_and_the_second_comes_from_the_cache():
    pair = Case(r"\boxed{\frac{\sqrt{12345}}{2}}", r"\sqrt{3086.25}")
    first, second = verify([pair, pair])
    assert (first.outcome, first.stage) == ("correct", "symbolic")
    assert (second.outcome, second.stage, second.seconds) == ("correct", "cache", 0.0)
    assert first.seconds > 0
