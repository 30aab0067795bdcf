"""Every kind of defect: which filter must catch it, and how it is put into a sound row.

A defect's function takes a sound row and a random generator and gives the row with the defect, or
None where that row cannot carry it (English inside Chinese needs a Chinese row). Severity varies
with the draw, but nothing is so mild that a careful reader would let it pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from ..rows import Row
from . import decontamination, duplicate, finish, format, language, length, readability, repetition

Apply = Callable[[Row, Random], Row | None]


@dataclass(frozen=True, slots=True)
class Defect:
    filter: str
    """the filter that must catch it, as named in the manifest"""
    label: str
    """what is wrong, shortly; reasons of the filters have their own words"""
    apply: Apply
    also: tuple[str, ...] = ()
    """other filters that may rightly be the one to say so"""

    @property
    def name(self) -> str:
        return f"{self.filter}.{self.label}"

    @property
    def twin(self) -> bool:
        """The defect is between two rows: the sound one stays beside its copy."""
        return self.filter == "duplicate"


_ALSO = {
    "readability.token_soup": ("language", "repetition"),
    "readability.symbol_soup": ("repetition",),
    "readability.unfinished_summary": ("finish", "format"),
    "repetition.character_run": ("readability",),
    "format.opening_only": ("finish",),
    "format.no_tags": ("finish",),
    "format.empty_thinking": ("length",),
    "finish.cut_without_reason": ("format",),
    "finish.cut_mid_sentence": ("readability", "format"),
}
_MODULES = {
    "format": format.DEFECTS,
    "finish": finish.DEFECTS,
    "language": language.DEFECTS,
    "repetition": repetition.DEFECTS,
    "readability": readability.DEFECTS,
    "length": length.DEFECTS,
    "duplicate": duplicate.DEFECTS,
    "decontamination": decontamination.DEFECTS,
}
DEFECTS: dict[str, Defect] = {
    f"{name}.{label}": Defect(name, label, apply, _ALSO.get(f"{name}.{label}", ()))
    for name, table in _MODULES.items()
    for label, apply in table.items()
}


def inject(row: Row, defect: str, rng: Random) -> Row | None:
    """The row with the named defect and its labels, or None where the row cannot carry it."""
    kind = DEFECTS[defect]
    changed = kind.apply(row, rng)
    if changed is None:
        return None
    return {**changed, "defect": kind.name, "filter": kind.filter, "label": kind.label}
