"""PrimeIntellect's verifiable problems and SYNTHETIC-1: what verifies a row is one object,
`verification_info`, with a ground truth or with test cases."""

from __future__ import annotations

from typing import Any

from curate.sources.layouts.layout import Layout, Theirs, made, unpacked

_SHARED: dict[str, Theirs] = {
    "problem": "prompt",
    "response": ("llm_response", "response", "completion"),
    "source_id": "response_id",
}


def _tests(info: Any) -> Any:
    """Cases of {type: stdin_stdout | function_call, input, output, fn_name}."""
    cases = (unpacked(info) or {}).get("test_cases") or []
    if not cases or all(isinstance(case, str) for case in cases):
        return cases or None
    if all(case.get("type") == "function_call" for case in cases):
        calls = [
            {"call": case["fn_name"], "args": _arguments(case["input"])} | _result(case["output"])
            for case in cases
        ]
        return {"mode": "call", "tests": calls}
    pairs = [{"stdin": case["input"], "stdout": case["output"]} for case in cases]
    return {"mode": "stdin", "tests": pairs}


def _arguments(given: Any) -> list[Any]:
    given = unpacked(given)
    return given if isinstance(given, list) else [given]


def _result(wanted: Any) -> dict[str, Any]:
    """A list of one may be the file's and not the function's."""
    wanted = unpacked(wanted)
    listed = isinstance(wanted, list) and len(wanted) == 1
    return {"expected": wanted} | ({"wrapped": True} if listed else {})


SYNTHETIC_1 = Layout(
    "SYNTHETIC-1",  # mathematics and code in one file too
    ("prompt", "verification_info"),
    {
        **_SHARED,
        "gold": "verification_info.ground_truth",
        "tests": made(_tests, "verification_info"),
        "kind": made(
            lambda info: "code" if "test_cases" in (unpacked(info) or {}) else None,
            "verification_info",
        ),
    },
)
