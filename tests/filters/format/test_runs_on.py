import pytest

from filters.format.runs_on import runs_on

BOXED, PARTS = "It is \\boxed{4}.", "(a) What is 2 + 2? (b) And 3 + 3?"


@pytest.mark.parametrize(
    ("more", "problem", "kind", "found"),
    [
        ("\n\nNext question: what is 3 + 3?", "2 + 2?", "math", True),
        ("\n\nThis holds in every base above four.", "2 + 2?", "math", False),
        (" Try this: press some clay into a bowl.", "2 + 2?", "open", False),
        (" Here is another problem: find x.", PARTS, "math", True),
        ("\n\n**Question 2:** It is 6.", PARTS, "math", False),
        ("\n\nTags: sums, school", "2 + 2?", "open", True),
        ("\n\nTask 2: Write it in words.", "2 + 2?", "math", True),
        ("\n\nWhat if there were three?", "2 + 2?", "math", True),
    ],
)
def test_behind_a_box_what_belongs_to_no_answer_is_found(more, problem, kind, found):
    assert (runs_on(BOXED + more, problem, kind) is not None) == found


def test_an_open_question_that_asks_for_no_text_is_no_article():
    tags = "It is the iron.\n\n#riddles #fun"
    assert runs_on(tags, "What is heavier, iron or wood?", "open") is not None


def test_an_article_may_have_references():
    assert runs_on("Sums are old.\n\nReferences:\n[1] Euclid", "Write about sums.", "open") is None
