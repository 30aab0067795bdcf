"""Traces made elsewhere: from a user's file to trace rows whose id is their content.

The file's own ids stay as `source_id` and the problem's `source_problem_id`, its other columns in
`meta`. A row without its problem's text belongs to the run's problem of that id. Importing the same
file twice adds nothing; a duplicate inside it stays a row of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl

from curate.config import Source
from curate.sources.problems import (
    PROBLEM_COLUMNS,
    ProblemStore,
    json_of,
    messages_of,
    problem_row,
    text_of,
)
from curate.sources.readers import Columns, Row, converted, mended, peeked, row_count, rows
from curate.store.run_folder import Run, writes
from curate.store.shards import SHARD_BYTES, Staging, live_shards, read
from curate.terminal.progress import Progress
from filters.schema import PROBLEM, TRACE, content_id
from filters.trace_format import CLOSE, OPEN, render

TRACE_COLUMNS: dict[str, tuple[str, ...]] = {
    **PROBLEM_COLUMNS,
    "source_problem_id": ("source_problem_id", "problem_id"),
    "source_id": ("source_id", "trace_id", "id"),
    "response": ("response", "completion", "output", "generation", "generations"),
    "messages": ("messages", "conversations"),
    "thinking": ("thinking", "reasoning", "reasoning_content"),
    "model": ("model",),
    "finish_reason": ("finish_reason",),
    "num_tokens": ("num_tokens",),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": ("max_tokens",),
    "seed": ("seed",),
}
_LARGEST = 2**31
_FINISH = {
    "stop": "stop",
    "eos": "stop",
    "eos_token": "stop",
    "end_turn": "stop",
    "length": "length",
    "max_tokens": "length",
    "error": "error",
    "content_filter": "error",
}


@writes("import")
def import_traces(run: Run, source: Source) -> Counter[str]:
    """Add a file's traces and their problems to the run. Counts: rows, new, known, no_text,
    repaired, unreadable, and problems_* as `load_problems` gives them."""
    columns = Columns(source, TRACE_COLUMNS)
    first, numbered = peeked(rows(source))
    columns.check(first, (("response", "messages"), ("problem", "messages", "source_problem_id")))
    counts: Counter[str] = Counter()
    of_problems: Counter[str] = Counter()
    problems = ProblemStore(run, source)
    names_only = not any(columns.has(first, name) for name in ("problem", "messages"))
    ids = _Ids(read(live_shards(run.folder("traces")), TRACE, ["trace_id"])["trace_id"])

    def read_row(number: int, row: Row) -> tuple[Row, list[Row]]:
        # the row's other columns go with the trace
        problem = {**problem_row(columns, row, source, number), "meta": None}
        asked = problems.found(problem, number, must=names_only)
        return asked, list(_traces(columns, row, asked["problem_id"], ids, counts))

    with Staging() as staging, Progress("import", row_count(source), "rows") as bar:
        for batch in _batches(numbered):
            read_rows = list(converted(bar.over(batch), read_row, source.path, counts))
            asked = problems.new((problem for problem, _ in read_rows), of_problems)
            traces = [trace for _, traces in read_rows for trace in traces]
            staging.add(run.folder("problems"), asked, PROBLEM)
            staging.add(run.folder("traces"), pl.DataFrame(traces, schema=TRACE), TRACE)
    counts.update({f"problems_{name}": n for name, n in of_problems.items()})
    return counts


class _Ids:
    """Gives imported traces their ids: content, and how often this content came before in this
    file. Knows which of them the run has."""

    def __init__(self, have: Iterable[str]) -> None:
        self.have = set(have)
        self.seen: Counter[str] = Counter()
        self.samples: Counter[str] = Counter()

    def next(self, problem_id: str, model: str | None, response: str | None) -> tuple[str, int]:
        """(trace_id, sample_index)"""
        content = content_id("imported", problem_id, model, response)
        trace_id = content_id(content, str(self.seen[content]))
        self.seen[content] += 1
        self.samples[problem_id] += 1
        return trace_id, self.samples[problem_id] - 1


def _batches(numbered: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    """Rows gathered until their text fills a shard, so memory is bounded whatever their number."""
    batch: list[tuple[int, Row]] = []
    size = 0
    for number, row in numbered:
        batch.append((number, row))
        size += sum(len(v) if isinstance(v, str) else 100 for v in row.values())
        if size >= SHARD_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _traces(
    columns: Columns, row: Row, problem_id: str, ids: _Ids, counts: Counter[str]
) -> Iterator[Row]:
    """The traces of one input row: one, or several where `response` is a list of samples."""
    get = lambda name: columns.get(row, name)
    model = text_of(get("model"))
    meta = columns.rest(row)
    for response, repairs in _responses(columns, row):
        trace_id, sample_index = ids.next(problem_id, model, response)
        counts["rows"] += 1
        counts["no_text"] += response is None
        counts["repaired"] += bool(repairs)
        if trace_id in ids.have:
            counts["known"] += 1
            continue
        counts["new"] += 1
        finish = _FINISH.get(str(get("finish_reason")).lower())
        yield {
            "trace_id": trace_id,
            "problem_id": problem_id,
            "sample_index": sample_index,
            "attempt": 0,
            "response": response,
            "response_hash": None if response is None else content_id(response),
            "finish_reason": "error" if response is None else finish,
            "error": "no_text" if response is None else None,
            "repaired": " ".join(repairs) or None,
            "num_tokens": _number(get("num_tokens"), int),
            "origin": "imported",
            "model": model,
            "temperature": _number(get("temperature"), float),
            "top_p": _number(get("top_p"), float),
            "max_tokens": _number(get("max_tokens"), int),
            "seed": _number(get("seed"), int),
            "source_id": text_of(get("source_id")),
            "meta": json_of(meta) if meta else None,
        }


def _responses(columns: Columns, row: Row) -> Iterator[tuple[str | None, list[str]]]:
    """(text, repairs) of each sample in the row."""
    value = columns.get(row, "response")
    conversation = messages_of(columns.get(row, "messages")) or messages_of(value)
    if conversation and (value is None or messages_of(value)):
        value = conversation[-1]["content"] if conversation[-1]["role"] == "assistant" else None
    samples = value if isinstance(value, list) else [value]
    for sample in samples or [None]:
        text = None if sample is None else sample if isinstance(sample, str) else json_of(sample)
        yield _mended(text, columns.get(row, "thinking"))


def _mended(text: str | None, thinking: Any) -> tuple[str | None, list[str]]:
    """The text as it will be stored, and what was done to it: broken Unicode replaced, a separate
    reasoning column joined (with no closing tag where the reply is empty: it was cut off)."""
    repairs = []
    if isinstance(thinking, str) and thinking.strip() and CLOSE not in (text or ""):
        text = render(thinking.strip(), text) if text else f"{OPEN}\n{thinking.strip()}"
        repairs.append("assembled")
    if text is not None:
        text, broken = mended(text)
        repairs += [f"lone_surrogates={broken}"] if broken else []
    return text, repairs


def _number(value: Any, number: type[int] | type[float]) -> int | float | None:
    """A number where it is one that fits; a note such as `unknown` is none."""
    try:
        found = number(value) if value is not None else None
    except (TypeError, ValueError, OverflowError):
        return None
    return found if found is None or abs(found) < _LARGEST else None
