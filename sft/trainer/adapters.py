"""LoRA: small trained matrices beside the base's frozen ones (arXiv 2106.09685), by `peft`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from curate.config import Lora
from filters.errors import needs_extra

if TYPE_CHECKING:
    from peft import LoraConfig


def lora_config(lora: Lora | None) -> LoraConfig | None:
    """For a trainer's `peft_config`."""
    if lora is None:
        return None
    with needs_extra("train", "lora needs"):
        from peft import LoraConfig
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        target_modules=lora.target_modules,
        lora_dropout=lora.dropout,
        task_type="CAUSAL_LM",
    )


def merged(base: Any, adapters: Any) -> Any:
    """The base model with the adapters of a folder added to its weights."""
    from peft import PeftModel

    return PeftModel.from_pretrained(base, adapters).merge_and_unload()
