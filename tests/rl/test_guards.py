"""What is refused before the first step."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from tiny_checkpoint import make_checkpoint
from trained_run import MakeRun

from curate.config import Grpo, Judge
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run
from curate.store.shards import commit
from filters.errors import UserError
from filters.schema import EVAL
from rl.guards import check_scores, check_tokenizer, check_weights
from rl.problems import usable, wanted
from rl.reader import Reader
from rl.rewards import WeightedSum
from rl.self_test import self_test
from sft.trainer.base_model import Base

HERE = __name__


@pytest.mark.parametrize(
    ("rewards", "refused"),
    [
        ({"format": 1.0, "language": 1.0}, True),
        ({"accuracy": 0.0, "format": 1.0}, True),
        ({"accuracy": 0.1, "format": 1.0}, False),
        ({"my.module:reward": 1.0}, False),
        ({"helpful": 1.0, "format": 1.0}, False),
    ],
)
def test_form_alone_must_not_win(rewards: dict[str, float], refused: bool) -> None:
    settings = Grpo(rewards=rewards, judges={"helpful": Judge()})
    if refused:
        with pytest.raises(UserError, match="tell nothing of right and wrong"):
            check_weights(settings)
        settings = settings.model_copy(update={"anyway": True})
    check_weights(settings)


def trained(folder: Path, **facts: str) -> Base:
    """A checkpoint that says that it was trained here."""
    base = Base(make_checkpoint(folder / "trained"), None, "grpo.model")
    known = {"tokenizer_hash": base.tokenizer_hash, "base_revision": "before"} | facts
    (folder / "trained" / "training.json").write_text(json.dumps(known))
    return base


def test_a_checkpoint_with_another_tokenizer_is_refused(tmp_path: Path) -> None:
    check_tokenizer(trained(tmp_path / "right"), Grpo())
    with pytest.raises(UserError, match="was trained with another tokenizer than lies in its fold"):
        check_tokenizer(trained(tmp_path / "wrong", tokenizer_hash="of another run"), Grpo())


@pytest.mark.parametrize(
    ("before", "after", "refused"), [(0.6, 0.5, True), (0.51, 0.5, False), (0.4, 0.5, False)]
)
def test_a_checkpoint_below_its_base_is_refused(
    before: float, after: float, refused: bool, tmp_path: Path, make_run: MakeRun
) -> None:
    base = trained(tmp_path)
    run = make_run(tmp_path / "run")
    scores = {"before": before, base.revision: after}
    rows = [
        {"eval_id": of, "checkpoint_revision": of, "pass_at_1": score, "pass_at_1_se": 0.02}
        for of, score in scores.items()
    ]
    shared = {"problem_set": "sums", "problem_set_hash": "s", "temperature": 1.0, "top_p": 1.0}
    frame = pl.DataFrame(rows).with_columns(
        max_tokens=8, **{name: pl.lit(value) for name, value in shared.items()}
    )
    commit(run.folder("evals"), frame, EVAL)
    settings = Grpo()
    if refused:
        with pytest.raises(UserError, match=r"on sums .* a pass@1 of 0.500, below the 0.600"):
            check_scores(run, base, settings)
        settings = Grpo(anyway=True)
    check_scores(run, base, settings)


def constant(completions: list[str], **_: Any) -> list[float | None]:
    return [1.0 for _ in completions]


def own(completions: list[str], **_: Any) -> list[float | None]:
    return [float("12" in text) for text in completions]


constant.known = own.known = ("It is 12.", "It is 13.")  # type: ignore[attr-defined]


def harsh(prompt: str) -> list[str]:
    return ["Never enough.\nScore: 0"]


def fair(prompt: str) -> list[str]:
    return [f"Score: {2 if 'idiot' in prompt else 9}"]


def judge(answers: str) -> Judge:
    return Judge(engine="scripted", options={"answers": f"{HERE}:{answers}"})


def shown_to(run: Run, checkpoint: str, **settings: Any) -> None:
    section = Grpo(model=checkpoint, **settings)
    base = Base(checkpoint, None, "grpo.model")
    reader = Reader(base, run.config.normalize.marker)
    problems = usable(latest_problems(run), base)
    self_test(WeightedSum(section, reader, 64), section, problems, base)


def test_every_reward_tells_right_from_wrong(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    names = ("accuracy", "format", "language", "overlong", "repetition", f"{HERE}:own", "fair")
    weights = dict.fromkeys(names, 1.0)
    run = make_run(tmp_path / "run")
    shown_to(run, checkpoint, rewards=weights, judges={"fair": judge("fair")})


def test_a_reward_that_does_not_stops_the_training(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(tmp_path / "run")
    with pytest.raises(
        UserError, match=r"constant gives 1\.0 for a reply that is right and 1\.0 for"
    ):
        shown_to(run, checkpoint, rewards={f"{HERE}:constant": 1.0})
    with pytest.raises(UserError, match=r"harsh gives 0.0 .* \(judged, judged\), so nothing"):
        shown_to(run, checkpoint, rewards={"harsh": 1.0}, judges={"harsh": judge("harsh")})


def test_a_tokenizer_that_loses_text_is_found_out(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(checkpoint, broken)
    file = broken / "tokenizer.json"
    rules = json.loads(file.read_text())
    rules["normalizer"] = {"type": "Replace", "pattern": {"String": "\\"}, "content": ""}
    for digit in "0123456789":
        rules["normalizer"] = {
            "type": "Sequence",
            "normalizers": [
                rules["normalizer"],
                {"type": "Replace", "pattern": {"String": digit}, "content": "x"},
            ],
        }
    file.write_text(json.dumps(rules))
    with pytest.raises(UserError, match=r"of 6 golds written as replies .* none for correct"):
        shown_to(make_run(tmp_path / "run"), str(broken), rewards={"accuracy": 1.0})


def test_problems_are_chosen_by_sql(make_run: MakeRun, tmp_path: Path) -> None:
    run = make_run(tmp_path / "run")
    assert wanted(run, "gold::int > 8").height == 2
    assert wanted(run, "pass_rate between 0.1 and 0.9").height == 0
    with pytest.raises(UserError, match="passrate"):
        wanted(run, "passrate > 0")


def test_problems_for_a_judge_are_asked_too(
    checkpoint: str, make_run: MakeRun, tmp_path: Path
) -> None:
    base = Base(checkpoint, None, "grpo.model")
    problems = latest_problems(make_run(tmp_path / "run"))
    opened = problems.with_columns(kind=pl.lit("open"), gold_check=pl.lit("not_applicable"))
    assert usable(opened, base).height == 0
    assert usable(opened, base, ["open"]).height == problems.height
