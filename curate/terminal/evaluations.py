"""Rows of `evals` for a terminal: a few figures of each, in short."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def as_table(rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The columns of a table."""
    for row in rows:
        error = row["pass_at_1_se"]
        yield {
            "problem_set": row["problem_set"],
            "stage": row["stage"],
            "step": row["step"],
            "pass@1": _share(row["pass_at_1"]) + (f" ± {error:.3f}" if error is not None else ""),
            "cons@k": _share(row["cons_at_k"]),
            "pass@k": _share(row["pass_at_k"]),
            "k": row["k"],
            "format": _share(row["format_rate"]),
            "mixed": _share(row["mixed_language_rate"]),
            "unreadable": _share(row["unreadable_rate"]),
            "tokens": None if row["mean_tokens"] is None else round(row["mean_tokens"], 1),
            "reflection": _share(row["reflection_rate"]),
            "undecided": row["undecided"],
        }


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
