"""PrimeIntellect's verifiable problems and SYNTHETIC-1: what verifies a row is one object,
`verification_info`, with a ground truth or with test cases."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, made
from filters.verifiers.json_text import unpacked


def _of(info: Any) -> dict[str, Any]:
    info = unpacked(info)
    return info if isinstance(info, dict) else {}


SYNTHETIC_1 = Layout(
    "SYNTHETIC-1",  # mathematics and code in one file too
    ("prompt", "verification_info"),
    {
        "problem": "prompt",
        "response": ("llm_response", "response", "completion"),
        "source_id": "response_id",
        "gold": "verification_info.ground_truth",
        "tests": made(lambda info: _of(info).get("test_cases") or None, "verification_info"),
        "kind": made(
            lambda info: "code" if "test_cases" in _of(info) else None, "verification_info"
        ),
        "correct": made(lambda score: score == 1, "score"),
    },
)
