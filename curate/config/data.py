"""Sections of the way from problems to records: sources, sampling, rewriting, normalizing."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator, model_validator

from curate.config.section import FullPath, Section
from filters.errors import did_you_mean

Kind = Literal["math", "code", "logic", "choice", "open", "safety"]


class Source(Section):
    """A file (.jsonl, .parquet, .csv, also .gz and .zst), or a `datasets` name or folder."""

    path: str = Field(min_length=1)
    more: list[str] = Field(default_factory=list)
    """further files, read behind it as if all were one"""
    map: dict[str, str] = Field(default_factory=dict)
    """our column -> the file's column, or a path in it: {gold: reward_model.ground_truth}"""
    layout: str | None = None
    """of the rows, where it should not be found out by the columns: a name, plain, module:NAME"""
    reply_is: Literal["reply", "thinking"] = "reply"
    """thinking: whole solutions without tags become thinking, their endings summaries"""
    anyway: bool = False
    """go on where what comes out looks wrong"""
    kind: Kind | None = None
    """for rows that do not say theirs; math where neither does"""
    split: str = "train"
    """of a `datasets` name"""
    limit: int | None = Field(default=None, ge=1)
    """take the first so many rows"""

    @property
    def where(self) -> str:
        """What messages call it."""
        return f"{self.path} and {len(self.more)} more" if self.more else self.path


class AskedModel(Section):
    """A model that a stage asks, how it samples, and the engine that asks it."""

    engine: str = "openai"
    model: str = ""
    """a folder with a Hugging Face checkpoint, a Hub name, or a server's name for it"""
    revision: str | None = None
    temperature: float = Field(ge=0)
    top_p: float = Field(gt=0, le=1)
    max_tokens: int = Field(ge=1)
    batch_size: int = Field(default=32, ge=1)
    """sequences the engine works on at once"""
    chat_template: bool | str = True
    """true: the tokenizer's; false: none, the text goes to the model as it is; r1-zero: the one
    R1-Zero asks its base model with; or a file that holds a Jinja template"""
    sampling: dict[str, Any] = Field(default_factory=dict)
    """more sampling settings, by the engine's own names: top_k, min_p, repetition_penalty, …"""
    device: str = "auto"
    dtype: str = "auto"
    options: dict[str, Any] = Field(default_factory=dict)
    """passed to the engine as they are"""


class Generate(AskedModel):
    engine: str = "transformers"
    samples: int = Field(default=8, ge=1)
    """k, traces per problem"""
    until_correct: int | None = Field(default=None, ge=1)
    """m: stop a problem at m verified-correct samples, `samples` then being its budget"""
    hard_samples: int | None = Field(default=None, ge=1)
    """with until_correct: the budget of a problem that has no correct sample in `samples`"""
    temperature: float = Field(default=1.0, ge=0)
    """R1 samples its cold start at 1.0"""
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=4096, ge=1)
    prompt: str = "{problem}"
    """the user turn; {problem} stands for the problem's text"""
    system: str | None = None
    few_shot: str | None = None
    """a file of worked examples (columns problem, response) that come before the problem"""

    @model_validator(mode="after")
    def _hard_ones_are_known_by_verdicts(self) -> Generate:
        if self.hard_samples is not None:
            if self.until_correct is None:
                raise ValueError("hard_samples needs until_correct")
            if self.hard_samples < self.samples:
                raise ValueError("hard_samples must be at least samples")
        return self

    @property
    def most_samples(self) -> int:
        """of any problem"""
        return max(self.samples, self.hard_samples or 0)


class Refine(AskedModel):
    """A model that rewrites what is correct but unreadable."""

    temperature: float = Field(default=0.6, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    """with the temperature, what R1 is evaluated at (arXiv 2501.12948): it is a rewriting"""
    max_tokens: int = Field(default=32768, ge=1)
    kept: bool = False
    """rewrite what is kept already too, not only what was dropped for faults that writing mends"""
    want: str | None = None
    """an SQL condition over `v_trace` besides, e.g. "model = 'zero' and num_tokens < 8000" """
    system: str | None = None
    prompts: dict[str, FullPath] = Field(default_factory=dict)
    """step -> a file in place of the shipped prompt; {problem}, {thinking} stand for the texts"""
    examples: FullPath | None = None
    """a file of conversions done by people, shown before the text: columns step, before, after"""

    @field_validator("prompts")
    @classmethod
    def _of_steps(cls, prompts: dict[str, str]) -> dict[str, str]:
        steps = ("translate", "tidy", "summarize")
        for step in prompts:
            if step not in steps:
                raise ValueError(f"no step {step!r}{did_you_mean(step, steps)}")
        return prompts


class Normalize(Section):
    marker: str | None = Field(default=None, pattern=r"^\w+$")
    """null renders <think>…</think>; a name renders R1's |name|thinking|name|summary"""

    VERSION: ClassVar[int] = 2
    """raise it whenever the same trace and settings may now give another record"""

    @property
    def settings_hash(self) -> str:
        from filters.schema import content_id  # loads polars

        return content_id("normalize", str(self.VERSION), self.model_dump_json())
