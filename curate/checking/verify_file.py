"""`curate verify CASES --out OUT`: the checker alone, for answers and programs in a file.

One output row per input row, in order. A row that cannot be checked (no prediction, an unknown
kind) has the outcome `unsupported` and the reason; a file that cannot be read stops with its line.
"""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from curate.config import Source
from curate.sources.layouts.layout import Row
from curate.sources.readers import peeked, rows
from curate.store.disk import discard, named_file, writing
from curate.terminal.progress import Progress, say
from filters.errors import UserError, did_you_mean
from filters.verifiers import VERIFIERS, Case, Outcome, keep_of, verify
from filters.verifiers.json_text import unpacked
from filters.verifiers.outcome import UNSUPPORTED, defect

BATCH = 2_000
KINDS = ("compare", "extract", *VERIFIERS)


class _NoCase(Exception):
    """Why a row cannot be checked."""


def verify_file(cases: Path, out: Path, jobs: int) -> dict[str, int]:
    """Verify every row of `cases` into `out`; how many rows got which outcome."""
    if not cases.is_file():
        raise UserError(f"{cases}: no such file; give a file of cases")
    if not out.parent.is_dir():
        raise UserError(f"{out.parent}: no such folder for --out")
    file = named_file(out)
    counts: Counter[tuple[str, bool]] = Counter()
    defects: list[str] = []
    partial = file.with_name(f".{file.name}.{os.getpid()}.part")
    numbered = _rows(cases)
    try:
        with writing(out):
            sink = partial.open("w", encoding="utf-8")
        with sink, Progress("verify", None, "rows") as bar:
            while batch := list(islice(numbered, BATCH)):
                outcomes = _verified([row for _, row in batch], jobs)
                counts.update((outcome.outcome, outcome.code) for outcome in outcomes)
                with writing(out):
                    for (number, row), outcome in zip(batch, outcomes, strict=True):
                        sink.write(_line(row.get("id"), outcome) + "\n")
                        if outcome.is_defect:
                            defects.append(f"row {number}: {outcome.detail}")
                    sink.flush()
                bar.advance(len(batch))
        with writing(out):
            partial.replace(file)
    finally:
        discard(partial)
    if any(code for _, code in counts):
        tell_sandbox()
    _say_summary(counts)
    _say_defects(defects)
    return _by_outcome(counts)


def _rows(cases: Path) -> Iterator[tuple[int, Row]]:
    first, numbered = peeked(rows(Source(path=str(cases))))
    present = sorted({name for row in first for name in row})
    if not {"prediction", "program"} & set(present):
        raise UserError(
            f"{cases} has neither a column 'prediction' nor 'program' "
            f"(columns: {', '.join(present)}); name the column so in the file"
        )
    return numbered


def _verified(batch: list[Row], jobs: int) -> list[Outcome]:
    """One outcome per row, in order."""
    cases = [_case_or_outcome(row) for row in batch]
    checked = iter(verify([case for case in cases if isinstance(case, Case)], jobs=jobs))
    return [next(checked) if isinstance(case, Case) else case for case in cases]


def _case_or_outcome(row: Row) -> Case | Outcome:
    began = time.monotonic()
    try:
        return _program(row) if _is_code(row) else _answer(row)
    except _NoCase as error:
        detail = str(error)
    except Exception as error:  # a bug of ours costs this row alone
        detail = defect(error)
    seconds = time.monotonic() - began
    return Outcome(UNSUPPORTED, detail=detail, seconds=seconds, code=_is_code(row))


def _is_code(row: Row) -> bool:
    if row.get("kind") == "code" or row.get("program") is not None:
        return True
    return "program" in row and row.get("prediction") is None


def _answer(row: Row) -> Case:
    if "prediction" not in row:
        raise _NoCase("neither a prediction nor a program")
    kind = row.get("kind")
    if kind is not None and kind not in KINDS:
        raise _NoCase(f"no kind {kind!r}{did_you_mean(str(kind), KINDS)}")
    prediction = _text(row["prediction"])
    choices = _given(row, "choices", list, "a list of texts")
    return Case(
        prediction=prediction,
        gold=_text(row.get("gold")),
        kind=kind if kind in VERIFIERS else "math",
        bare=kind == "compare" or (kind in (None, "math") and _is_bare(prediction)),
        choices=tuple(map(str, choices)) if choices else None,
        params=_params(row),
    )


