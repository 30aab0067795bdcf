"""A row of a user's file as one of the table `problems`: its id, its gold and tests, and whether
the gold stands."""

from __future__ import annotations

import json
from typing import Any

from curate.config import Source
from curate.sources.columns import Columns
from curate.sources.conversations import asked
from curate.sources.layouts.choice import letter_of, unlettered
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of, text_of
from filters.errors import UserError, did_you_mean
from filters.schema import KINDS, content_id
from filters.verifiers.json_text import unpacked
from filters.verifiers.outcome import CORRECT, GOLD_UNPARSEABLE, NO_GOLD, Case

PROBLEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "problem": ("problem", "question", "prompt", "instruction", "query", "input"),
    "messages": ("messages", "conversations", "conversation"),
    "gold": (
        *("gold", "answer", "gold_answer", "expected_answer", "reference_answer"),
        *("ground_truth", "final_answer", "target"),
    ),
    "kind": ("kind",),
    "choices": ("choices", "options"),
    "tests": ("tests",),
    "source": ("source",),
    "license": ("license", "licence"),
    "language": ("language", "lang"),
    "source_problem_id": ("source_problem_id", "problem_id", "id"),
}
NO_PROBLEM = "no_problem"
GOLD_CONFLICT = "gold_conflict"


def problem_row(columns: Columns, row: Row, source: Source) -> Row:
    """One row of the input as a PROBLEM row, its gold not yet checked; `meta`, the row's other
    columns, is the caller's to give: they may belong to a trace."""
    get = lambda name: columns.get(row, name)
    messages = asked(get("messages")) or asked(get("problem"))
    text = text_of(messages[-1]["content"]) if messages else _problem(columns, row)
    choices = _choices(get("choices"))
    tests = _tests(get("tests"), text)
    gold = _gold(columns, row)
    source_id = text_of(get("source_problem_id"))
    shown = text if text and text.strip() else None
    several = messages if messages and len(messages) > 1 else None
    return {
        "problem_id": _id(shown, several, choices, tests, source_id),
        "problem": shown,
        "messages": several,
        "gold": gold,
        "gold_hash": content_id(gold, json_of(tests) if tests else None),
        "gold_check": NO_PROBLEM if shown is None else None,
        "kind": _kind(get("kind"), source),  # null: the row and its file say none
        "choices": choices,
        "tests": json_of(tests) if tests else None,
        "source": text_of(get("source")),
        "license": text_of(get("license")),
        "language": text_of(get("language")),
        "source_problem_id": source_id,
        "meta": None,
    }


def _id(
    shown: str | None,
    messages: list[dict[str, str]] | None,
    choices: list[str] | None,
    tests: dict[str, Any] | None,
    source_id: str | None,
) -> str:
    return content_id(
        "problem",
        shown,
        json_of(messages) if messages else None,
        json_of(choices) if choices else None,
        (tests or {}).get("starter_code"),
        source_id if shown is None else None,
    )


def has_its_id(row: Row) -> bool:
    """Whether a stored row's id is that of its content; yes where its golds are in conflict, as the
    tests with the starter code are gone then."""
    tests = json.loads(row["tests"]) if row["tests"] else None
    content = (row["problem"], row["messages"], row["choices"], tests, row["source_problem_id"])
    return row["gold_check"] == GOLD_CONFLICT or row["problem_id"] == _id(*content)


def gold_checks(batch: list[Row], jobs: int) -> list[str]:
    """The outcome of verifying each gold against itself; for code, whether its tests are known."""
    from filters.verifiers import verify, verify_gold

    math = [row for row in batch if row["kind"] == "math"]
    checked = verify_gold([row["gold"] for row in math], jobs=jobs)
    named = [row for row in batch if row["kind"] in ("logic", "choice")]
    checked += verify([_self(row) for row in named], jobs=jobs)
    outcomes = {id(row): o.outcome for row, o in zip([*math, *named], checked, strict=True)}
    return [outcomes.get(id(row)) or _unverified(row) for row in batch]


def _self(row: Row) -> Case:
    """The gold as a prediction of itself."""
    choices = tuple(row["choices"]) if row["choices"] else None
    return Case(row["gold"], gold=row["gold"], kind=row["kind"], bare=True, choices=choices)


def _unverified(row: Row) -> str:
    if row["kind"] != "code":
        return "not_applicable"
    from filters.verifiers.programs.forms import BadTests, usable

    try:
        return CORRECT if usable(json.loads(row["tests"] or "null")) else NO_GOLD
    except BadTests:
        return GOLD_UNPARSEABLE


def usual_kind(row: Row) -> str:
    """Of a problem of which no file says its kind."""
    return "code" if row["tests"] else "choice" if row["choices"] else "math"


def _kind(value: Any, source: Source) -> str | None:
    kind = value or source.kind
    if kind and kind not in KINDS:
        raise UserError(f"unknown kind {kind!r}{did_you_mean(str(kind), KINDS)}")
    return str(kind) if kind else None


def _gold(columns: Columns, row: Row) -> str | None:
    """Text. An index into the choices is the letter of what it stands for."""
    value, choices = columns.get(row, "gold"), columns.get(row, "choices")
    theirs = columns.names["gold"]
    if isinstance(theirs, tuple) and theirs[:1] == ("gold",) and "gold" in row:
        value = row["gold"]  # null, too: an export's `answer` is the model's, and no gold
    listed = unpacked(value) if isinstance(value, str) and value.startswith('["') else value
    if isinstance(listed, list) and len(listed) == 1:
        value = listed[0]
    if any(isinstance(part, dict) for part in (value if isinstance(value, list) else [value])):
        raise _is_object(columns, row, "gold", value, ", or --map gold=none")
    if _choices(choices):
        value = letter_of(value, choices)
    text = text_of(value)
    return text if text and text.strip() else None


def _problem(columns: Columns, row: Row) -> str | None:
    value = columns.get(row, "problem")
    if isinstance(value, dict):
        raise _is_object(columns, row, "problem", value)
    return text_of(value)


def _is_object(columns: Columns, row: Row, ours: str, value: Any, other: str = "") -> UserError:
    name = dict(columns.used(row))[ours][0]
    return UserError(
        f"the {ours} {name!r} is an object, {json_of(value)[:60]}; name the part of it that is "
        f"meant by its path, --map {ours}={name}.PART{other}"
    )


def _tests(value: Any, problem: str | None) -> dict[str, Any] | None:
    if value is None or value == "":
        return None
    from filters.verifiers.code import map_tests

    return map_tests(unpacked(value), problem)


def _choices(value: Any) -> list[str] | None:
    if isinstance(value, str):
        lines = [line for line in value.splitlines() if line.strip()]
        value = lines if unpacked(value) is value else unpacked(value)
    if isinstance(value, dict):
        value = value.get("text") or [value[key] for key in sorted(value)]
    is_list = isinstance(value, list) and value
    return unlettered([text_of(v) or "" for v in value]) if is_list else None
