"""What `[STAGE=]CHECKPOINT` stands for."""

import json
from pathlib import Path

import pytest

from curate.config import Config, Grpo, Sft
from curate.evaluation.checkpoints import by_stage, checkpoints
from curate.store.run_folder import Run
from filters.errors import UserError


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Trained: base → sft (7 steps) → grpo (30 steps, saved every 10)."""
    run = Run.create(tmp_path / "run", Config(sft=Sft(model="base"), grpo=Grpo()))
    for place, facts in {
        "sft": {"report": {"steps": 7}},
        "grpo": {"step": 30, "report": {}},
        "grpo/checkpoint-10": {"step": 10, "report": {}},
        "grpo/checkpoint-20": {"step": 20, "report": {}},
    }.items():
        (run.path / place).mkdir()
        (run.path / place / "training.json").write_text(json.dumps(facts))
    (run.path / "grpo/checkpoint-5").mkdir()  # of a trainer that leaves no facts
    return run


def told(run: Run, *arguments: str) -> list[tuple[str, str, int]]:
    return [(c.stage, c.name, c.step) for c in checkpoints(run, by_stage(list(arguments)))]


def test_course_of_a_training_begins_with_what_it_began_with(run: Run) -> None:
    assert told(run, "r1=grpo/*") == [
        ("r1", "sft", 0),
        ("r1", "grpo/checkpoint-5", 5),
        ("r1", "grpo/checkpoint-10", 10),
        ("r1", "grpo/checkpoint-20", 20),
        ("r1", "grpo", 30),
    ]
    assert told(run, "cold-start=sft/*") == [("cold-start", "base", 0), ("cold-start", "sft", 7)]


def test_course_that_an_earlier_configuration_trained_is_known_too(run: Run) -> None:
    later = {"sft": Sft(model="other", output="sft2"), "grpo": Grpo(output="r1")}
    run.configure(run.config.model_copy(update=later))
    assert told(run, "r1-zero=grpo/*")[0] == ("r1-zero", "sft", 0)
    assert told(run, "cold-start=sft/*")[0] == ("cold-start", "base", 0)


@pytest.mark.parametrize(
    ("argument", "expected"),
    [
        ("base=org/model", ("base", "org/model", 0)),
        ("org/model", ("model", "org/model", 0)),
        ("sft", ("sft", "sft", 7)),
        ("grpo/checkpoint-20", ("grpo", "grpo/checkpoint-20", 20)),
        ("a=b=sft", ("a=b", "sft", 7)),
    ],
)
def test_checkpoint_is_a_folder_of_the_run_or_another_model(
    run: Run, argument: str, expected: tuple[str, str, int]
) -> None:
    assert told(run, argument) == [expected]


def test_engine_is_given_the_folder_inside_the_run(run: Run) -> None:
    inside, outside = checkpoints(run, {"a": "sft", "b": "org/model"})
    assert (inside.model, outside.model) == (str(run.path / "sft"), "org/model")


def test_two_checkpoints_of_one_stage_are_refused(run: Run) -> None:
    with pytest.raises(UserError, match="two checkpoints are called grpo"):
        by_stage(["grpo", "grpo/checkpoint-20"])
