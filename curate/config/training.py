"""Sections of the trainers: `sft`, `grpo` and what both share."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from curate.config.data import AskedModel, Kind
from curate.config.section import FullPath, Section

LearningRate = Literal[
    "constant",
    "constant_with_warmup",
    "linear",
    "polynomial",
    "cosine",
    "cosine_with_min_lr",
    "warmup_stable_decay",
    "inverse_sqrt",
]
"""its course over the steps, by transformers' names"""


class Lora(Section):
    """Small adapters are trained in place of all weights; what is published has them merged in."""

    rank: int = Field(default=16, ge=1)
    alpha: int = Field(default=32, ge=1)
    target_modules: str | list[str] = "all-linear"
    """names of the model's layers, or all-linear"""
    dropout: float = Field(default=0.0, ge=0, lt=1)


class Training(Section):
    """What both trainers know."""

    model: str = ""
    save_steps: int = Field(default=100, ge=1)
    """after so many steps the state is saved, to be gone on from after a kill"""
    keep_checkpoints: int | Literal["all"] = 0
    """how many of the saved ones stay beside the final one, as OUTPUT/checkpoint-STEP: the last so
    many, or all"""
    bf16: bool | None = None
    """arithmetic in bfloat16, on float32 weights; null: on a GPU"""
    attn_implementation: str | None = None
    """as transformers calls it; null: its choice"""
    lora: Lora | None = None

    @field_validator("keep_checkpoints")
    @classmethod
    def _not_fewer_than_none(cls, keep: int | str) -> int | str:
        if isinstance(keep, int) and keep < 0:
            raise ValueError("must be all, or 0 or more")
        return keep

    @property
    def identity(self) -> str:
        """All settings that decide what comes out, as JSON; the model is known by its content."""
        return self.model_dump_json(exclude=self.NO_INFLUENCE)

    NO_INFLUENCE: ClassVar[dict[str, Any]] = {
        "model": True,
        "save_steps": True,
        "also": {"__all__": {"path"}},
    }
    """settings to be left out of `identity`, as pydantic's `exclude` takes them"""


class Also(Section):
    """What else is trained on: a run folder's kept records, or the replies of a file or dataset,
    with thinking or without."""

    path: FullPath = Field(min_length=1)
    name: str = ""
    """the source of its rows in `tokenized`; the last part of the path by default"""
    want: str | None = None
    """of a run: an SQL condition on its records"""
    map: dict[str, str] = Field(default_factory=dict)
    """of a file: our column -> its column, as for an import"""
    split: str = "train"
    count: int | None = Field(default=None, ge=1)
    """so many of its rows an epoch"""
    weight: float = Field(default=1.0, gt=0)
    """without count: each row so often; 0.1 takes a tenth of them"""

    @model_validator(mode="before")
    @classmethod
    def _known_by_name(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or not isinstance(raw.get("path"), str):
            return raw
        return {"name": Path(raw["path"]).name, **raw}


class Sft(Training):
    model: str = ""
    """the base to fine-tune: a checkpoint folder or a Hub name"""
    output: str = "sft"
    """folder of the trained checkpoint, inside the run"""
    want: str | None = None
    """an SQL condition on the view `records`, e.g. "kind = 'math' and length(thinking) < 9000" """
    also: list[Also] = Field(default_factory=list)
    epochs: float = Field(default=2.0, gt=0)
    max_steps: int = -1
    """-1: epochs decide"""
    learning_rate: float = Field(default=5e-5, gt=0)
    min_learning_rate: float = Field(default=5e-6, ge=0)
    """cosine from the one to the other, as R1"""
    batch_size: int = Field(default=8, ge=1)
    gradient_accumulation: int = Field(default=1, ge=1)
    max_length: int = Field(default=32768, ge=1)
    """tokens, prompt included; a longer record is left out and counted, never cut"""
    train_sampling_strategy: Literal["random", "group_by_length"] = "random"
    """group_by_length: rows of like length together, for less padding"""
    packing: bool = False
    """several records in one row of at most max_length tokens, none cut, none seeing the others;
    long ones want attn_implementation flash_attention_2"""


class Judge(AskedModel):
    """A model that grades rollouts; a reward of `grpo.rewards` by the name it has there."""

    rubric: str = "helpfulness"
    """a shipped one (helpfulness, harmlessness), or a file with {problem} and {reply}"""
    reads: Literal["summary", "whole"] = "summary"
    """R1 asks for helpfulness of the summary, for harmlessness of the whole"""
    kinds: list[Kind] = Field(default=["open", "safety"], min_length=1)
    """of problems; at others it gives 0 to all"""
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1)


