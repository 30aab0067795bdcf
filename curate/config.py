"""The configuration: YAML checked by pydantic, every field with its default and its meaning.

An unknown key is an error with the nearest known one; nothing misspelt ever becomes a default.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from filters.errors import UserError, did_you_mean

Executor = Literal["local", "ray"]
Kind = Literal["math", "code", "logic", "choice", "open", "safety"]
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


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Source(Section):
    """A file (.jsonl, .parquet, .csv, also .gz and .zst), or a `datasets` name or folder."""

    path: str = Field(min_length=1)
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


class Generate(Section):
    engine: str = "transformers"
    model: str = ""
    """a folder with a Hugging Face checkpoint, or a Hub name"""
    revision: str | None = None
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
    batch_size: int = Field(default=32, ge=1)
    """sequences the engine works on at once"""
    prompt: str = "{problem}"
    """the user turn; {problem} stands for the problem's text"""
    system: str | None = None
    few_shot: str | None = None
    """a file of worked examples (columns problem, response) that come before the problem"""
    chat_template: bool | str = True
    """true: the tokenizer's; false: none, the text goes to the model as it is; r1-zero: the one
    R1-Zero asks its base model with; or a file that holds a Jinja template"""
    sampling: dict[str, Any] = Field(default_factory=dict)
    """more sampling settings, by the engine's own names: top_k, min_p, repetition_penalty, …"""
    device: str = "auto"
    dtype: str = "auto"
    options: dict[str, Any] = Field(default_factory=dict)
    """passed to the engine as they are"""

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


class Refine(Section):
    """A model that rewrites what is correct but unreadable. Its own engine and sampling."""

    engine: str = "openai"
    model: str = ""
    revision: str | None = None
    temperature: float = Field(default=0.6, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    """with the temperature, what R1 is evaluated at (arXiv 2501.12948): it is a rewriting"""
    max_tokens: int = Field(default=32768, ge=1)
    batch_size: int = Field(default=32, ge=1)
    chat_template: bool | str = True
    sampling: dict[str, Any] = Field(default_factory=dict)
    device: str = "auto"
    dtype: str = "auto"
    options: dict[str, Any] = Field(default_factory=dict)
    """engine to options: as in `generate`"""
    kept: bool = False
    """rewrite what is kept already too, not only what was dropped for faults that writing mends"""
    want: str | None = None
    """an SQL condition over `v_trace` besides, e.g. "model = 'zero' and num_tokens < 8000" """
    system: str | None = None
    prompts: dict[str, str] = Field(default_factory=dict)
    """step -> a file in place of the shipped prompt; {problem}, {thinking} stand for the texts"""
    examples: str | None = None
    """a file of conversions done by people, shown before the text: columns step, before, after"""

    @field_validator("prompts")
    @classmethod
    def _of_steps(cls, prompts: dict[str, str]) -> dict[str, str]:
        steps = ("translate", "tidy", "summarize")
        for step in prompts:
            if step not in steps:
                raise ValueError(f"no step {step!r}{did_you_mean(step, steps)}")
        return {step: _full_path(path) for step, path in prompts.items()}

    @field_validator("examples")
    @classmethod
    def _with_full_path(cls, examples: str | None) -> Any:
        return _full_path(examples)

    def writer(self) -> Generate:
        """What an engine is made from."""
        shared = set(Refine.model_fields) & set(Generate.model_fields)
        return Generate(**{name: getattr(self, name) for name in shared})


class Normalize(Section):
    marker: str | None = Field(default=None, pattern=r"^\w+$")
    """null renders <think>…</think>; a name renders R1's |name|thinking|name|summary"""

    VERSION: ClassVar[int] = 1
    """raise it whenever the same trace and settings may now give another record"""

    @property
    def settings_hash(self) -> str:
        from filters.schema import content_id  # loads polars

        return content_id("normalize", str(self.VERSION), self.model_dump_json())


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
        **{"model": True, "save_steps": True},
        "also": {"__all__": {"path"}},
    }


