"""The filter stage: every active filter's verdict on every trace, nothing judged twice.

Three ways to a verdict, cheapest first: it is there (same settings, same input); its scores are
there under other thresholds, so it is derived without reading text; or the text is read, once
for all filters that need it, a few hundred rows at a time. Group filters come after, from stored
signatures and verdicts alone.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from curate.checking.verify_file import tell_sandbox
from curate.judging.active import active_filters
from curate.judging.group_filters import judge_groups, sign, signature_schema, unsigned
from curate.judging.remarks import tell_defects, tell_not_checked
from curate.judging.texts import text_reader, trace_facts
from curate.manifest.by_trace import KEY, Traces, scan
from curate.manifest.conservation import check_conservation
from curate.manifest.fates import Judge, Verdicts
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run, writes
from curate.store.shards import commit, read, read_rows
from curate.terminal.progress import Progress
from curate.workers import in_order
from filters.base import Filter, GroupFilter, Reader
from filters.schema import TRACE, VERDICT
from filters.trace_format import parse_columns

PIECE = 2_000
"""texts judged at once: enough for what an operation on a frame costs, few enough that progress
moves and that workers end at about the same time"""
PROGRAM = 20  # a program that is run takes as long as twenty texts, at least
PARALLEL_FROM = 2_000  # texts below which starting workers costs more than it saves
COMMIT_ROWS = 40_000
"""verdicts of a filter in one shard, in the order of the traces; fixed by content, not by time, so
the same work gives the same shards. For correctness a program counts as `PROGRAM` texts, as it is
dear to judge again"""
_Verdicts = dict[str, pl.DataFrame]
"""of one piece, by filter"""
_PROBLEM_TEXT = ["problem_id", "problem", "gold", "choices", "tests"]
_WORK = ["shard", "group", "row", "runs", "weight", "piece", "ends_group"]
"""columns that say where a text lies and when its turn is"""


@writes("filter")
def filter_traces(run: Run) -> Counter[str]:
    """Bring all verdicts up to date. Counts per filter: read (from text), derived, grouped."""
    filters = active_filters(run.config)
    run.note(active={name: f.settings_hash for name, f in filters.items()})
    counts: Counter[str] = Counter()
    traces = Traces(trace_facts(run))
    verdicts = Verdicts(run, traces)
    unread = {name: _unread(run, f, verdicts, counts) for name, f in filters.items()}
    _note_sandbox(run, traces.frame, unread)
    _read_text(run, filters, traces.frame, unread, counts)
    judge_groups(run, verdicts, filters, counts)
    check_conservation(run, verdicts)
    tell_not_checked(run)
    tell_defects(run)
    return counts


def _note_sandbox(run: Run, facts: pl.DataFrame, unread: dict[str, pl.Series]) -> None:
    """Say and record behind which walls the programs will run, where there are any."""
    if "correctness" in unread and (unread["correctness"] & facts["runs"]).any():
        run.note(sandbox=tell_sandbox())


def _unread(run: Run, f: Filter, verdicts: Verdicts, counts: Counter[str]) -> pl.Series:
    """Which texts this filter must read: no verdict, and no scores to derive it from."""
    if isinstance(f, GroupFilter):
        return unsigned(run, f, verdicts.traces)
    traces = verdicts.traces
    have = verdicts.read(Judge(f.name, f.settings_hash), "input_hash")
    # without text the input_hash is null, and null is as good an input as any
    wanted = traces.frame.with_columns(f.input_hash().alias("input_hash"))["input_hash"]
    missing = ~(have.there & have.columns.get_column("input_hash").eq_missing(wanted))
    return missing & ~_derived(run, f, traces, wanted, missing, counts)


def _derived(
    run: Run,
    f: Filter,
    traces: Traces,
    wanted: pl.Series,
    missing: pl.Series,
    counts: Counter[str],
) -> pl.Series:
    """Which of the missing verdicts could be had from stored scores, and now are."""
    left = missing.to_numpy().copy()
    same = pl.col("score_hash") == f.score_hash
    for path in reversed(run.shards("verdicts", f.name)):
        if not left.any():
            break
        found = scan([path], VERDICT, ["input_hash"], same)
        rows = traces.rows(found)
        inputs = wanted.gather(pl.Series(rows).clip(0))
        fits = (rows >= 0) & left[rows] & found["input_hash"].eq_missing(inputs).to_numpy()
        if fits.any():
            scored = read([path], VERDICT).filter(same).filter(pl.Series(fits))
            commit(run.folder("verdicts", f.name), f.derive(scored), VERDICT)
            counts[f"{f.name}.derived"] += scored.height
            left[rows[fits]] = False
    return missing & ~pl.Series(left)


@dataclasses.dataclass(frozen=True)
class _Piece:
    """Neighbours in a trace shard, and which of them which filter must read."""

    path: Path
    rows: pl.DataFrame  # what is known without text, and a boolean column per filter
    problems: pl.DataFrame
    parents: pl.DataFrame  # the texts that rewritings among them were made from
    ends_group: bool  # is it the last of its row group?


def _read_text(
    run: Run,
    filters: dict[str, Filter],
    facts: pl.DataFrame,
    unread: dict[str, pl.Series],
    counts: Counter[str],
) -> None:
    needed = {name: f for name, f in filters.items() if unread[name].any()}
    if not needed:
        return
    marks = [unread[name].alias(_mark(name)) for name in needed]
    wanted = facts.with_columns(marks).filter(pl.any_horizontal(*map(_mark, needed)))
    weight = pl.when("runs").then(PROGRAM).otherwise(1)
    wanted = wanted.with_columns(weight.alias("weight"))
    workers = run.jobs if wanted["weight"].sum() >= PARALLEL_FROM else 1
    store = _VerdictStore(run, needed)
    try:
        with Progress("filter", wanted.height, "traces") as bar:
            for piece, verdicts in in_order(
                _JudgePiece(needed), _pieces(run, facts, wanted), workers, run.config.executor
            ):
                store.add(verdicts, piece)
                bar.advance(piece.rows.height)
                counts.update({f"{name}.read": rows.height for name, rows in verdicts.items()})
    finally:
        store.flush()


def _mark(name: str) -> str:
    """The column that says what a filter must read; `language` alone is the problem's."""
    return f"_{name}_reads"


