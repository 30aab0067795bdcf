"""General instructions, and replies as a server's batches hold them: no golds."""

from __future__ import annotations

from curate.sources.layouts.layout import Layout, made


def _joined(instruction: str | None, about: str | None) -> str | None:
    """What is asked, and the text that it is asked about."""
    return "\n\n".join(filter(None, (instruction, about))) or None


ALPACA = Layout(
    "Alpaca", ("instruction", "input"), {"problem": made(_joined, "instruction", "input")}
)
DOLLY = Layout(
    "Dolly", ("instruction", "context"), {"problem": made(_joined, "instruction", "context")}
)
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
