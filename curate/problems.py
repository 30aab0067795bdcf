"""Problems: from a user's file to rows whose id is what the model is shown.

A gold answer is checked against itself as it is loaded. What fails (no gold, a gold that does not
parse, two golds for one text) is counted and stays a row: its traces will be undecided, not wrong.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from curate.config import Source
from curate.readers import Columns, Row, mended, peeked, rows
from curate.run import Run
from curate.shards import commit_all, live_shards, read
from filters.errors import UserError, did_you_mean
from filters.schema import KINDS, PROBLEM, content_id
from filters.verifiers.outcome import CORRECT, GOLD_UNPARSEABLE, NO_GOLD, Case

PROBLEM_COLUMNS: dict[str, tuple[str, ...]] = {
    "problem": ("problem", "question", "prompt"),
    "messages": ("messages",),
    "gold": ("gold", "answer", "gold_answer"),
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
_BATCH = 5000


def load_problems(run: Run, source: Source) -> Counter[str]:
    """Add a file's problems to the run; how many got which gold check, plus `known` for rows that
    added nothing and `new`."""
    columns = Columns(source, PROBLEM_COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("problem", "messages"),))
    counts: Counter[str] = Counter()
    store = ProblemStore(run)

    def frames() -> Iterator[pl.DataFrame]:
        batch: list[Row] = []
        for number, row in numbered:
            batch.append(problem_row(columns, row, source, number))
            if len(batch) >= _BATCH:
                yield store.new(batch, counts)
                batch = []
        yield store.new(batch, counts)

    commit_all(run.folder("problems"), frames(), PROBLEM)
    return counts


def latest_problems(run: Run) -> pl.DataFrame:
    """One row per problem_id, in first-seen order; where a problem was loaded again with another
    gold the last one counts."""
    return latest(read(live_shards(run.folder("problems")), PROBLEM))


def latest(problems: pl.DataFrame) -> pl.DataFrame:
    return (
        problems.unique("problem_id", keep="last", maintain_order=False)
        .join(
            problems.select("problem_id").unique(keep="first", maintain_order=True),
            on="problem_id",
            how="right",
            maintain_order="right",
        )
        .select(*PROBLEM)
    )


class ProblemStore:
    """The problems a run has, and what a new batch adds to them."""

    def __init__(self, run: Run) -> None:
        have = latest_problems(run)
        self.jobs = run.jobs
        self.known = {row["problem_id"]: row for row in have.iter_rows(named=True)}
        self.here: dict[str, Row] = {}

    def new(self, batch: Iterable[Row], counts: Counter[str]) -> pl.DataFrame:
        """The rows to add: unknown problems, and known ones whose gold was corrected."""
        added = [new for row in batch if (new := self._addition(row, counts)) is not None]
        fresh = list({row["problem_id"]: row for row in added}.values())  # the last word on each
        for row, check in zip(fresh, gold_checks(fresh, self.jobs), strict=True):
            row["gold_check"] = row["gold_check"] or check
            counts[row["gold_check"]] += 1
        counts["new"] += len(fresh)
        return pl.DataFrame(fresh, schema=PROBLEM)

    def _addition(self, row: Row, counts: Counter[str]) -> Row | None:
        """The row, a row that says two golds conflict, or null where nothing is new."""
        problem_id = row["problem_id"]
        earlier = self.here.get(problem_id)
        have = earlier or self.known.get(problem_id)
        silent = row["gold"] is None and row["tests"] is None
        if have and (
            silent or row["gold_hash"] == have["gold_hash"] or row["gold"] in _golds(have)
        ):
            counts["repeated" if earlier else "known"] += 1
            self.here.setdefault(problem_id, have)
            return None
        if earlier and not (earlier["gold"] is None and earlier["tests"] is None):
            counts["repeated"] += 1
            row = _conflict(row, [*_golds(earlier), earlier["gold"], row["gold"]])
        self.here[problem_id] = row
        return row


def _golds(row: Row) -> list[str]:
    """The golds between which a conflicting row could not decide."""
    if row["gold_check"] != GOLD_CONFLICT:
        return []
    golds: list[str] = json.loads(row["meta"])["conflicting_golds"]
    return golds


def _conflict(row: Row, golds: list[str | None]) -> Row:
    """The same text with two golds: nobody knows which is right, so there is none."""
    meta = json.loads(row["meta"]) if row["meta"] else {}
    named = sorted({gold for gold in golds if gold is not None})
    return {
        **row,
        "gold": None,
        "tests": None,
        "gold_hash": content_id(None, None),
        "gold_check": GOLD_CONFLICT,
        "meta": json_of({**meta, "conflicting_golds": named}),
    }


def problem_row(columns: Columns, row: Row, source: Source, number: int) -> Row:
    """One row of the input as a PROBLEM row, its gold not yet checked."""
    get = lambda name: columns.get(row, name)
    messages = _asked(get("messages")) or _asked(get("problem"))
    text = text_of(messages[-1]["content"] if messages else get("problem"))
    choices = _choices(get("choices"))
    tests = _tests(get("tests"), text)
    gold = text_of(get("gold"))
    gold = gold if gold and gold.strip() else None
    source_id = text_of(get("source_problem_id"))
    shown = text if text and text.strip() else None
    several = messages if messages and len(messages) > 1 else None
    problem_id = content_id(
        "problem",
        shown,
        json_of(several) if several else None,
        json_of(choices) if choices else None,
        (tests or {}).get("starter_code"),
        source_id if shown is None else None,
    )
    return {
        "problem_id": problem_id,
        "problem": shown,
        "messages": several,
        "gold": gold,
        "gold_hash": content_id(gold, json_of(tests) if tests else None),
        "gold_check": NO_PROBLEM if shown is None else None,
        "kind": _kind(get("kind"), source, number),
        "choices": choices,
        "tests": json_of(tests) if tests else None,
        "source": text_of(get("source")) or source.path.rsplit("/", 1)[-1],
        "license": text_of(get("license")),
        "language": text_of(get("language")),
        "source_problem_id": source_id,
        "meta": json_of(columns.rest(row)) if columns.rest(row) else None,
    }


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
    if row["tests"] is None:
        return NO_GOLD
    return CORRECT if "mode" in json.loads(row["tests"]) else GOLD_UNPARSEABLE


def _kind(value: Any, source: Source, number: int) -> str:
    kind = value or source.kind or "math"
    if kind not in KINDS:
        raise UserError(
            f"{source.path}, row {number}: unknown kind {kind!r}{did_you_mean(str(kind), KINDS)}"
        )
    return str(kind)


def _tests(value: Any, problem: str | None) -> dict[str, Any] | None:
    if value is None or value == "":
        return None
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        with contextlib.suppress(ValueError):  # test source may merely begin like JSON
            value = json.loads(value)
    from filters.verifiers.code import map_tests

    return map_tests(value, problem)


def _choices(value: Any) -> list[str] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            value = [line for line in value.splitlines() if line.strip()]
    if isinstance(value, dict):
        value = value.get("text") or [value[key] for key in sorted(value)]
    return [text_of(v) or "" for v in value] if isinstance(value, list) and value else None


def messages_of(value: Any) -> list[dict[str, str]] | None:
    """A conversation in either of the usual layouts (role/content, from/value)."""
    if not isinstance(value, list) or not value or not isinstance(value[0], dict):
        return None
    roles = {"human": "user", "gpt": "assistant"}
    return [
        {
            "role": roles.get(role := str(m.get("role") or m.get("from") or "user"), role),
            "content": text_of(m.get("content") or m.get("value")) or "",
        }
        for m in value
    ]


def _asked(value: Any) -> list[dict[str, str]]:
    """The turns up to the reply."""
    turns = messages_of(value) or []
    while turns and turns[-1]["role"] == "assistant":
        turns = turns[:-1]
    return turns


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