def _program(row: Row) -> Case:
    """A program as it is; one in a `prediction` is the code block of a reply."""
    bare = row.get("program") is not None or "prediction" not in row
    if not {"program", "prediction"} & row.keys():
        raise _NoCase("neither a prediction nor a program")
    tests = unpacked(row.get("tests"))
    if row.get("mode") is not None:
        tests = {"mode": row["mode"], "tests": tests}
    prediction = _text(row["program" if bare else "prediction"])
    return Case(prediction, kind="code", bare=bare, tests=tests, params=_limits(row))


def _limits(row: Row) -> Row:
    name = "limits" if row.get("limits") is not None else "params"
    limits: Row = _given(row, name, dict, "an object such as {'wall_s': 5}") or {}
    return limits


def _given(row: Row, name: str, wanted: type, words: str) -> Any:
    value = unpacked(row.get(name))
    if value is not None and not isinstance(value, wanted):
        raise _NoCase(f"{name} must be {words}, not {value!r:.40}")
    return value


def _text(value: Any) -> str | None:
    """A gold or prediction as text; 5 and [1, 2] may stand in JSON without quotes."""
    return value if value is None or isinstance(value, str) else json.dumps(value, default=str)


def _params(row: Row) -> Row:
    value: Row = _given(row, "params", dict, "an object such as {'decimals': 2}") or {}
    places = value.get("decimals")
    if places is not None and (not isinstance(places, int) or not 0 <= places <= 50):
        raise _NoCase(f"params.decimals must be a whole number from 0 to 50, not {places!r:.40}")
    return value


def _is_bare(prediction: str | None) -> bool:
    """Whether a prediction of unsaid form is an answer itself and not a reply."""
    from filters.verifiers.extraction.statements import is_value

    return prediction is not None and len(prediction) <= 2_000 and is_value(prediction)


def _line(row_id: Any, outcome: Outcome) -> str:
    fields = {
        "id": row_id,
        "outcome": outcome.outcome,
        "answer": outcome.answer,
        "rule": outcome.rule,
        "stage": outcome.stage,
        "seconds": round(outcome.seconds, 6),
        "detail": outcome.detail,
    }
    line = json.dumps(fields, ensure_ascii=False, default=str)
    try:
        line.encode()
    except UnicodeEncodeError:  # half a character in the input is written as its escape
        return json.dumps(fields, default=str)
    return line


def tell_sandbox() -> dict[str, Any]:
    """Behind which walls programs run on this machine: said on stderr, and returned."""
    from filters.verifiers import sandbox

    on = [name for name, is_on in sandbox.layers().items() if is_on]
    say(f"sandbox: {sandbox.way()} ({', '.join(on)})")
    return {"way": sandbox.way(), "layers": on}


def _by_outcome(counts: Counter[tuple[str, bool]]) -> Counter[str]:
    merged: Counter[str] = Counter()
    for (outcome, _), number in counts.items():
        merged[outcome] += number
    return merged


def _say_summary(counts: Counter[tuple[str, bool]]) -> None:
    total = sum(counts.values())
    words = {True: "true", False: "false", None: "null"}
    say(f"{'outcome':<18}{'keep':<12}{'rows':>8}{'share':>9}")
    for outcome, number in _by_outcome(counts).most_common():
        keeps = {words[keep_of(o, code=code)] for o, code in counts if o == outcome}
        say(f"{outcome:<18}{'/'.join(sorted(keeps)):<12}{number:>8,}{number / total:>9.1%}")
    say(f"{'all':<30}{total:>8,}")


def _say_defects(defects: list[str]) -> None:
    """Rows that the verifier itself failed on."""
    if defects:
        say(
            f"{len(defects):,} rows met a defect of this program and are undecided, the first in "
            f"{defects[0]}. Please report it with that row and what `curate version` says"
        )
