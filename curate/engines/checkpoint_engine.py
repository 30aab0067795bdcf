"""What engines that load a checkpoint themselves have in common: its tokenizer, so that a prompt
is rendered, a limit found and tokens are decoded in the same way whichever of them samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from curate.config import AskedModel
from curate.engines.checkpoint import content_hash, locate
from curate.engines.engine import (
    LENGTH,
    PROMPT_TOO_LONG,
    STOP,
    Completion,
    Engine,
    Message,
    PromptError,
    Request,
    failed,
)
from curate.engines.templates import named_template
from filters.errors import UserError, first_line, needs_extra
from filters.schema import content_id

with needs_extra("train", "this engine needs"):
    import jinja2
    import transformers
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoTokenizer, GenerationConfig
    from transformers.utils import cached_file


class CheckpointEngine(Engine):
    def __init__(self, settings: AskedModel) -> None:
        transformers.utils.logging.disable_progress_bar()
        self._settings = settings
        self._place = locate(settings.model, "generate.model")
        self.model = settings.model
        self.revision = self._revision()
        self._tokenizer = self.load(AutoTokenizer, padding_side="left")
        named = settings.chat_template
        own = self._tokenizer.chat_template if named is True else None
        self._template = named_template(named) if isinstance(named, str) else own
        self.template_hash = content_id(str(self._template)) if self._template else None

    def render(self, messages: Sequence[Message]) -> str:
        if self._template is None:
            return "\n\n".join(m["content"] for m in messages)
        try:
            rendered: str = self._tokenizer.apply_chat_template(
                list(messages),
                chat_template=self._template,
                tokenize=False,
                add_generation_prompt=True,
            )
        except jinja2.TemplateError as error:
            raise PromptError(f"the chat template refuses it: {first_line(error)}") from error
        return rendered

    def count_tokens(self, prompts: Sequence[str]) -> list[int]:
        return [len(ids) for ids in self.encode(prompts)]

    def encode(self, prompts: Sequence[str]) -> list[list[int]]:
        """A chat template writes the beginning-of-text token itself."""
        plain = self._template is None
        ids: list[list[int]] = self._tokenizer(list(prompts), add_special_tokens=plain)["input_ids"]
        return ids

    def refused(self, request: Request, tokens: int) -> Completion | None:
        """The completion of a prompt that leaves no room to answer."""
        if self.context is None or tokens < self.context:
            return None
        return failed(
            request, f"{PROMPT_TOO_LONG}: {tokens} tokens, the model reads {self.context}"
        )

    def completion(self, request: Request, ids: Sequence[int], **more: Any) -> Completion:
        """Of the generated tokens, up to the first that ends a text; what is behind it is
        padding."""
        end = next((at for at, token in enumerate(ids) if token in self.ends), None)
        ids = ids if end is None else ids[: end + 1]
        reason = LENGTH if end is None else STOP
        return Completion(request.id, self.decode(ids), reason, ids, len(ids), **more)

    def decode(self, ids: Sequence[int]) -> str:
        """Only what never is text is left out: a `<think>` may be a special token too."""
        text: str = self._tokenizer.decode(
            [token for token in ids if token not in self._silent],
            skip_special_tokens=False,
            clean_up_tokenization_spaces=False,
        )
        return text

    @cached_property
    def ends(self) -> frozenset[int]:
        """Tokens that end a completion, by the tokenizer and by the checkpoint."""
        try:
            ends = self.load(GenerationConfig).eos_token_id
        except UserError:  # many checkpoints have no generation_config.json
            ends = getattr(self._config, "eos_token_id", None)
        listed = ends if isinstance(ends, list) else [ends]
        return frozenset(t for t in [*listed, self._tokenizer.eos_token_id] if t is not None)

    @cached_property
    def pad(self) -> int:
        if self._tokenizer.pad_token_id is None:
            self._tokenizer.pad_token_id = min(self.ends, default=0)
        return int(self._tokenizer.pad_token_id)

    @cached_property
    def context(self) -> int | None:
        """Tokens the model reads, prompt and answer together."""
        return getattr(self._config, "max_position_embeddings", None)

    @cached_property
    def _silent(self) -> frozenset[int | None]:
        return self.ends | {self.pad, self._tokenizer.bos_token_id}

    @cached_property
    def _config(self) -> Any:
        return self.load(AutoConfig).get_text_config()

    def _revision(self) -> str:
        if isinstance(self._place, Path):
            return content_hash(self._place)
        try:
            config = cached_file(self._place, "config.json", revision=self._settings.revision)
        except OSError as error:
            raise UserError(
                f"generate.model: no folder {self._place!r}, and not to be had from the Hub: "
                f"{first_line(error)}"
            ) from None
        return Path(str(config)).parent.name  # the Hub's cache keeps a snapshot folder per commit

    def load(self, what: Any, **options: Any) -> Any:
        """`what.from_pretrained` of the checkpoint; what it cannot read is one line."""
        if not isinstance(self._place, Path):
            options["revision"] = self.revision
        try:
            return what.from_pretrained(self._place, **options)
        except (OSError, ValueError, KeyError, ImportError, SafetensorError) as error:
            raise UserError(
                f"generate.model: transformers cannot load {self._place}: {first_line(error)}"
            ) from error
