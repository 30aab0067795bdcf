"""All that is shown of one trace: its text with what was found, its verdicts, its relatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.judging.texts import text_reader
from curate.looking.browser.look import Look
from curate.looking.marked import marks, parts
from curate.looking.thresholds import Threshold, number, thresholds
from curate.manifest.fates import PERSON
from curate.store.shards import check_version
from curate.terminal.side_by_side import compared
from curate.terminal.tables import short
from filters.base import NOT_APPLICABLE, NOT_CHECKED
from filters.schema import VERDICT, conform

_MOST = 64
"""siblings that are shown; adaptive sampling gives a problem more at times"""


@dataclass(frozen=True)
class Score:
    name: str
    value: str
    allowed: str
    """what the thresholds let pass; empty where it has none"""
    over: bool
    """is it not let pass?"""


def of_trace(look: Look, row: int) -> dict[str, Any]:
    facts = look.facts(row)
    text = response(look, row)
    verdicts = list(_verdicts(look, row))
    found = sorted(marks(verdicts), key=lambda mark: mark.start)
    return {
        "trace": facts,
        "problem": problem(look, facts["problem_id"]),
        "parts": [] if text is None else parts(text, found),
        "found": [(m.label, m.start, short((text or "")[m.start : m.end], 60)) for m in found],
        "length": len(text or ""),
        "verdicts": [_for_page(look, verdict) for verdict in verdicts],
        "siblings": _siblings(look, facts),
        **_relatives(look, facts, text),
    }


def response(look: Look, row: int) -> str | None:
    facts = look.frame[row : row + 1]
    for found in text_reader(look.run, facts)([facts["trace_id"][0]]):
        text: str | None = found["response"][0]
        return text
    return None


def problem(look: Look, problem_id: str) -> dict[str, Any]:
    """Empty where the run has no such problem."""
    found = look.ask(
        "select problem, messages, gold, kind, choices, language, source, license, gold_check "
        "from problems where problem_id = ?",
        problem_id,
    )
    if not found:
        return {}
    row = found[0]
    if not row["problem"]:
        turns = row["messages"] or []
        row["problem"] = "\n\n".join(f"{m['role']}: {m['content']}" for m in turns)
    return row


def _verdicts(look: Look, row: int) -> Iterator[dict[str, Any]]:
    """In funnel order, a person's left out: it is shown where it is given."""
    for judge, by in look.standing.said.items():
        shard = by.columns.get_column("verdict_shard")[row]
        if shard is not None and judge != PERSON:
            path = Path(shard)
            check_version(path)
            same = (pl.col("trace_id") == look.ids[row]) & (
                pl.col("settings_hash") == judge.settings_hash
            )
            # what a row group's statistics exclude is not read: a group filter's shard is large
            found = pl.scan_parquet(path, glob=False).filter(same).collect()
            yield from conform(found[-1:], VERDICT).iter_rows(named=True)


def _for_page(look: Look, verdict: dict[str, Any]) -> dict[str, Any]:
    name = verdict["filter"]
    held = [t for t in thresholds(look.standing.filters) if t.filter == name]
    named = {pair["key"]: pair["value"] for pair in verdict["scores"] or ()}
    findings = [item for item in verdict["detail"] or () if item["start"] is None]
    return {
        "filter": name,
        "says": _says(verdict),
        "reasons": verdict["reasons"] or [],
        "label": verdict["label"],
        "scores": [_score(key, value, held) for key, value in named.items() if value],
        "found": [(item["what"], item["text"]) for item in findings],
        "places": len(verdict["detail"] or ()) - len(findings),
    }


def _says(verdict: dict[str, Any]) -> str:
    if verdict["reason"] in (NOT_CHECKED, NOT_APPLICABLE) and verdict["keep"]:
        return str(verdict["reason"]).replace("_", " ")
    return {True: "keep", False: "drop", None: "undecided"}[verdict["keep"]]


def _score(key: str, value: float, held: list[Threshold]) -> Score:
    of_score = [at for at in held if at.score == key]
    allowed = ", ".join(at.allows for at in of_score)
    return Score(key, number(value), allowed, any(at.beyond(value) for at in of_score))


def _siblings(look: Look, facts: dict[str, Any]) -> list[dict[str, Any]]:
    same = look.frame.filter(pl.col("problem_id") == facts["problem_id"])
    columns = ("trace_id", "sample_index", "model", "fate", "decided_by", "reason", "origin")
    rows = same.select(*columns).sort("model", "sample_index", "trace_id")[:_MOST]
    return [row | {"word": look.word(row["trace_id"])} for row in rows.iter_rows(named=True)]


def _relatives(look: Look, facts: dict[str, Any], text: str | None) -> dict[str, Any]:
    """The trace that it rewrites, or the rewritings of it, and the two texts side by side."""
    parent = look.row(facts["parent_trace_id"] or "")
    children = look.frame.with_row_index("number").filter(
        pl.col("parent_trace_id") == facts["trace_id"]
    )
    numbers = children.get_column("number").to_list()
    other = parent if parent is not None else numbers[0] if numbers else None
    sides: list[Any] = []
    if other is not None:
        other_text = response(look, other) or ""
        before, after = (other_text, text or "") if parent is not None else (text or "", other_text)
        sides = list(compared(before, after))
    return {
        "parent": None if parent is None else look.facts(parent),
        "children": [look.facts(number) for number in numbers],
        "sides": sides,
    }
