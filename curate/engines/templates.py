"""Templates besides the tokenizer's own: how a conversation becomes the text a base model reads.

Jinja over `messages`, `bos_token` and `add_generation_prompt`, as a tokenizer's chat template is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from filters.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from curate.engines.engine import Message

# DeepSeek-R1, arXiv 2501.12948, table 1; a system prompt stands in place of its first paragraph
_R1_ZERO = """\
{{- bos_token -}}
{%- if messages[0].role != 'system' -%}
A conversation between User and Assistant. The user asks a question, and the Assistant solves it. \
The assistant first thinks about the reasoning process in the mind and then provides the user with \
the answer. The reasoning process and answer are enclosed within <think> </think> and <answer> \
</answer> tags, respectively, i.e., <think> reasoning process here </think> <answer> answer here \
</answer>.
{%- endif -%}
{%- for m in messages -%}
{{ {'user': ' User: ', 'assistant': ' Assistant: '}[m.role] + m.content if m.role != 'system' \
else m.content }}
{%- endfor -%}
{{- ' Assistant:' if add_generation_prompt }}"""
TEMPLATES = {"r1-zero": _R1_ZERO}


def named_template(name: str) -> str:
    """A built-in template's text, or that of a file."""
    if name in TEMPLATES:
        return TEMPLATES[name]
    try:
        return Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise UserError(
            f"generate.chat_template: {name!r} is neither a readable file nor a built-in template"
            f"{did_you_mean(name, TEMPLATES)}"
        ) from None


def rendered(template: str, messages: Sequence[Message]) -> str:
    """Without a tokenizer: a server adds the beginning of text itself. Raises jinja2's errors."""
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = _refuse
    return environment.from_string(template).render(
        messages=list(messages), bos_token="", add_generation_prompt=True
    )


def _refuse(message: str) -> str:
    from jinja2 import TemplateError

    raise TemplateError(message)
