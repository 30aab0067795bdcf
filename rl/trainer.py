"""TRL's GRPOTrainer with three things added: every rollout is kept as it is scored, rollouts of
like length share a pass, and a training goes on from the middle as if it had not stopped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch.nn.functional import pad
from trl import GRPOTrainer
from trl.trainer.utils import split_tensor_dict

from rl.rewards import WeightedSum
from rl.rollouts import Rollouts

REFERENCE_EVERY = 400
"""steps after which the reference is the policy of that moment (arXiv 2501.12948 v2)"""
REFERENCE_FILE = "reference.safetensors"

Batch = dict[str, Any]
"""tensors with a row per rollout: prompt_ids (B, P) padded on the left, completion_ids (B, T) on
the right, their masks, advantages (B,), log-probabilities (B, T)"""


class Trainer(GRPOTrainer):
    def __init__(
        self, *, rewards: WeightedSum, rollouts: Rollouts, done: int = 0, **given: Any
    ) -> None:
        """`done`: steps of the state that the training will go on from."""
        super().__init__(reward_funcs=[rewards], **given)
        self.rewards, self.rollouts, self.done = rewards, rollouts, done

    def _get_train_sampler(self, dataset: Any = None) -> Any:
        """As TRL's, which shuffles as in the first epoch also where a training goes on in a later
        one."""
        sampler: Any = super()._get_train_sampler(dataset)
        for _ in range(self.done // (sampler.num_samples // sampler.batch_size)):
            torch.randperm(sampler.num_samples, generator=sampler.generator)
        return sampler

    def _generate_and_score_completions(self, inputs: list[Batch]) -> Batch:
        """Called once for all rollouts of a step, by each process for its own."""
        output: Batch = super()._generate_and_score_completions(inputs)
        assert self.rewards.judged is not None
        self.rollouts.take(
            self.state.global_step + 1, inputs, self.rewards.judged, output["advantages"].tolist()
        )
        return output

    def _prepare_inputs(self, generation_batch: Any) -> Batch:
        """TRL shuffles the rollouts of a step into passes; here those of like length share one. Not
        for bnpo, whose loss is a mean over the tokens of a pass."""
        before = self._buffered_inputs
        inputs: Batch = super()._prepare_inputs(generation_batch)
        if self._buffered_inputs is before or self.loss_type == "bnpo":
            return inputs
        self._buffered_inputs = by_length(self._buffered_inputs)
        return self._buffered_inputs[self._step % len(self._buffered_inputs)]

    def _get_per_token_logps_and_entropies(
        self,
        model: Any,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        logits_to_keep: int,
        batch_size: int | None = None,
        **more: Any,
    ) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None]:
        """As TRL's, (B, `logits_to_keep`) each, without what is padding in all rows of a pass; what
        it gave for that is 0, and is masked."""
        rows = attention_mask.sum(dim=1).argsort()
        parts = []
        for some in rows.split(batch_size or len(rows)):
            ids, mask, kept = trimmed(input_ids[some], attention_mask[some], logits_to_keep)
            found = super()._get_per_token_logps_and_entropies(model, ids, mask, kept, **more)
            lacking = (0, logits_to_keep - kept)
            parts.append([x if x is None or x.dim() == 0 else pad(x, lacking) for x in found])
        back = rows.argsort()
        logps, entropies, losses = zip(*parts, strict=True)
        return (
            torch.cat(logps)[back],
            None if entropies[0] is None else torch.cat(entropies)[back],
            None if losses[0] is None else torch.stack(losses).mean(),
        )

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        super()._save_checkpoint(model, trial)
        renewed = self.state.global_step >= REFERENCE_EVERY
        if self.ref_model is not None and renewed and self.args.should_save:
            folder = Path(self._get_output_dir(trial=trial), f"checkpoint-{self.state.global_step}")
            save_model(self.accelerator.unwrap_model(self.ref_model), str(folder / REFERENCE_FILE))

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        super()._load_from_checkpoint(resume_from_checkpoint, model)
        file = Path(resume_from_checkpoint, REFERENCE_FILE)
        if file.is_file():
            load_model(self.accelerator.unwrap_model(self.ref_model), file)


def by_length(batches: list[Batch]) -> list[Batch]:
    """The same rollouts in as many batches of the same size, sorted by length."""
    all_of = {
        name: value if value is None or value.dim() == 0 else torch.cat([b[name] for b in batches])
        for name, value in batches[0].items()
    }
    order = (all_of["prompt_mask"].sum(dim=1) + all_of["completion_mask"].sum(dim=1)).argsort()
    ordered = {
        name: value if value is None or value.dim() == 0 else value[order]
        for name, value in all_of.items()
    }
    split: list[Batch] = split_tensor_dict(ordered, len(batches))
    return split


def trimmed(
    ids: torch.Tensor, mask: torch.Tensor, completion: int
) -> tuple[torch.Tensor, torch.Tensor, int]:
    """(B, P + `completion`) without the columns that are padding in all rows, and how many columns
    of the completion are left, one at least."""
    prompt = ids.shape[1] - completion
    used = mask.bool().any(dim=0).nonzero().flatten()
    first = min(int(used[0]), prompt - 1)
    last = max(int(used[-1]), prompt)
    return ids[:, first : last + 1], mask[:, first : last + 1], last + 1 - prompt
