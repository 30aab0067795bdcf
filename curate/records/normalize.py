"""Kept traces → records: thinking, summary and answer, rendered one way whatever the tags were.

Nothing is invented, but a last formula that holds the box is closed. A trace that cannot become a
record that reads back as itself gets a drop verdict under this stage's own name, so that every kept
trace has exactly one record.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from curate.config import Normalize
from curate.judging.remarks import NORMALIZE_ERROR, tell_defects, tell_not_judged
from curate.manifest import ask as manifest
from curate.manifest.conservation import check_conservation
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read, read_rows, row_groups
from curate.terminal.progress import Progress
from curate.workers import in_order
from filters.correctness import ANSWER
from filters.readability.markup import close_last
from filters.schema import RECORD, SNIPPET, TRACE, VERDICT, content_id
from filters.trace_format import SPACE, parse, reads_back, render

PARALLEL_FROM = 20_000  # records below which starting workers costs more than it saves


@writes("normalize")
def normalize(run: Run) -> Counter[str]:
    """Make the records that are missing. Counts: made, known, dropped. What is no longer kept
    stays stored; the view `records` leaves it out."""
    settings = run.config.normalize
    stamp = settings.settings_hash
    todo, known = _todo(run, stamp)
    counts = Counter(known=known)
    workers = run.jobs if todo.height >= PARALLEL_FROM else 1
    with Progress("normalize", todo.height, "traces") as bar:
        for piece, (made, verdicts) in in_order(
            _MakeRecords(settings, stamp), _pieces(run, todo), workers, run.config.executor
        ):
            # in this order: a record that is there is not made again, so its trace must not still
            # count as refused
            commit(run.folder("verdicts", "normalize"), verdicts, VERDICT)
            commit(run.folder("records"), made, RECORD)
            counts.update(made=made.height, dropped=piece.rows.height - made.height)
            bar.advance(piece.rows.height)
    check_conservation(run, records=True)
    tell_not_judged(run)
    tell_defects(run, "normalize")
    return counts


_KEYS = ["trace_id", "attempt", "answer"]


def clean(text: str) -> str:
    """One kind of line end, no white space around. Nothing else is touched: a verified program
    must stay the program that was verified. Cleaning twice changes nothing."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(SPACE)


def _todo(run: Run, stamp: str) -> tuple[pl.DataFrame, int]:
    """The kept traces without a record under these settings, and how many have one."""
    kept = _kept(run)
    latest = read(run.shards("records"), RECORD, [*_KEYS, "normalize_hash"])
    done = latest.unique("trace_id", keep="last").filter(pl.col("normalize_hash") == stamp)
    todo = kept.join(done, on=_KEYS, how="anti", nulls_equal=True)
    return todo, kept.height - todo.height


def _kept(run: Run) -> pl.DataFrame:
    """The traces that the filters keep, with their problem and the verified answer (a program has
    none); not those that this stage refused, unless another answer is verified since."""
    with contextlib.closing(manifest.connect(run)) as con:
        return con.sql(
            """
            with verified as (
                select t.trace_id, t.attempt, t.model, t.problem_id, p.problem,
                    p.messages as turns, p.kind, p.language, p.source, p.license,
                    case when p.kind is distinct from 'code' then
                        list_filter(c.detail, lambda d: d.what = 'answer')[1].text
                    end as answer,
                    concat_ws('/', t.response_hash, md5(coalesce(answer, ''))) as input_hash
                from traces t left join problems p on p.problem_id = t.problem_id
                left join verdicts c on c.trace_id = t.trace_id and c.filter = 'correctness'
            )
            select v.*, n.keep is false as refused
            from verified v join fates f using (trace_id)
            left join verdicts n on n.trace_id = v.trace_id and n.filter = 'normalize'
            where f.fate = 'kept'
               or (f.decided_by = 'normalize' and n.input_hash <> v.input_hash)
            order by v.trace_id
            """
        ).pl()


@dataclass(frozen=True)
class _Piece:
    """A row group of traces: what is known of those that want a record."""

    path: Path
    offset: int
    length: int
    rows: pl.DataFrame