def _pieces(run: Run, facts: pl.DataFrame, wanted: pl.DataFrame) -> Iterator[_Piece]:
    """Of the texts, in the order of the shards; none reaches over two row groups."""
    shards = [path.resolve() for path in run.shards("traces")]
    texts = latest_problems(run).select(_PROBLEM_TEXT)
    group = ["shard", "group"]
    number = (pl.col("weight").cum_sum() - 1).over(group) // PIECE
    numbered = wanted.with_columns(number.alias("piece")).with_columns(
        (pl.col("piece") == pl.col("piece").last()).over(group).alias("ends_group")
    )
    read_texts = text_reader(run, facts)
    for (shard, *_), rows in numbered.group_by(*group, "piece", maintain_order=True):
        asked = texts.join(rows, on="problem_id", how="semi")
        parents = _parents(read_texts, rows)
        yield _Piece(shards[int(str(shard))], rows, asked, parents, rows["ends_group"][0])


def _parents(read_texts: Reader, rows: pl.DataFrame) -> pl.DataFrame:
    """parent_trace_id and the text, of those that have one."""
    nothing = pl.DataFrame(schema={"trace_id": pl.String, "response": pl.String})
    ids = rows["parent_trace_id"].drop_nulls().unique().to_list()
    found = (text.select(nothing.columns) for text in (read_texts(ids) if ids else ()))
    return pl.concat([nothing, *found]).rename(
        {"trace_id": "parent_trace_id", "response": "parent"}
    )


@dataclasses.dataclass(frozen=True)
class _JudgePiece:
    filters: dict[str, Filter]

    def __call__(self, piece: _Piece) -> _Verdicts:
        columns = {name: TRACE[name] for name in (*KEY, "response")}
        first, last = piece.rows["row"][0], piece.rows["row"][-1]
        text = read_rows(piece.path, columns, first, last - first + 1)
        frame = text.join(piece.rows, on=KEY, maintain_order="left")
        for more, key in ((piece.problems, "problem_id"), (piece.parents, "parent_trace_id")):
            frame = frame.join(more, on=key, how="left", maintain_order="left")
        marks = frame.select(map(_mark, self.filters))
        frame = parse_columns(frame.drop(marks.columns, _WORK))
        result = {}
        for name, f in self.filters.items():
            wanted = marks.get_column(_mark(name)).fill_null(False)
            rows = frame if wanted.all() else frame.filter(wanted)
            result[name] = sign(f, rows) if isinstance(f, GroupFilter) else f.judge(rows)
        return result


class _VerdictStore:
    """Gathers verdicts and commits a shard per filter every `COMMIT_ROWS` rows."""

    def __init__(self, run: Run, filters: dict[str, Filter]) -> None:
        self.run, self.filters = run, filters
        self.frames: dict[str, list[pl.DataFrame]] = {name: [] for name in filters}
        self.work = dict.fromkeys(filters, 0)

    def add(self, verdicts: _Verdicts, piece: _Piece) -> None:
        for name, frame in verdicts.items():
            self.frames[name].append(frame)
            dear = name == "correctness"
            self.work[name] += int(piece.rows["weight"].sum()) if dear else frame.height
            if piece.ends_group and self.work[name] >= COMMIT_ROWS:
                self._commit(name)

    def flush(self) -> None:
        for name in self.filters:
            self._commit(name)

    def _commit(self, name: str) -> None:
        frames, self.frames[name], self.work[name] = self.frames[name], [], 0
        if not frames:
            return
        rows = pl.concat(frames)
        f = self.filters[name]
        if isinstance(f, GroupFilter):
            commit(self.run.folder("signatures", name), rows, signature_schema(f))
        else:
            commit(self.run.folder("verdicts", name), rows, VERDICT)
