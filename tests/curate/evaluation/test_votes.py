"""Answers that are one answer, told by the verifier."""

import pytest

from curate.evaluation.at_k import cons_at_k
from curate.evaluation.votes import Poll, count


def counted(answers: list[str | None], correct: list[bool | None], **more: object) -> Poll:
    poll = Poll(**{"kind": "math", "choices": None, **more}, answers=answers, correct=correct)
    count([poll])
    return poll


@pytest.mark.parametrize("half", ["0.5", "\\frac12", "50\\%", "$ 1/2 $", "\\dfrac{1}{2}"])
def test_writings_of_one_wrong_answer_are_one_vote(half: str) -> None:
    votes = counted(["1/2", half, "7"], [False] * 3).votes
    assert votes[0] == votes[1] != votes[2]


def test_right_answers_are_one_whatever_their_form() -> None:
    poll = counted(["3/4", "0.75", "2", "2.0", "\\frac{4}{2}"], [True, True, False, False, False])
    assert poll.votes[:2] == ["right"] * 2
    assert cons_at_k(poll.votes, poll.correct) == 0.0  # 3 to 2


def test_letter_and_text_of_an_option_are_one_vote() -> None:
    options = ("a cat", "a dog", "a cow")
    poll = counted(["B", "a dog", "C"], [False, False, True], kind="choice", choices=options)
    assert poll.votes[0] == poll.votes[1]


def test_no_answer_has_no_vote_and_one_that_cannot_be_read_stands_alone() -> None:
    poll = counted([None, "\\foo{", "\\bar{", "\\foo{"], [False, False, None, False])
    assert poll.votes == [None, "wrong: \\foo{", "wrong: \\bar{", "wrong: \\foo{"]


def test_problems_are_counted_side_by_side() -> None:
    polls = [Poll("math", None, ["1", "2/2", n], [False] * 3) for n in ("1.0", "9")]
    count(polls)
    assert [len(set(poll.votes)) for poll in polls] == [1, 2]
