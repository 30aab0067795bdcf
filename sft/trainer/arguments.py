"""The arguments both trainers share: where to write, what to log, and what the hardware can do."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path
from typing import Any

import datasets
import torch
import transformers

from curate.config import Training
from filters.errors import UserError
from sft.trainer import processes


def common_arguments(
    settings: Training, staged: Path, seed: int, batch_size: int, accumulation: int
) -> dict[str, Any]:
    on_gpu = torch.cuda.is_available()
    if processes.count() == 1 and torch.cuda.device_count() > 1:
        raise UserError(
            "there are several GPUs: start one process for each with `accelerate launch --module "
            "curate.cli …`, or choose one with CUDA_VISIBLE_DEVICES=0"
        )
    return {
        "output_dir": str(staged),
        "seed": seed,
        "data_seed": seed,
        "per_device_train_batch_size": batch_size,
        "gradient_accumulation_steps": accumulation,
        "logging_steps": 1,
        "logging_nan_inf_filter": False,  # a loss that is no number is logged as such
        "save_strategy": "steps",  # and after the last one
        "save_steps": settings.save_steps,
        "ddp_find_unused_parameters": False,
        "ddp_timeout": int(processes.PATIENCE.total_seconds()),
        "report_to": "none",
        "disable_tqdm": True,
        # float32 weights, bfloat16 arithmetic; on a CPU that would only be slow and inexact
        "bf16": on_gpu if settings.bf16 is None else settings.bf16,
        "gradient_checkpointing": on_gpu,
        "use_cpu": not on_gpu,
        "dataloader_pin_memory": on_gpu,
    }


def quiet() -> None:
    """Their bars and hints would drown ours; warnings stay."""
    transformers.utils.logging.disable_progress_bar()
    datasets.disable_progress_bars()
    # TRL 1.16 sets and asks for it itself
    warnings.filterwarnings("ignore", message=".*gradient_checkpointing` is deprecated")
    # it repeats whole completions for every rollout that is left undecided; we count those
    logging.getLogger("trl.trainer.grpo_trainer").setLevel(logging.ERROR)