class Grpo(Training):
    """R1's settings as defaults; those that TRL's `GRPOConfig` has too bear its names."""

    model: str = ""
    """the checkpoint to go on from; empty: what sft wrote"""
    output: str = "grpo"
    max_steps: int = Field(default=100, ge=1)
    loss: Literal["grpo", "dapo", "bnpo", "dr_grpo", "cispo", "sapo", "luspo", "vespo"] = "grpo"
    """TRL's loss_type: grpo is the mean over rollouts of means over tokens, dapo over all tokens"""
    scale_rewards: Literal["group", "batch", "none"] = "group"
    """whose standard deviation divides the advantages; none: they are centred only"""
    learning_rate: float = Field(default=3e-6, gt=0)
    lr_scheduler_type: LearningRate = "constant"
    lr_scheduler_kwargs: dict[str, Any] = Field(default_factory=dict)
    """as {lr_end: 3.0e-5, power: 1.0} of polynomial (a line down), {min_lr: 1.0e-6} of cosine_…"""
    warmup_steps: int = Field(default=0, ge=0)
    max_grad_norm: float = Field(default=1.0, gt=0)
    adam_beta1: float = Field(default=0.9, ge=0, lt=1)
    adam_beta2: float = Field(default=0.999, ge=0, lt=1)
    weight_decay: float = Field(default=0.0, ge=0)
    mask_truncated_completions: bool = False
    """leave rollouts that were cut at max_tokens out of the loss"""
    kl: float = Field(default=0.001, ge=0)
    group_size: int = Field(default=16, ge=2)
    """rollouts per prompt"""
    prompts_per_step: int = Field(default=32, ge=1)
    batch_size: int = Field(default=8, ge=1)
    """rollouts in one forward pass, at most; no influence on the result but rounding (and bnpo)"""
    max_tokens: int = Field(default=32768, ge=1)
    temperature: float = Field(default=1.0, gt=0)
    clip: float = Field(default=10.0, gt=0)
    """epsilon of the policy ratio; R1 clips at 10 (arXiv 2501.12948 v2, B.4.2)"""
    epsilon_high: float | None = Field(default=None, gt=0)
    """where the upper bound is another (DAPO: 0.28 over 0.2; cispo: 5)"""
    rewards: dict[str, float] = Field(
        default_factory=lambda: {"accuracy": 1.0, "format": 1.0, "language": 1.0}
    )
    """name or module:function -> weight"""
    judges: dict[str, Judge] = Field(default_factory=dict)
    reward_timeout: float = Field(default=300.0, gt=0)
    """seconds that a reward of your own may take for a step, after which that step is undecided"""
    want: str | None = None
    """which problems: an SQL condition over `problems` and the pass rates of the run's traces, as
    "kind = 'math' and pass_rate between 0.1 and 0.9" """
    anyway: bool = False
    """train where no reward tells right from wrong, or from a checkpoint with another tokenizer or
    below its base"""
    use_vllm: bool = False
    """sample rollouts by vLLM (extra `vllm`), which has its own copy of the weights"""
    vllm_mode: Literal["colocate", "server"] = "colocate"
    """in the trainer's process, or in a server that is started with `trl vllm-serve`"""
    vllm_gpu_memory_utilization: float = Field(default=0.3, gt=0, le=1)
    vllm_tensor_parallel_size: int = Field(default=1, ge=1)
    vllm_enable_sleep_mode: bool = False
    vllm_server_base_url: str | None = None

    NO_INFLUENCE: ClassVar[dict[str, Any]] = {
        "model": True,
        "save_steps": True,
        "anyway": True,
        "reward_timeout": True,
        "vllm_gpu_memory_utilization": True,
        "vllm_enable_sleep_mode": True,
        "vllm_server_base_url": True,
    }

    @model_validator(mode="after")
    def _warms_up(self) -> Grpo:
        if self.warmup_steps and self.lr_scheduler_type == "constant":
            raise ValueError("warmup_steps needs lr_scheduler_type: constant_with_warmup")
        return self
