"""What a stage came to, in words for its end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

OF_PROBLEMS = "problems_"
"""before the counts of problems, where traces are counted too"""
_TRACES = {
    "new": "new",
    "known": "known",
    "no_text": "without text",
    "repaired": "with mended text",
    "unreadable": "unreadable rows left out",
    "superseded": "left out, of steps that were done again",
}
_PROBLEMS = {
    "new": "new",
    "corrected": "corrected",
    "known": "known",
    "repeated": "named again",
    "correct": "with a gold that stands",
    "no_gold": "without gold",
    "gold_unparseable": "with an unreadable gold",
    "gold_conflict": "with golds that disagree",
    "no_problem": "without text",
    "not_applicable": "that want no gold",
    "unreadable": "unreadable rows left out",
}
"""count -> what it counts; what is not here is called by its name"""


def imported(counts: Mapping[str, int]) -> str:
    """Of `import_traces` or `load_problems`: traces, then problems."""
    of_problems = {
        name.removeprefix(OF_PROBLEMS): n
        for name, n in counts.items()
        if name.startswith(OF_PROBLEMS)
    }
    if "rows" not in counts:
        return f"problems: {_in_words(counts, _PROBLEMS)}"
    traces = {name: n for name, n in counts.items() if not name.startswith(OF_PROBLEMS)}
    rows = traces.pop("rows")
    problems = _in_words(of_problems, _PROBLEMS)
    return f"{rows:,} rows; traces: {_in_words(traces, _TRACES)}; problems: {problems}"


def judged(counts: Mapping[str, int]) -> str:
    """Of `filter_traces`: `filter.read`, `filter.derived` and the like."""
    by: dict[str, dict[str, int]] = {}
    for name, n in counts.items():
        filter, _, how = name.rpartition(".")
        by.setdefault(how, {})[filter] = n
    parts = []
    if "read" in by:
        parts.append(f"read {max(by['read'].values()):,} traces for {', '.join(by['read'])}")
    if "derived" in by:
        most = max(by["derived"].values())
        parts.append(f"new thresholds on {most:,} stored scores of {', '.join(by['derived'])}")
    return "; ".join(parts) or "nothing new to judge"


def counted(counts: Mapping[str, Any]) -> str:
    """Of any other stage: each by its name, where there is one."""
    facts = (_fact(name, value) for name, value in counts.items() if value is not None)
    return ", ".join(facts) or "nothing to do"


def number_of(n: int, noun: str) -> str:
    """`1 fault`, `2 faults`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _fact(name: str, value: Any) -> str:
    is_count = isinstance(value, int) and not isinstance(value, bool)
    return f"{value:,} {name}" if is_count else f"{name} {value}"


def _in_words(counts: Mapping[str, int], words: Mapping[str, str]) -> str:
    """What there is, in the order of the words; the first of them in any case."""
    first, *_ = words
    ordered = dict.fromkeys([*words, *counts])
    shown = [name for name in ordered if counts.get(name) or name == first]
    parts = (f"{counts.get(name, 0):,} {words.get(name, name)}" for name in shown)
    return ", ".join(part.replace("_", " ") for part in parts)
