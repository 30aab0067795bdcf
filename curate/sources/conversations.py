"""Conversations as files have them: role/content, from/value, content in parts, reasoning of a
server beside it. They become turns of role, content and, of a reply, its reasoning."""

from __future__ import annotations

import re
from typing import Any

from curate.sources.plain_values import json_of, text_of
from filters.errors import UserError, did_you_mean
from filters.verifiers.json_text import unpacked

ROLES = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter", "question"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "model", "bot", "ai", "answer"), "assistant"),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "function_call"), "tool"),
}
"""as files write them, in whatever letters -> as chat templates know them"""
REASONING = ("reasoning_content", "reasoning", "thinking", "thought")
"""where DeepSeek, vLLM, OpenRouter and others put what was thought before the reply"""

Turn = dict[str, str | None]


def turns_of(value: Any) -> list[Turn] | None:
    """A list of messages, or one as JSON text; null where it is none. Raises UserError on a role
    nobody knows (what it says could be a question or a reply), and on Python's own notation."""
    if isinstance(value, str) and _PYTHON.match(value):
        raise UserError(
            f"turns are written as Python prints them, {value[:20]!r}…, which is no JSON; "
            "write the file as .parquet or .jsonl"
        )
    value = unpacked(value)
    if not isinstance(value, list) or not all(isinstance(m, dict) for m in value):
        return None
    if any(_SAID & m.keys() for m in value):
        return [_turn(m) for m in value]
    pairs = [pair for m in value for pair in m.items() if m.keys() <= ROLES.keys()]
    return [_turn({"role": role, "content": said}) for role, said in pairs] or None


_PYTHON = re.compile(r"\s*\[\s*\{'(?:role|from|content|value)':")
_SAID = {"role", "from", "content", "value"}
"""a turn without any of these may be question and reply in one: {"human": …, "assistant": …}"""


def _turn(message: dict[str, Any]) -> Turn:
    given = message.get("role") or message.get("from") or "user"
    role = ROLES.get(str(given).strip().lower())
    if role is None:
        raise UserError(f"a turn's role is {given!r}{did_you_mean(str(given), ROLES)}")
    content = message.get("content")
    content = message.get("value") if content is None else content
    text, thought = parts_of(content)
    return {"role": role, "content": text or "", "reasoning": reasoning_in(message) or thought}


def parts_of(content: Any) -> tuple[str | None, str | None]:
    """(text, reasoning) of a content: plain text, or a list of parts, each of its own type."""
    if not isinstance(content, list):
        return text_of(content), None
    texts: list[str] = []
    thoughts: list[str] = []
    for part in content:
        if not isinstance(part, dict):
            texts.append(text_of(part) or "")
        elif part.get("type") in ("thinking", "reasoning"):
            thoughts.append(text_of(part.get("thinking") or part.get("text")) or "")
        else:
            texts.append(part["text"] if isinstance(part.get("text"), str) else json_of(part))
    return "\n".join(texts), "\n".join(thoughts) or None


def reasoning_in(message: dict[str, Any]) -> str | None:
    found = (message.get(name) for name in REASONING)
    return next((text for text in found if isinstance(text, str) and text.strip()), None)


def asked(value: Any) -> list[dict[str, str]]:
    """The turns up to the reply."""
    turns = turns_of(value) or []
    while turns and turns[-1]["role"] == "assistant":
        turns = turns[:-1]
    return [{"role": turn["role"] or "", "content": turn["content"] or ""} for turn in turns]
