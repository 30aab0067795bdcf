"""Replies as servers, engines and harnesses write them, and pairs of them."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, made

OPENAI_BATCH = Layout(
    "output of a batch",  # of OpenAI's API or of vLLM's run_batch
    ("custom_id", "response.body.choices"),
    {
        "response": "response.body.choices",
        "model": "response.body.model",
        "source_problem_id": "custom_id",
    },
    note="its replies belong to the problems whose id is their custom_id: import these first",
)
CHAT_COMPLETION = Layout(
    "answers of a chat server", ("choices.0.message",), {"response": "choices", "choices": "none"}
)
VLLM = Layout("outputs of vLLM", ("outputs.0.text",), {"response": "outputs"})

_ASKED = ("question", "problem", "Question", "Problem", "query", "input", "prompt")
LM_EVAL = Layout(
    "samples of lm-evaluation-harness",
    ("doc", "resps", "target"),
    {"problem": tuple(f"doc.{name}" for name in _ASKED), "response": "resps.0", "gold": "target"},
)


def _replies(*sides: Any) -> list[Any]:
    """The last turn where a side is a conversation."""
    return [side[-1] if isinstance(side, list) else side for side in sides]


def _conversation(chosen: Any) -> Any:
    return chosen if isinstance(chosen, list) else None


PREFERENCE = Layout(
    "preference pairs",
    ("chosen", "rejected"),
    {
        "messages": made(_conversation, "chosen"),
        "response": made(_replies, "chosen", "rejected"),
    },
    note="each row is two traces: sample 0 was chosen, sample 1 rejected",
)
