"""JSON that stands as text where an object or a list is meant."""

from __future__ import annotations

import json
from typing import Any


def unpacked(value: Any) -> Any:
    """An object or a list that a file keeps as JSON text; anything else as it is."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value
