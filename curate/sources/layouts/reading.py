"""A question beside the text that it is asked about: both are the problem."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, made


def _joined(*parts: Any) -> str | None:
    """Those that are texts, each a paragraph; an object (HotpotQA's documents) is none."""
    texts = [part for part in parts if isinstance(part, str) and part.strip()]
    return "\n\n".join(texts) or None


_CONTEXT = {"problem": made(_joined, "context", "question")}
_PASSAGE = {"problem": made(_joined, "passage", "question")}

RECLOR = Layout(
    "ReClor",
    ("context", "question", "answers", "label"),
    {**_CONTEXT, "choices": "answers", "gold": "label"},
    kind="choice",
)
LOGIQA = Layout(
    "LogiQA",
    ("context", "query", "options", "correct_option"),
    {"problem": made(_joined, "context", "query"), "gold": "correct_option"},
    kind="choice",
)
AGIEVAL = Layout("AGIEval", ("question", "options", "label"), {**_PASSAGE, "gold": "label"})
DROP = Layout(
    "DROP", ("passage", "question", "answers_spans"), {**_PASSAGE, "gold": "answers_spans.spans"}
)
SQUAD = Layout(
    "SQuAD", ("context", "question", "answers.text"), {**_CONTEXT, "gold": "answers.text.0"}
)
PASSAGE = Layout("a passage and its question", ("passage", "question"), _PASSAGE)
CONTEXT = Layout("a context and its question", ("context", "question"), _CONTEXT)
SVAMP = Layout(
    "SVAMP", ("Body", "Question", "Answer"), {"problem": made(_joined, "Body", "Question")}
)
ALPACA = Layout(
    "Alpaca", ("instruction", "input"), {"problem": made(_joined, "instruction", "input")}
)
DOLLY = Layout(
    "Dolly", ("instruction", "context"), {"problem": made(_joined, "instruction", "context")}
)
