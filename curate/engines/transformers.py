"""Any Hugging Face checkpoint through `transformers`, on CPU or GPU, one batch at a time.

A sample depends on the batch it is in, even under one seed: padding changes the arithmetic and the
random numbers are drawn for the batch as a whole. So one `generate` call is one unit: seeded once,
redone whole.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from curate.config import Generate
from curate.engines.checkpoint import content_hash, locate
from curate.engines.engine import (
    LENGTH,
    STOP,
    Completion,
    Engine,
    Message,
    Pace,
    PromptError,
    Request,
    Sampling,
    failed,
)
from filters.errors import UserError
from filters.schema import content_id

try:
    import jinja2
    import torch
    import transformers
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GenerationConfig
    from transformers.utils import cached_file
except ImportError as error:
    raise UserError(
        f"the transformers engine needs {error.name}: pip install 'coldstart-curate[train]'"
    ) from None

Sequences = list[tuple[Request, int]]
"""request and sample index, one per row of a batch"""
_PROBES = (24, 72)
"""tokens per sample that are drawn to measure the pace"""


class TransformersEngine(Engine):
    name = "transformers"

    def __init__(self, settings: Generate) -> None:
        transformers.utils.logging.disable_progress_bar()
        self._settings = settings
        self._place = locate(settings.model, "generate.model")
        self.model = settings.model
        self.revision = self._revision()
        self.version = f"{transformers.__version__} torch {torch.__version__}"
        self._tokenizer = self._load(AutoTokenizer, padding_side="left")
        template = self._tokenizer.chat_template if settings.chat_template else None
        self.template_hash = content_id(str(template)) if template else None

    def render(self, messages: Sequence[Message]) -> str:
        if self.template_hash is None:
            return "\n\n".join(m["content"] for m in messages)
        try:
            rendered: str = self._tokenizer.apply_chat_template(
                list(messages), tokenize=False, add_generation_prompt=True
            )
        except jinja2.TemplateError as error:
            raise PromptError(f"the chat template refuses it: {_line(error)}") from error
        return rendered

    def count_tokens(self, prompts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self._encode(prompts)]

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> Iterator[Completion]:
        fitting: Sequences = []
        lengths = self.count_tokens([request.prompt for request in requests])
        for request, length in zip(requests, lengths, strict=True):
            if self._context is not None and length >= self._context:
                too_long = f"prompt_too_long: {length} tokens, the model reads {self._context}"
                yield from failed(request, too_long)
            else:
                fitting += [(request, index) for index in request.sample_indices]
        if fitting:
            torch.manual_seed(fitting[0][0].seed)
        for at in range(0, len(fitting), self._settings.batch_size):
            yield from self._answer(fitting[at : at + self._settings.batch_size], sampling)

    def pace(self, requests: Sequence[Request], sampling: Sampling) -> Pace | None:
        self._timed(requests, replace(sampling, max_tokens=1))  # loads and warms up
        first, near, far = (
            self._timed(requests, replace(sampling, max_tokens=min(n, sampling.max_tokens)))
            for n in (1, *_PROBES)
        )
        return _fitted(first, near, far)

    def _timed(self, requests: Sequence[Request], sampling: Sampling) -> tuple[float, int]:
        """Seconds and steps (tokens of the longest completion)."""
        started = time.perf_counter()
        done = list(self.generate(requests, sampling))
        return time.perf_counter() - started, max((c.num_tokens or 0 for c in done), default=0)

    def _answer(self, batch: Sequences, sampling: Sampling) -> list[Completion]:
        """A batch that does not fit, or that one broken sequence spoils, is halved until what
        cannot be done stands alone and becomes an error."""
        try:
            return self._sample(batch, sampling)
        except RuntimeError as error:
            trouble = _trouble(error)
            if trouble is None:
                raise
        torch.cuda.empty_cache()
        if len(batch) == 1:
            request, index = batch[0]
            return list(failed(replace(request, sample_indices=(index,)), trouble))
        half = len(batch) // 2
        return self._answer(batch[:half], sampling) + self._answer(batch[half:], sampling)

    @torch.inference_mode()
    def _sample(self, batch: Sequences, sampling: Sampling) -> list[Completion]:
        ids = self._encode([request.prompt for request, _ in batch])
        inputs = self._tokenizer.pad({"input_ids": ids}, return_tensors="pt").to(self._model.device)
        width = inputs["input_ids"].shape[1]
        room = sampling.max_tokens if self._context is None else self._context - width
        output = self._model.generate(
            **inputs,
            max_new_tokens=min(sampling.max_tokens, room),
            **(
                {
                    **{"do_sample": True, "temperature": sampling.temperature},
                    **{"top_p": sampling.top_p, "top_k": 0},
                }
                if sampling.temperature > 0
                else {"do_sample": False}
            ),
        )
        return [
            self._completion(request, index, row)
            for (request, index), row in zip(batch, output[:, width:].tolist(), strict=True)
        ]

    def _completion(self, request: Request, index: int, row: list[int]) -> Completion:
        end = next((at for at, token in enumerate(row) if token in self._ends), None)
        ids = row if end is None else row[: end + 1]
        # only what never is text is left out: a `<think>` may be a special token too
        text = self._tokenizer.decode(
            [token for token in ids if token not in self._silent],
            skip_special_tokens=False,
            clean_up_tokenization_spaces=False,
        )
        reason = LENGTH if end is None else STOP
        return Completion(request.problem_id, index, text, reason, ids, len(ids))

    def _encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """A chat template writes the beginning-of-text token itself."""
        plain = self.template_hash is None
        ids: list[list[int]] = self._tokenizer(list(prompts), add_special_tokens=plain)["input_ids"]
        return ids

    @cached_property
    def _model(self) -> Any:
        settings = self._settings
        device = _device(settings.device)
        dtype = settings.dtype
        if dtype == "auto" and device == "cpu":
            dtype = "float32"  # half precision is slow there
        model, found = self._load(
            AutoModelForCausalLM, dtype=dtype, output_loading_info=True, **settings.options
        )
        if missing := sorted(found["missing_keys"]):  # they would be random numbers
            raise UserError(f"generate.model: {self._place}: weights are missing: {missing[0]}, …")
        if "device_map" not in settings.options:
            model = model.to(device)
        # the checkpoint's own sampling defaults (top_k, penalties) would be applied unasked
        model.generation_config = GenerationConfig(
            eos_token_id=sorted(self._ends), pad_token_id=self._pad
        )
        return model.eval()

    @cached_property
    def _ends(self) -> frozenset[int]:
        """Tokens that end a completion, by the tokenizer and by the checkpoint."""
        try:
            ends = self._load(GenerationConfig).eos_token_id
        except UserError:  # many checkpoints have no generation_config.json
            ends = getattr(self._config, "eos_token_id", None)
        listed = ends if isinstance(ends, list) else [ends]
        return frozenset(t for t in [*listed, self._tokenizer.eos_token_id] if t is not None)

    @cached_property
    def _silent(self) -> frozenset[int | None]:
        return self._ends | {self._pad, self._tokenizer.bos_token_id}

    @cached_property
    def _pad(self) -> int:
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token_id = min(self._ends, default=0)
        return int(self._tokenizer.pad_token_id)

    @cached_property
    def _config(self) -> Any:
        return self._load(AutoConfig).get_text_config()

    @cached_property
    def _context(self) -> int | None:
        return getattr(self._config, "max_position_embeddings", None)

    def _revision(self) -> str:
        if isinstance(self._place, Path):
            return content_hash(self._place)
        try:
            config = cached_file(self._place, "config.json", revision=self._settings.revision)
        except OSError as error:
            raise UserError(
                f"generate.model: no folder {self._place!r}, and not to be had from the Hub: "
                f"{_line(error)}"
            ) from None
        return Path(str(config)).parent.name  # the Hub's cache keeps a snapshot folder per commit

    def _load(self, what: Any, **options: Any) -> Any:
        if not isinstance(self._place, Path):
            options["revision"] = self.revision
        try:
            return what.from_pretrained(self._place, **options)
        except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
            raise UserError(
                f"generate.model: transformers cannot load {self._place}: {_line(error)}"
            ) from error


def _fitted(*timed: tuple[float, int]) -> Pace:
    """The pace through three (seconds, tokens) of growing length; noise may not make it fall."""
    (first, _), (near, n), (far, m) = timed
    x, y = max(1, n - 1), max(1, m - 1)
    slope, steep = (near - first) / x, (far - first) / y
    growth = max(0.0, 2 * (steep - slope) / (y - x)) if y > x else 0.0
    return Pace(first, max(0.0, steep - growth * y / 2), growth)


def _device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"generate.device: {wanted}, but torch finds no GPU; use cpu or auto")
    return wanted


def _trouble(error: RuntimeError) -> str | None:
    """The typed reason, or None for what is a bug of ours."""
    if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return f"out_of_memory: {_line(error)}"
    if "probability tensor contains" in str(error):
        return f"broken_model: {_line(error)}"
    return None


def _line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]
