"""What a training starts from: a checkpoint, its tokenizer, and prompts as `generate` puts them.

The prompts come out of the sampling engine itself, so a model is trained on what it will be asked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import torch
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from curate.config import Generate
from curate.engines.checkpoint import locate
from curate.engines.engine import PromptError
from curate.engines.transformers import TransformersEngine
from curate.sampling.prompts import SHOWN, messages
from filters.errors import UserError, first_line
from filters.schema import content_id
from sft.trainer.adapters import merged

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class Base:
    """`setting` is where the user named it, for error lines: `sft.model`."""

    def __init__(self, model: str, prompting: Generate | None, setting: str) -> None:
        self.name, self.setting = model, setting
        self.place = locate(model, setting)
        self.prompting = (prompting or Generate()).model_copy(
            update={"model": model, "revision": None, "options": {}, "few_shot": None}
        )
        self.tokenizer = self._tokenizer()
        self.engine = TransformersEngine(self.prompting)
        """as `generate` samples from it: renders prompts, reads what is sampled"""
        self.revision = self.engine.revision
        """hash of the folder's content, or the Hub's commit"""

    def prompts(self, problems: pl.DataFrame) -> pl.DataFrame:
        """problem_id and `prompt`, null where the problem has no text or the template refuses
        it."""
        columns = problems.select("problem_id", *SHOWN)
        rows = [(row["problem_id"], self._prompt(row)) for row in columns.iter_rows(named=True)]
        return pl.DataFrame(
            rows, schema={"problem_id": pl.String, "prompt": pl.String}, orient="row"
        )

    def encode_prompts(self, prompts: Sequence[str]) -> list[list[int]]:
        """As the engine does: a chat template writes the begin-of-text token itself."""
        has_template = self.engine.template_hash is not None
        return encode(self.tokenizer, prompts, add_special_tokens=not has_template)

    @property
    def public_name(self) -> str:
        """Its name on the Hub, or the folder's, without where that lies on this machine."""
        return self.place.resolve().name if isinstance(self.place, Path) else self.place

    @property
    def template_hash(self) -> str:
        """Of all that stands around a problem's text."""
        prompt = (self.prompting.prompt, self.prompting.system)
        return content_id("template", self.engine.template_hash, *prompt)

    @property
    def tokenizer_hash(self) -> str:
        """Of what gives a text its ids."""
        rules = json.loads(self.tokenizer.backend_tokenizer.to_str())
        # left behind by the last call that padded or cut
        known = {key: rules[key] for key in rules if key not in ("padding", "truncation")}
        return content_id(json.dumps(known, sort_keys=True), str(self.tokenizer.eos_token_id))

    def load(self, attention: str | None = None) -> PreTrainedModel:
        """The weights in float32: small steps on bfloat16 ones round to nothing."""
        try:
            model: PreTrainedModel
            info: dict[str, set[str]]
            model, info = AutoModelForCausalLM.from_pretrained(  # type: ignore[misc]
                self.place,
                dtype=torch.float32,
                output_loading_info=True,
                attn_implementation=attention,
            )
        except (ImportError, OSError, ValueError, SafetensorError) as error:
            raise self._unreadable("weights", error) from error
        if missing := sorted(info["missing_keys"]):
            raise UserError(f"{self.setting}: {self.name} is incomplete: no weights {missing[0]}")
        if getattr(model.config, "quantization_config", None):
            raise UserError(f"{self.setting}: {self.name} is quantized: name the full weights")
        known = model.config.get_text_config().vocab_size
        if len(self.tokenizer) > known:
            raise UserError(
                f"{self.setting}: the tokenizer of {self.name} has {len(self.tokenizer):,} tokens, "
                f"its model knows only {known:,}"
            )
        return model

    def convert(self, state: Path, folder: Path) -> None:
        """What a trainer saved → an ordinary checkpoint: adapters merged into the base, in the
        base's own precision and with its own tokenizer."""
        if (state / "adapter_config.json").is_file():
            model = merged(self.load(), state)
        else:
            model = AutoModelForCausalLM.from_pretrained(state, dtype=torch.float32)
        model.to(AutoConfig.from_pretrained(self.place).dtype or torch.float32)
        model.save_pretrained(folder)
        self._tokenizer().save_pretrained(folder)

    def _tokenizer(self) -> PreTrainedTokenizerBase:
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.place)
        except (OSError, ValueError) as error:
            raise self._unreadable("tokenizer", error) from error
        if tokenizer.eos_token_id is None:
            raise UserError(f"{self.setting}: the tokenizer of {self.name} has no end of text")
        return tokenizer

    def _prompt(self, problem: dict[str, object]) -> str | None:
        if problem["problem"] is None:
            return None
        try:
            return self.engine.render(messages(problem, self.prompting))
        except PromptError:
            return None

    def _unreadable(self, what: str, error: Exception) -> UserError:
        return UserError(
            f"{self.setting}: cannot load the {what} of {self.name}: {first_line(error)}"
        )


def encode(
    tokenizer: PreTrainedTokenizerBase, texts: Sequence[str], add_special_tokens: bool = False
) -> list[list[int]]:
    if not texts:
        return []
    ids: list[list[int]] = tokenizer(list(texts), add_special_tokens=add_special_tokens)[
        "input_ids"
    ]
    return ids


def decode(tokenizer: PreTrainedTokenizerBase, ids: list[int]) -> str:
    """The text of the ids, special tokens written out: `<think>` is one in some tokenizers."""
    return str(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))
