"""Nothing is trained on the evaluation set that comes along, not even on its own samples."""

import pytest

from curate.config import Config, Eval, Generate, Grpo, Sft
from curate.evaluation.evaluate import evaluate
from curate.judging.filter_stage import filter_traces
from curate.records.normalize import normalize
from curate.store.run_folder import Run
from filters.errors import UserError
from rl.train import grpo
from sft.train import sft


def answers(prompt: str) -> list[str]:
    return ["<think>\nI look at it twice before I say something.\n</think>\n\nIt is \\boxed{0}."]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The run folder of an evaluation on `trick`."""
    generate = Generate(engine="scripted", options={"answers": f"{__name__}:answers"})
    run = Run.create(tmp_path_factory.mktemp("trick") / "run", Config(jobs=1, generate=generate))
    evaluate(run, Eval.model_validate({"problems": "trick", "checkpoints": {"m": "m"}, "k": 1}))
    return Run.open(run.path / "evals" / "trick")


def test_grpo_refuses_its_problems(samples: Run, checkpoint: str) -> None:
    samples.configure(samples.config.model_copy(update={"grpo": Grpo(model=checkpoint)}))
    with pytest.raises(UserError, match="grpo: 12 of the problems, such as"):
        grpo(samples)


def test_sft_refuses_records_of_them(samples: Run, checkpoint: str) -> None:
    samples.configure(samples.config.model_copy(update={"sft": Sft(model=checkpoint)}))
    filter_traces(samples)
    assert normalize(samples)["made"] == 3
    with pytest.raises(UserError, match="sft: 3 of the problems, such as"):
        sft(samples)
