"""`curate verify CASES --out OUT`: the checker alone, for answers and programs in a JSONL file.

One output row per input row, in order. A row that cannot be a case at all (no JSON object, nothing
to check, an unknown kind) is the user's mistake and stops with its line; a row that is merely hard
gets an undecided outcome.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from curate.progress import Progress, say
from filters.errors import UserError, did_you_mean
from filters.verifiers import VERIFIERS, Case, Outcome, keep_of, verify

BATCH = 2_000
KINDS = ("compare", "extract", *VERIFIERS)
_COLUMNS = ("id", "gold", "prediction", "kind", "params", "choices", "program", "tests", "mode",
            "limits")  # fmt: skip


def verify_file(cases: Path, out: Path, jobs: int) -> dict[str, int]:
    """Verify every row of `cases` into `out`; how many rows got which outcome."""
    if not cases.is_file():
        raise UserError(f"{cases}: no such file; give a JSONL file of cases")
    if not out.parent.is_dir():
        raise UserError(f"{out.parent}: no such folder for --out")
    counts: Counter[tuple[str, bool]] = Counter()
    partial = out.with_name(f".{out.name}.{os.getpid()}.part")
    rows = _rows(cases)
    try:
        with partial.open("w", encoding="utf-8") as sink, Progress("verify", None, "rows") as bar:
            while batch := list(islice(rows, BATCH)):
                outcomes = verify([case for _, case in batch], jobs=jobs)
                for (row_id, _), outcome in zip(batch, outcomes, strict=True):
                    sink.write(_line(row_id, outcome) + "\n")
                    counts[outcome.outcome, outcome.code] += 1
                bar.advance(len(batch))
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
    if any(code for _, code in counts):
        tell_sandbox()
    _say_summary(counts)
    return {
        outcome: sum(n for (o, _), n in counts.items() if o == outcome) for outcome, _ in counts
    }


def _rows(path: Path) -> Iterator[tuple[Any, Case]]:
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise UserError(f"{path}:{number}: not JSON: {error}") from None
            if not isinstance(row, dict):
                raise UserError(f"{path}:{number}: a row must be a JSON object")
            yield row.get("id"), _case(row, f"{path}:{number}")


def _case(row: dict[str, Any], where: str) -> Case:
    if "program" in row:
        return _program(row, where)
    if "prediction" not in row:
        hint = "".join(did_you_mean(name, _COLUMNS) for name in row if name not in _COLUMNS)
        raise UserError(f"{where}: neither a prediction nor a program{hint}")
    kind = row.get("kind")
    if kind is not None and kind not in KINDS:
        raise UserError(f"{where}: no kind {kind!r}{did_you_mean(str(kind), KINDS)}")
    prediction = _text(row["prediction"])
    choices = row.get("choices")
    return Case(
        prediction=prediction,
        gold=_text(row.get("gold")),
        kind=kind if kind in VERIFIERS else "math",
        bare=kind == "compare" or (kind in (None, "math") and _is_bare(prediction)),
        choices=tuple(map(str, choices)) if choices else None,
        params=_params(row.get("params"), where),
    )


def _program(row: dict[str, Any], where: str) -> Case:
    limits = row.get("limits") or {}
    if not isinstance(limits, dict):
        raise UserError(f"{where}: limits must be an object such as {{'wall_s': 5}}")
    tests = row.get("tests")
    if row.get("mode") is not None:
        tests = {"mode": row["mode"], "tests": tests}
    return Case(
        prediction=_text(row["program"]), kind="code", bare=True, tests=tests, params=limits
    )


def _text(value: Any) -> str | None:
    """A gold or prediction as text; 5 and [1, 2] may stand in JSON without quotes."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _params(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise UserError(f"{where}: params must be an object such as {{'decimals': 2}}")
    places = value.get("decimals")
    if places is not None and (not isinstance(places, int) or not 0 <= places <= 50):
        raise UserError(f"{where}: params.decimals must be a whole number from 0 to 50")
    return value


def _is_bare(prediction: str | None) -> bool:
    """Whether a prediction of unsaid form is an answer itself and not a reply."""
    from filters.verifiers.statements import is_value

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
    line = json.dumps(fields, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError:  # half a character in the input is written as its escape
        return json.dumps(fields)
    return line


def tell_sandbox() -> dict[str, Any]:
    """Behind which walls programs run on this machine: said on stderr, and returned."""
    from filters.verifiers import sandbox

    on = [name for name, is_on in sandbox.layers().items() if is_on]
    say(f"sandbox: {sandbox.way()} ({', '.join(on)})")
    return {"way": sandbox.way(), "layers": on}


def _say_summary(counts: Counter[tuple[str, bool]]) -> None:
    total = sum(counts.values())
    say(f"{'outcome':<18}{'keep':<8}{'rows':>8}{'share':>9}")
    for (outcome, code), rows in counts.most_common():
        keep = {True: "true", False: "false", None: "null"}[keep_of(outcome, code=code)]
        say(f"{outcome:<18}{keep:<8}{rows:>8,}{rows / total:>9.1%}")
    say(f"{'all':<26}{total:>8,}")
