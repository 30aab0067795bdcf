"""R1's objective in TRL's words (arXiv 2501.12948 v2; DeepSeekMath, 2402.03300, eq. 3), for G
rollouts o_i of one prompt:

    A_i = (r_i − mean r) / std r
    J   = 1/G Σ_i 1/|o_i| Σ_t min(ρ A_i, clip(ρ, 1−ε, 1+ε) A_i) − β (π_ref/π − log π_ref/π − 1)

with ρ = π/π_old by token, ε = 10, β = 0.001, a constant learning rate of 3e-6, G = 16 on 32 prompts
a step, one update per group, the reference renewed every 400 steps.
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import get_scheduler
from trl import GRPOConfig

from curate.config import Grpo
from filters.errors import UserError
from rl.trainer import REFERENCE_EVERY
from sft.trainer import processes
from sft.trainer.arguments import common_arguments

AS_TRL = (
    "learning_rate lr_scheduler_type lr_scheduler_kwargs warmup_steps max_grad_norm adam_beta1 "
    "adam_beta2 weight_decay temperature scale_rewards mask_truncated_completions epsilon_high"
).split()
"""settings that TRL has under the same name"""


def arguments(settings: Grpo, seed: int, staged: Path, max_tokens: int) -> GRPOConfig:
    """`max_tokens`: of a rollout, as many as there is room for."""
    mine, uneven = divmod(settings.prompts_per_step * settings.group_size, processes.count())
    if uneven:
        raise UserError(
            f"grpo: {settings.prompts_per_step} prompts of {settings.group_size} rollouts are not "
            f"to be shared evenly among {processes.count()} processes"
        )
    _check_course(settings)
    together = max(n for n in range(1, settings.batch_size + 1) if mine % n == 0)
    renewed = settings.kl > 0 and settings.lora is None  # beside adapters the base stays as it is
    return GRPOConfig(
        **common_arguments(settings, staged, seed, together, mine // together),
        **{name: getattr(settings, name) for name in AS_TRL},
        **{name: getattr(settings, name) for name in Grpo.model_fields if "vllm" in name},
        max_steps=settings.max_steps,
        num_generations=settings.group_size,
        max_completion_length=max_tokens,
        epsilon=settings.clip,
        loss_type=settings.loss,
        beta=settings.kl,
        use_bias_correction_kl=False,  # TRL's default departs from the formula
        sync_ref_model=renewed,
        ref_model_sync_steps=REFERENCE_EVERY,
        ref_model_mixup_alpha=1.0,  # the reference is replaced, not mixed
    )


def _check_course(settings: Grpo) -> None:
    """transformers reads the course of the learning rate only when it trains."""
    nothing = torch.optim.SGD([torch.zeros(1)], lr=settings.learning_rate)
    steps = {"num_warmup_steps": settings.warmup_steps, "num_training_steps": settings.max_steps}
    more = settings.lr_scheduler_kwargs
    try:
        get_scheduler(settings.lr_scheduler_type, nothing, **steps, scheduler_specific_kwargs=more)
    except (TypeError, ValueError) as error:
        raise UserError(
            f"grpo.lr_scheduler_kwargs: {settings.lr_scheduler_type} does not take {more}: {error}"
        ) from None