class Also(Section):
    """What else is trained on: a run folder's kept records, or the replies of a file or dataset,
    with thinking or without."""

    path: str = Field(min_length=1)
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
        return {"name": Path(raw["path"]).name, **raw, "path": _full_path(raw["path"])}


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


class Judge(Section):
    """A model that grades rollouts; a reward of `grpo.rewards` by the name it has there."""

    engine: str = "openai"
    model: str = ""
    revision: str | None = None
    rubric: str = "helpfulness"
    """a shipped one (helpfulness, harmlessness), or a file with {problem} and {reply}"""
    reads: Literal["summary", "whole"] = "summary"
    """R1 asks for helpfulness of the summary, for harmlessness of the whole"""
    kinds: list[Kind] = Field(default=["open", "safety"], min_length=1)
    """of problems; at others it gives 0 to all"""
    temperature: float = Field(default=0.0, ge=0)
    top_p: float = Field(default=1.0, gt=0, le=1)
    max_tokens: int = Field(default=2048, ge=1)
    batch_size: int = Field(default=32, ge=1)
    chat_template: bool | str = True
    sampling: dict[str, Any] = Field(default_factory=dict)
    device: str = "auto"
    dtype: str = "auto"
    options: dict[str, Any] = Field(default_factory=dict)
    """engine to options: as in `generate`"""

    def asked(self) -> Generate:
        """What an engine is made from. A step waits for the judge: no longer than this unless the
        options say so."""
        patience = {"timeout": 120.0, "patience": 120.0} if self.engine == "openai" else {}
        shared = set(Judge.model_fields) & set(Generate.model_fields)
        known = {name: getattr(self, name) for name in shared}
        return Generate(**known | {"options": patience | self.options})


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

    NO_INFLUENCE: ClassVar[dict[str, Any]] = dict.fromkeys(
        (
            *("model", "save_steps", "anyway", "reward_timeout", "vllm_gpu_memory_utilization"),
            *("vllm_enable_sleep_mode", "vllm_server_base_url"),
        ),
        True,
    )

    @model_validator(mode="after")
    def _warms_up(self) -> Grpo:
        if self.warmup_steps and self.lr_scheduler_type == "constant":
            raise ValueError("warmup_steps needs lr_scheduler_type: constant_with_warmup")
        return self


class ProblemSet(Source):
    """Problems to evaluate on: a file as any other, or `trick`, the set that comes along."""

    name: str = ""
    """empty: the file's name without its endings"""

    @field_validator("path")
    @classmethod
    def _with_full_path(cls, path: str) -> Any:
        return _full_path(path)

    @field_validator("name")
    @classmethod
    def _a_folder_name(cls, name: str) -> str:
        if name and not _is_folder_name(name):
            raise ValueError("must be a plain folder name")
        return name


