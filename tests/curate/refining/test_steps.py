import json

import pytest

from curate.config import Refine
from curate.refining.steps import Prompts, steps_for
from filters.errors import UserError


@pytest.mark.parametrize(
    ("reasons", "steps"),
    [
        (["language.mixed_language"], ("translate", "summarize")),
        (["readability.code_in_thinking"], ("tidy", "summarize")),
        (
            ["language.wrong_language", "readability.wall_of_text"],
            ("translate", "tidy", "summarize"),
        ),
        (["length.summary_too_short"], ("summarize",)),
        (["format.no_summary", "correctness.no_answer"], ("summarize",)),
        ([], ("tidy", "summarize")),
        (["correctness.incorrect", "language.mixed_language"], None),
        (["correctness.no_answer"], None),
        (["repetition.loop"], None),
    ],
)
def test_steps_follow_from_what_is_wrong(reasons, steps):
    assert steps_for(reasons) == steps


def test_a_prompt_holds_the_texts_as_they_are():
    turns = Prompts.of(Refine()).messages("tidy", "What is {thinking}?", "It is {problem}.")
    (turn,) = turns
    assert "What is {thinking}?" in turn["content"]
    assert "It is {problem}." in turn["content"]


def test_examples_come_before_and_change_the_hash(tmp_path):
    file = tmp_path / "examples.jsonl"
    row = {"step": "tidy", "before": "ugly", "after": "nice"}
    file.write_text(json.dumps(row) + "\n")
    plain, shown = Prompts.of(Refine()), Prompts.of(Refine(examples=str(file)))
    contents = [turn["content"] for turn in shown.messages("tidy", "p", "t")]
    assert contents[:2] == ["ugly", "nice"]
    assert plain.hash_of(["tidy"]) != shown.hash_of(["tidy"])
    assert plain.hash_of(["translate"]) == shown.hash_of(["translate"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"step": "tody", "before": "a", "after": "b"}, "no step 'tody'; did you mean 'tidy'?"),
        ({"step": "tidy", "before": "a"}, "columns before and after are wanted"),
    ],
)
def test_a_wrong_example_is_one_line(tmp_path, row, said):
    file = tmp_path / "examples.jsonl"
    file.write_text(json.dumps(row) + "\n")
    with pytest.raises(UserError, match="row 1") as error:
        Prompts.of(Refine(examples=str(file)))
    assert said in str(error.value)


def test_a_prompt_without_its_text_is_refused(tmp_path):
    (tmp_path / "p.md").write_text("Write it again.")
    with pytest.raises(UserError, match=r"has no \{thinking\}"):
        Prompts.of(Refine(prompts={"tidy": str(tmp_path / "p.md")}))
