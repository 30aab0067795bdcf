"""Traces made elsewhere: from a user's file to trace rows whose id is their content.

The file's own ids stay as `source_id` and the problem's `source_problem_id`, its other columns in
`meta`. A row without its problem's text belongs to the run's problem of that id. Importing the same
file twice adds nothing; a duplicate inside it stays a row of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

import polars as pl

from curate.config import Source
from curate.sources.columns import Columns
from curate.sources.doubts import Doubts
from curate.sources.layouts.layout import Row
from curate.sources.plain_values import json_of, text_of
from curate.sources.problem_rows import PROBLEM_COLUMNS, problem_row
from curate.sources.problem_store import ProblemStore
from curate.sources.problems import check_columns, opened
from curate.sources.readers import converted, row_count
from curate.sources.samples import Sample, number_of, samples_of
from curate.sources.superseded import without_superseded
from curate.store.run_folder import Run, writes
from curate.store.shards import SHARD_BYTES, Staging, read
from curate.terminal.progress import Progress, say
from filters.schema import TRACE, content_id

TRACE_COLUMNS: dict[str, tuple[str, ...]] = {
    **PROBLEM_COLUMNS,
    "source_problem_id": ("source_problem_id", "problem_id"),
    "source_id": ("source_id", "trace_id", "id"),
    "response": (
        *("response", "completion", "output", "generation", "generations", "responses"),
        "content",
    ),
    "thinking": ("thinking", "reasoning", "reasoning_content"),
    "model": ("model",),
    "finish_reason": ("finish_reason", "finish_reasons"),
    "correct": ("correctness_math_verify", "correct", "is_correct"),
    "num_tokens": ("num_tokens",),
    "temperature": ("temperature",),
    "top_p": ("top_p",),
    "max_tokens": ("max_tokens",),
    "seed": ("seed",),
}
REQUIRED = (("response", "messages"), ("problem", "messages", "source_problem_id"))
HOW = "say which it is with --map {}={} (problems without traces come in with --problems)"

GOLDLESS = (
    "no problem has a gold, so correctness stays undecided: a file of the same problem texts adds "
    "them, curate import RUN FILE --problems (columns problem and gold, or tests)"
)


@writes("import")
def import_traces(run: Run, source: Source) -> Counter[str]:
    """Add a file's traces and their problems to the run. Counts: rows, new, known, no_text,
    repaired, unreadable, superseded, and problems_* as `load_problems` gives them."""
    source, columns, first, numbered = opened(source, TRACE_COLUMNS)
    check_columns(source, columns, first, REQUIRED, how=HOW)
    counts: Counter[str] = Counter()
    numbered = without_superseded(numbered, source, columns.layout, counts)
    of_problems: Counter[str] = Counter()
    problems = ProblemStore(run, source)
    doubts = Doubts(source, columns, first)
    ids = _Ids(read(run.shards("traces"), TRACE, ["trace_id"])["trace_id"])

    def read_row(number: int, row: Row) -> tuple[Row, list[Row]]:
        asked = problems.found(problem_row(columns, row, source), must=doubts.named_only)
        samples = samples_of(columns, row, source.reply_is == "thinking")
        traces = list(_traces(columns, row, samples, asked["problem_id"], ids, counts))
        return asked, traces

    with Staging() as staging, Progress("import", row_count(source), "rows") as bar:
        for batch in _batches(numbered):
            read_rows = list(converted(bar.over(batch), read_row, source.where, counts))
            asked = [problem for problem, _ in read_rows]
            if doubts.wants_more:
                known = problems.with_known_golds(asked)
                for problem, (_, of_row) in zip(known, read_rows, strict=True):
                    doubts.look(problem, of_row)
            doubts.check()
            problems.add(staging, asked, of_problems)
            traces = [trace for _, of_row in read_rows for trace in of_row]
            staging.add(run.folder("traces"), pl.DataFrame(traces, schema=TRACE), TRACE)
    if of_problems["no_gold"] and of_problems["no_gold"] == of_problems["new"]:
        say(f"{source.where}: {GOLDLESS}")
    counts.update({f"problems_{name}": n for name, n in of_problems.items()})
    return counts


class _Ids:
    """Gives imported traces their ids: content, and how often this content came before in this
    file. Knows which of them the run has."""

    def __init__(self, have: Iterable[str]) -> None:
        self.have = set(have)
        self.seen: Counter[int] = Counter()  # by the half of a content's id, to be held in less
        self.samples: Counter[str] = Counter()

    def next(self, problem_id: str, model: str | None, response: str | None) -> tuple[str, int]:
        """(trace_id, sample_index)"""
        content = content_id("imported", problem_id, model, response)
        half = int(content[:16], 16)
        trace_id = content_id(content, str(self.seen[half]))
        self.seen[half] += 1
        self.samples[problem_id] += 1
        return trace_id, self.samples[problem_id] - 1


def _batches(numbered: Iterator[tuple[int, Row]]) -> Iterator[list[tuple[int, Row]]]:
    """Rows gathered until their text fills a shard, so memory is bounded whatever their number."""
    batch: list[tuple[int, Row]] = []
    size = 0
    for number, row in numbered:
        batch.append((number, row))
        size += _size(row)
        if size >= SHARD_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _size(value: object) -> int:
    """Characters of all text in it, however nested, and something for what is no text."""
    size, inside = 0, [value]
    while inside:
        item = inside.pop()
        size += len(item) if isinstance(item, str | bytes) else 100
        if isinstance(item, dict | list):
            inside += item.values() if isinstance(item, dict) else item
    return size


def _traces(
    columns: Columns,
    row: Row,
    samples: Iterable[Sample],
    problem_id: str,
    ids: _Ids,
    counts: Counter[str],
) -> Iterator[Row]:
    """The traces of one input row: one for each sample."""
    of_row = _of_row(columns, row)
    rest = columns.rest(row)
    for sample in samples:
        text = sample.text
        trace_id, sample_index = ids.next(problem_id, sample.model, text)
        counts["rows"] += 1
        counts["no_text"] += text is None
        counts["repaired"] += bool(sample.repairs)
        if trace_id in ids.have:
            counts["known"] += 1
            continue
        counts["new"] += 1
        meta = rest if sample.correct is None else {**rest, "said_correct": sample.correct}
        yield {
            **of_row,
            "trace_id": trace_id,
            "problem_id": problem_id,
            "sample_index": sample_index,
            "attempt": 0,
            "response": text,
            "response_hash": None if text is None else content_id(text),
            "finish_reason": "error" if text is None else sample.finish_reason,
            "error": "no_text" if text is None else None,
            "repaired": " ".join(sample.repairs) or None,
            "origin": "imported",
            "model": sample.model,
            "meta": json_of(meta) if meta else None,
        }


def _of_row(columns: Columns, row: Row) -> Row:
    """What holds for all samples of a row."""
    get = lambda name: columns.get(row, name)
    numbers = ("num_tokens", "max_tokens", "seed")
    return {
        "source_id": text_of(get("source_id")),
        **{name: number_of(get(name), int) for name in numbers},
        **{name: number_of(get(name), float) for name in ("temperature", "top_p")},
    }
