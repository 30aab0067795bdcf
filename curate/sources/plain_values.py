"""Values of a file as we store them: text without broken characters, and JSON that any reader
takes."""

from __future__ import annotations

import json
import math
from typing import Any


def mended(text: str) -> tuple[str, int]:
    """The text with each lone surrogate as U+FFFD, and how many there were."""
    if text.isascii():
        return text, 0
    try:
        text.encode("utf-8")
        return text, 0
    except UnicodeEncodeError:
        broken = sum(0xD800 <= ord(c) <= 0xDFFF for c in text)
        return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text), broken


def text_of(value: Any) -> str | None:
    if value is None:
        return None
    return mended(value if isinstance(value, str) else json_of(value))[0]


def json_of(value: Any) -> str:
    """Canonical JSON, fit to be stored: no lone surrogates, and NaN, which JSON lacks, as text."""
    try:
        text = _dumps(value)
    except ValueError:
        text = _dumps(_finite(value))
    return mended(text)[0]


def _dumps(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(v) for v in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
