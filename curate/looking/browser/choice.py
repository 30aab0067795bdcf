"""Which traces are looked at, in what order: all of it stands in the address of a page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints
from urllib.parse import urlencode

FATES = ("kept", "dropped", "undecided", "failed")
WORDS = {
    "none": "no word yet",
    "any": "any word",
    "keep": "keep",
    "drop": "drop",
    "defer": "defer",
}
ORDERS = {
    "chance": "by chance",
    "borderline": "nearest to a threshold",
    "highest": "highest score first",
    "lowest": "lowest score first",
}
_MOST = 10_000
"""traces of a sample; nobody looks at more"""


@dataclass(frozen=True)
class Choice:
    fate: str = ""
    reason: str = ""
    """filter.reason"""
    model: str = ""
    score: str = ""
    """filter.score, for `low`, `high` and the order"""
    low: float | None = None
    high: float | None = None
    text: str = ""
    word: str = ""
    problem: str = ""
    order: str = "chance"
    sample: int | None = None
    seed: int = 0

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Choice:
        """What the address says; what cannot be meant counts as not said."""
        types = get_type_hints(cls)
        known = {f.name: _read(types[f.name], given.get(f.name, "")) for f in fields(cls)}
        choice = cls(**{name: value for name, value in known.items() if value is not None})
        sample = min(choice.sample or 0, _MOST)
        order = choice.order if choice.order in ORDERS else "chance"
        return replace(choice, sample=sample if sample > 0 else None, order=order)

    def query(self, **changes: Any) -> str:
        """As it stands in an address, other things said besides."""
        more = {name: str(value) for name, value in changes.items() if value not in (None, "")}
        return urlencode(dict(self.pairs()) | more)

    def pairs(self) -> list[tuple[str, str]]:
        """What is said, as fields of a form."""
        own = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        return [(name, _text(value)) for name, value, default in own if value != default]

    def but(self, **changes: Any) -> Choice:
        return replace(self, **changes)

    @property
    def is_all(self) -> bool:
        return replace(self, order="chance", seed=0) == Choice()

    @property
    def start(self) -> str:
        """The trace_id from which a sample is taken: ids are hashes, so their order is chance."""
        return hashlib.blake2b(str(self.seed).encode(), digest_size=16).hexdigest()


def _read(wanted: Any, text: str) -> Any:
    text = text.strip()
    if wanted is str:
        return text or None
    number = int if wanted in (int, int | None) else float
    try:
        value = number(text)
    except (ValueError, OverflowError):
        return None
    return value if value == value and abs(value) < 1e18 else None


def _text(value: Any) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)
