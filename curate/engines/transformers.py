"""Any Hugging Face checkpoint through `transformers`, on CPU or GPU, one batch at a time.

A sample depends on the batch it is in, even under one seed: padding changes the arithmetic and the
random numbers are drawn for the batch as a whole. So requests are cut into units by their place,
and a unit has one seed, is drawn together and yielded together.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

from curate.config import AskedModel
from curate.engines.checkpoint_engine import CheckpointEngine
from curate.engines.engine import (
    ENGINE_ERROR,
    TRIAL_S,
    Completion,
    Pace,
    Request,
    Requests,
    Sampling,
    failed,
    seed_of,
)
from filters.errors import UserError, first_line, needs_extra
from filters.schema import content_id

with needs_extra("train", "the transformers engine needs"):
    import torch
    import transformers
    from transformers import AutoModelForCausalLM, GenerationConfig, StoppingCriteria

Unit = list[Request]
_NOISE = 1.5
"""how much longer the same work takes at another time, on a machine that others use too"""


class TransformersEngine(CheckpointEngine):
    name = "transformers"

    def __init__(self, settings: AskedModel) -> None:
        super().__init__(settings)
        self.version = f"{transformers.__version__} torch {torch.__version__}"

    def generate(self, requests: Requests, sampling: Sampling) -> Iterator[list[Completion]]:
        for unit in self._units(requests):
            yield self._drawn(unit, sampling)

    def _units(self, requests: Requests) -> Iterator[Unit]:
        """Requests whose places are in the same stretch of `batch_size`, as far as they are asked
        for now."""
        size = self._settings.batch_size
        unit: Unit = []
        for request in requests:
            if unit and (request is None or request.place // size != unit[0].place // size):
                yield unit
                unit = []
            if request is not None:
                unit.append(request)
        if unit:
            yield unit

    def _drawn(self, unit: Unit, sampling: Sampling, **options: Any) -> list[Completion]:
        done, fitting = [], []
        for request, ids in zip(unit, self.encode([r.prompt for r in unit]), strict=True):
            refused = self.refused(request, len(ids))
            if refused is None:
                fitting.append(request)
            else:
                done.append(refused)
        if not fitting:
            return done
        seed = seed_of(content_id("unit", *(str(request.seed) for request in fitting)))
        torch.manual_seed(seed)
        return done + self._answer(fitting, sampling, seed=seed, **options)

    def _answer(self, batch: Unit, sampling: Sampling, **options: Any) -> list[Completion]:
        """A batch that does not fit, or that one broken sequence spoils, is halved until what
        cannot be done stands alone and becomes an error."""
        try:
            return self._sample(batch, sampling, **options)
        except RuntimeError as error:
            trouble = _trouble(error)
            if trouble is None:
                raise
        torch.cuda.empty_cache()
        if len(batch) == 1:
            return [failed(batch[0], trouble, seed=options["seed"])]
        half = len(batch) // 2
        return [
            done
            for part in (batch[:half], batch[half:])
            for done in self._answer(part, sampling, **options)
        ]

    @torch.inference_mode()
    def _sample(
        self, batch: Unit, sampling: Sampling, seed: int, stop: Any = None
    ) -> list[Completion]:
        inputs = self._tokenizer.pad(
            {"input_ids": self.encode([request.prompt for request in batch])}, return_tensors="pt"
        ).to(self._model.device)
        width = inputs["input_ids"].shape[1]
        room = sampling.max_tokens if self.context is None else self.context - width
        output = self._model.generate(
            **inputs,
            **_drawing(sampling),
            max_new_tokens=min(sampling.max_tokens, room),
            stopping_criteria=None if stop is None else [stop],
        )
        return [
            self.completion(request, row, seed=seed)
            for request, row in zip(batch, output[:, width:].tolist(), strict=True)
        ]

    def pace(
        self, requests: Sequence[Request], sampling: Sampling, total: int, until: float
    ) -> Pace | None:
        started = time.monotonic()
        self._drawn(list(requests[:1]), replace(sampling, max_tokens=1))  # loads and warms up
        now = time.monotonic()
        loading = now - started
        clock = _Clock(max(until, now + TRIAL_S))
        size = self._settings.batch_size
        units = -(-total // size)
        whole: list[float] = []
        for at in range(0, len(requests), size):
            clock.start()
            self._drawn(list(requests[at : at + size]), sampling, stop=clock)
            if clock.late:
                break
            whole.append(clock.seconds)
        if whole:
            basis = f"timed {len(whole)} of {units} batches"
            least, most = _spread(whole)
            return Pace(loading, units * least, units * most, basis)
        basis = f"timed {len(clock.steps)} of at most {sampling.max_tokens:,} tokens of a batch"
        most = _extrapolated(clock.steps, sampling.max_tokens)
        return Pace(loading, units * clock.seconds, units * most * _NOISE, basis)

    @cached_property
    def _model(self) -> Any:
        settings = self._settings
        device = _device(settings.device)
        dtype = settings.dtype
        if dtype == "auto" and device == "cpu":
            dtype = "float32"  # half precision is slow there
        model, found = self.load(
            AutoModelForCausalLM, dtype=dtype, output_loading_info=True, **settings.options
        )
        if missing := sorted(found["missing_keys"]):  # they would be random numbers
            raise UserError(f"generate.model: {self._place}: weights are missing: {missing[0]}, …")
        if "device_map" not in settings.options:
            model = model.to(device)
        # the checkpoint's own sampling defaults (top_k, penalties) would be applied unasked
        model.generation_config = GenerationConfig(
            eos_token_id=sorted(self.ends), pad_token_id=self.pad
        )
        return model.eval()


class _Clock(StoppingCriteria):
    """Times the steps of a batch, and ends it at a moment."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self.start()

    def start(self) -> None:
        self._began = self._last = time.monotonic()
        self.steps: list[float] = []

    @property
    def seconds(self) -> float:
        return self._last - self._began

    @property
    def late(self) -> bool:
        return self._last >= self._deadline

    def __call__(self, input_ids: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        now = time.monotonic()
        self.steps.append(now - self._last)
        self._last = now
        return torch.full((len(input_ids),), self.late, device=input_ids.device)


def _spread(whole: list[float]) -> tuple[float, float]:
    """Between which seconds the mean of all batches will be; few that were timed tell little."""
    doubt = _NOISE ** (1 + 1 / len(whole))
    mean = sum(whole) / len(whole)
    return mean / doubt, mean * doubt


def _extrapolated(steps: list[float], tokens: int) -> float:
    """Seconds of a batch of so many tokens: each step is as much longer than the one before it as
    those of the second half of `steps` were than those of the first."""
    half = len(steps) // 2
    if not half:
        return sum(steps) * tokens
    early, late = sum(steps[:half]) / half, sum(steps[-half:]) / half
    growth = max(0.0, (late - early) / half)
    return tokens * (early + growth * max(0.0, tokens - half) / 2)


def _drawing(sampling: Sampling) -> dict[str, Any]:
    if sampling.temperature == 0:
        return {"do_sample": False, **sampling.more}
    drawn = {"temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
    return {"do_sample": True, **drawn, **sampling.more}


def _device(wanted: str) -> str:
    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"generate.device: {wanted}, but torch finds no GPU; use cpu or auto")
    return wanted


def _trouble(error: RuntimeError) -> str | None:
    """The typed reason, or None for what is a bug of ours."""
    if isinstance(error, torch.OutOfMemoryError) or "can't allocate memory" in str(error):
        return f"{ENGINE_ERROR}: out of memory: {first_line(error)}"
    if "probability tensor contains" in str(error):
        return f"{ENGINE_ERROR}: broken model: {first_line(error)}"
    return None