class Eval(Section):
    """R1's settings (arXiv 2501.12948 v2) where nothing else is said."""

    problems: list[ProblemSet] = Field(default_factory=list)
    """files, or with settings as under `problems`"""
    checkpoints: dict[str, str] = Field(default_factory=dict)
    """stage -> a folder, a folder inside the run, a Hub name, or OUTPUT/*: the whole course of the
    training that wrote OUTPUT"""
    k: int | None = Field(default=None, ge=1)
    """samples of each problem; null: 64, or 16 where there are more than 200 problems"""
    temperature: float = Field(default=0.6, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_tokens: int = Field(default=32768, ge=1)
    """or as many as the model reads, where these are fewer"""
    sampling: dict[str, Any] = Field(default_factory=dict)
    engine: str | None = None
    """null: that of `generate`, with its options"""
    options: dict[str, Any] = Field(default_factory=dict)
    batch_size: int | None = Field(default=None, ge=1)
    """null: that of `generate`"""
    strict: bool = False
    """refuse problems that the run's records or GRPO hold too"""

    @field_validator("problems", mode="before")
    @classmethod
    def _from_paths(cls, problems: Any) -> Any:
        listed = problems if isinstance(problems, list) else [problems]
        return [{"path": one} if isinstance(one, str) else one for one in listed]


class Config(Section):
    name: str = "run"
    """of the run folder below runs/, and the title of an export"""
    seed: int = 0
    problems: list[Source] = Field(default_factory=list)
    imports: list[Source] = Field(default_factory=list)
    """files of traces made elsewhere"""
    generate: Generate | None = None
    filters: dict[str, dict[str, Any] | bool] = Field(default_factory=dict)
    """name -> settings, or false to leave it out; all built-in filters are on unless named here"""
    refine: Refine | None = None
    normalize: Normalize = Field(default_factory=Normalize)
    sft: Sft | None = None
    grpo: Grpo | None = None
    eval: Eval | None = None
    jobs: int = Field(default=0, ge=0)
    """worker processes; 0 = one per core"""
    executor: Executor = "local"
    """ray: filter and generate work on a Ray cluster, whose nodes share the run folder's disk"""

    @field_validator("filters")
    @classmethod
    def _with_full_paths(cls, filters: dict[str, Any]) -> dict[str, Any]:
        """Benchmark files are read again whenever the run is, from whichever folder."""
        settings = filters.get("decontamination")
        if not isinstance(settings, dict) or not isinstance(settings.get("benchmarks"), list):
            return filters
        full = [_full_path(benchmark) for benchmark in settings["benchmarks"]]
        return {**filters, "decontamination": {**settings, "benchmarks": full}}


def _full_path(benchmark: Any) -> Any:
    """Of a file that is there; a name, or a mistake, stays as it is."""
    is_file = isinstance(benchmark, str) and benchmark and Path(benchmark).exists()
    return str(Path(benchmark).absolute()) if is_file else benchmark


def load_config(path: Path) -> Config:
    """The file as a Config; a UserError names the key, the file, and the nearest valid key."""
    return config_of(read_yaml(path), path)


def read_yaml(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"no config file {path}; `curate init {path}` writes a starter") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder, a config file is wanted") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 text (byte {error.start})") from None
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {_yaml_place(error)}") from None
    if raw is None:
        raise UserError(f"{path} is empty; `curate init` writes a starter config")
    if not isinstance(raw, dict):
        raise UserError(f"{path} must be a mapping of settings, not a {type(raw).__name__}")
    return raw


def config_of(raw: dict[str, Any], path: Path) -> Config:
    """What was read from the file, or a part of it; named like the file if it has no name."""
    config = parse_config({"name": path.stem} | raw, str(path))
    if not _is_folder_name(config.name):
        raise UserError(f"{path}: name: {config.name!r} must be a plain folder name")
    return config


def _is_folder_name(name: str) -> bool:
    return Path(name).name == name != "" and not name.startswith(".") and "\0" not in name


def parse_config(raw: dict[str, Any], where: str) -> Config:
    try:
        return Config.model_validate(raw)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error)}") from None


def _first_problem(error: ValidationError) -> str:
    """The first problem in one line; how many more there are."""
    first, *more = error.errors()
    place = ".".join(str(p) for p in first["loc"]) or "config"
    if first["type"] == "extra_forbidden":
        known = _fields_at(first["loc"][:-1])
        line = f"unknown key {place!r}{did_you_mean(str(first['loc'][-1]), known)}"
    else:
        line = f"{place}: {first['msg'].lower()}, not {first['input']!r}"[:300]
    return line + (f" (and {len(more)} more)" if more else "")


def _fields_at(place: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = Config
    for step in place:
        if isinstance(step, str) and step in model.model_fields:
            inner = _model_in(model.model_fields[step].annotation)
            if inner is None:
                return []
            model = inner
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_model_in(a) for a in getattr(annotation, "__args__", ())]
    return next((m for m in inner if m), None)


def _yaml_place(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or "cannot be read"
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark else str(what)