def _pieces(run: Run, todo: pl.DataFrame) -> Iterator[_Piece]:
    for path in run.shards("traces"):
        keys = read([path], TRACE, ["trace_id", "attempt"]).with_row_index("row")
        here = todo.join(keys, on=["trace_id", "attempt"], maintain_order="left")
        for offset, length in row_groups(path) if here.height else ():
            rows = here.filter(pl.col("row").is_between(offset, offset + length, closed="left"))
            if rows.height:
                yield _Piece(path.resolve(), offset, length, rows.drop("row"))


@dataclass(frozen=True)
class _MakeRecords:
    settings: Normalize
    stamp: str

    def __call__(self, piece: _Piece) -> tuple[pl.DataFrame, pl.DataFrame]:
        columns = {name: TRACE[name] for name in ("trace_id", "attempt", "response")}
        text = read_rows(piece.path, columns, piece.offset, piece.length)
        rows = piece.rows.join(text, on=["trace_id", "attempt"], maintain_order="left")
        return _records(rows, self.settings, self.stamp)


def _records(
    rows: pl.DataFrame, settings: Normalize, stamp: str
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The records, and a verdict on each trace that is refused, or was before."""
    made, verdicts = [], []
    for row in rows.iter_rows(named=True):
        try:
            record = record_of(row, settings)
        except Exception as error:  # a defect of ours, and this row's alone
            told = f"{type(error).__name__}: {error}"[:SNIPPET]
            verdicts.append(_verdict(row, NORMALIZE_ERROR, stamp, told))
            continue
        if isinstance(record, str):
            verdicts.append(_verdict(row, record, stamp))
            continue
        made.append(record | {"normalize_hash": stamp})
        if row["refused"]:
            verdicts.append(_verdict(row, None, stamp))
    return pl.DataFrame(made, schema=RECORD), pl.DataFrame(verdicts, schema=VERDICT)


def record_of(row: dict[str, Any], settings: Normalize) -> dict[str, Any] | str:
    """The record of one kept trace, or why there can be none."""
    parts = parse(row["response"])
    if not parts.thinking or not parts.summary:
        return "no_thinking" if not parts.thinking else "no_summary"
    thinking, summary = clean(parts.thinking), close_last(clean(parts.summary))
    if not reads_back(thinking, summary) or _has_marker(settings.marker, thinking, summary):
        return "tags_inside_text"
    text = render(thinking, summary, settings.marker)
    if not _same_answer(row, summary):
        return "answer_not_in_summary"
    asked = row["turns"] or [{"role": "user", "content": row["problem"]}]
    return {name: row[name] for name in RECORD if name in row} | {
        "record_id": content_id("record", row["trace_id"], thinking, summary),
        "thinking": thinking,
        "summary": summary,
        "messages": [*asked, {"role": "assistant", "content": text}],
        "content_hash": content_id(row["problem"], thinking, summary),
    }


def _has_marker(marker: str | None, *parts: str) -> bool:
    """Whether one of the parts has the fence that would part them."""
    return marker is not None and any(f"|{marker}|" in f"|{part}|" for part in parts)


def _same_answer(row: dict[str, Any], summary: str) -> bool:
    """Whether the verifier reads in the summary alone what it verified in the whole reply."""
    from filters.verifiers.extraction.answers import extract

    if row["answer"] is None:
        return True
    found = extract(summary)
    if found is None:
        return False
    verified = _flat(row["answer"])
    read = _flat(found.answer)
    return read == verified or (len(row["answer"]) >= ANSWER and read.startswith(verified))


def _flat(text: str) -> str:
    return " ".join(text.split())


def _verdict(
    row: dict[str, Any], reason: str | None, stamp: str, told: str | None = None
) -> dict[str, Any]:
    finding = {"what": "exception", "start": None, "end": None, "text": told}
    return {
        "trace_id": row["trace_id"],
        "attempt": row["attempt"],
        "filter": "normalize",
        "filter_version": Normalize.VERSION,
        "settings_hash": stamp,
        "score_hash": stamp,
        "input_hash": row["input_hash"],
        "keep": reason is None,
        "reason": reason,
        "reasons": [reason] if reason else [],
        "detail": [finding] if told else None,
    }
