"""Killed at random moments and started again, an evaluation has the figures of one that was not."""

from pathlib import Path

from killing import content, killed
from small_runs import stored, write

from curate.config import Config, Eval, Generate
from curate.evaluation.evaluate import evaluate
from curate.sampling import rows
from curate.store.run_folder import Run


def evaluated(folder: str) -> None:
    """In the process that is killed: every batch is committed."""
    rows.COMMIT_EVERY_S = 0.0
    evaluate(Run.open(Path(folder)))


def test_killed_evaluation_ends_with_every_sample_once_and_the_same_row(tmp_path: Path) -> None:
    problems = write(
        tmp_path / "sums.jsonl", [{"problem": f"{n} + {n}?", "gold": str(2 * n)} for n in range(12)]
    )
    settings = Eval.model_validate({"problems": str(problems), "checkpoints": {"r1": "m"}, "k": 6})
    generate = Generate(
        engine="scripted", options={"answers": "killing:slow_answers"}, batch_size=4
    )
    run, straight = (
        Run.create(tmp_path / name, Config(jobs=1, generate=generate, eval=settings))
        for name in ("run", "whole")
    )
    assert killed(run, 5, 0.1, seed=1, work=evaluated, samples="evals/sums/traces") > 2
    evaluate(straight)
    ours, theirs = (Run.open(one.path / "evals" / "sums") for one in (run, straight))
    assert content(ours).equals(content(theirs))
    mine, whole = (stored(one, "evals").drop("created_at") for one in (run, straight))
    assert mine.height == 1
    assert mine.equals(whole)
