"""LiveCodeBench: cases of {input, output, testtype}; the private ones are packed as base64 of zlib
of a pickled text, which is read as text and never unpickled: a pickle can run anything."""

from __future__ import annotations

import base64
import binascii
import json
import pickletools
import zlib
from typing import Any

from curate.sources.layouts.layout import Layout, made
from filters.verifiers.json_text import unpacked

_UNPACKED_BYTES = 256 << 20
"""the largest private tests are under 100 MB; more is a bomb"""
_OF_ONE_TEXT = {"PROTO", "FRAME", "STOP", "MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"}
"""what a pickle of one text holds beside the text"""


def _tests(public: Any, private: Any, metadata: Any, starter: str | None) -> dict[str, Any]:
    cases = [*(unpacked(public) or []), *_private(private)]
    name = (unpacked(metadata) or {}).get("func_name")
    given = {"starter_code": starter or ""}
    if all(case.get("testtype") == "stdin" for case in cases):
        pairs = [{"stdin": case["input"], "stdout": case["output"]} for case in cases]
        return {"mode": "stdin", "tests": pairs, **given}
    calls = [{"call": name, **_call(case)} for case in cases]
    return {"mode": "call", "tests": calls, **given}


def _call(case: dict[str, Any]) -> dict[str, Any]:
    """Arguments stand in lines, each JSON, and so does the result."""
    lines = [line for line in case["input"].split("\n") if line.strip()]
    return {"args": [json.loads(line) for line in lines], "expected": json.loads(case["output"])}


def _private(packed: Any) -> list[dict[str, Any]]:
    found = unpacked(packed)
    if not found or isinstance(found, list):
        return found or []
    try:
        unzip = zlib.decompressobj()
        data = unzip.decompress(base64.b64decode(found, validate=True), _UNPACKED_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"private_test_cases cannot be unpacked: {error}") from None
    if unzip.unconsumed_tail:
        raise ValueError("private_test_cases unpack to over 256 MiB")
    cases: list[dict[str, Any]] = json.loads(_text_in(data))
    return cases


def _text_in(pickled: bytes) -> str:
    texts = []
    for code, argument, _ in pickletools.genops(pickled):
        if isinstance(argument, str) and "UNICODE" in code.name:
            texts.append(argument)
        elif code.name not in _OF_ONE_TEXT:
            raise ValueError(f"private_test_cases hold more than a text ({code.name})")
    (text,) = texts
    return text


LIVECODEBENCH = Layout(
    "LiveCodeBench",
    ("question_content", "public_test_cases"),
    {
        "problem": "question_content",
        "tests": made(
            _tests, "public_test_cases", "private_test_cases", "metadata", "starter_code"
        ),
        "source": "platform",
        "source_problem_id": "question_id",
    },
    kind="code",
)
