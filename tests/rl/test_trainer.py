"""Padding that is not computed changes nothing."""

from pathlib import Path

import pytest
import torch
from datasets import Dataset
from trl import GRPOTrainer

from curate.config import Generate, Grpo
from rl.arguments import arguments
from rl.trainer import Trainer, by_length, trimmed
from sft.trainer.base_model import Base


def test_columns_that_are_padding_everywhere_go() -> None:
    mask = torch.tensor(
        [[0, 0, 1, 1, 1, 0, 0], [0, 1, 1, 1, 1, 1, 0]]
    )  # prompts of 3, replies of 4
    ids = torch.arange(14).reshape(2, 7)
    kept, kept_mask, completion = trimmed(ids, mask, 4)
    assert kept.tolist() == [[1, 2, 3, 4, 5], [8, 9, 10, 11, 12]]
    assert kept_mask.tolist() == [[0, 1, 1, 1, 0], [1, 1, 1, 1, 1]]
    assert completion == 3
    cut = torch.tensor([[1, 1, 1, 0, 0, 0, 0]])  # masked as a whole, as cut rollouts may be
    assert trimmed(ids[:1], cut, 4)[2] == 1


def test_rollouts_of_like_length_share_a_pass() -> None:
    lengths = [3, 1, 4, 2]
    mask = torch.tensor([[1] * n + [0] * (4 - n) for n in lengths])
    rows = {"completion_mask": mask, "prompt_mask": torch.ones(4, 2), "total": torch.tensor(10.0)}
    batches = [
        {name: x if x.dim() == 0 else x[at : at + 2] for name, x in rows.items()} for at in (0, 2)
    ]
    found = by_length(batches)
    assert [batch["completion_mask"].sum(dim=1).tolist() for batch in found] == [[1, 2], [3, 4]]
    assert [batch["total"].item() for batch in found] == [10.0, 10.0]


@pytest.mark.parametrize("batch_size", [None, 2])
def test_log_probabilities_are_trls(
    batch_size: int | None, checkpoint: str, tmp_path: Path
) -> None:
    base = Base(checkpoint, Generate(), "grpo.model")
    model = base.load()
    settings = Grpo(model=checkpoint, kl=0.0, prompts_per_step=2, group_size=2)
    trainer = Trainer.__new__(Trainer)
    GRPOTrainer.__init__(
        trainer,
        model=model,
        reward_funcs=[lambda completions, **_: [0.0] * len(completions)],
        args=arguments(settings, 0, tmp_path, 16),
        train_dataset=Dataset.from_dict({"prompt": ["a", "b"]}),
        processing_class=base.tokenizer,
    )
    draw = torch.Generator().manual_seed(0)
    ids = torch.randint(0, 256, (5, 30), generator=draw)
    mask = torch.zeros(5, 30, dtype=torch.long)
    for row, (begin, end) in enumerate([(2, 15), (5, 28), (3, 12), (9, 20), (2, 11)]):
        mask[row, begin:end] = 1
    given = {"batch_size": batch_size, "compute_entropy": True}
    ours = trainer._get_per_token_logps_and_entropies(model, ids, mask, 20, **given)
    theirs = GRPOTrainer._get_per_token_logps_and_entropies(trainer, model, ids, mask, 20, **given)
    seen = mask[:, 10:].bool()
    for found, expected in zip(ours[:2], theirs[:2], strict=True):
        assert found.shape == (5, 20)
        assert torch.allclose(found[seen], expected[seen], atol=1e-5)
