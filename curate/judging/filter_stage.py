"""The filter stage: every active filter's verdict on every trace, nothing judged twice.

Three ways to a verdict, cheapest first: it is there (same settings, same input); its scores are
there under other thresholds, so it is derived without reading text; or the text is read, once
for all filters that need it, row group by row group. Group filters come after, from stored
signatures and verdicts alone.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait as wait_for_parent
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from pydantic import TypeAdapter, ValidationError

from curate.checking.verify_file import tell_sandbox
from curate.config import Config
from curate.judging.group_filters import judge_groups, sign, signature_schema, unsigned
from curate.manifest import index as manifest
from curate.manifest.aligned import KEY, Traces, scan
from curate.manifest.fates import Judge, Verdicts
from curate.sources.problems import latest_problems
from curate.store.run_folder import Run
from curate.store.shards import commit, live_shards, read, read_rows, row_groups
from curate.terminal.progress import Progress, say
from filters import FILTERS
from filters.base import Filter, GroupFilter
from filters.errors import UserError, did_you_mean
from filters.plugins import load
from filters.schema import TRACE, VERDICT
from filters.texts import on_compiling
from filters.trace_format import parse_columns

_Verdicts = dict[str, pl.DataFrame]
"""of one piece, by filter"""
COMMIT_ROWS = 20_000
"""verdicts of a filter in one shard; fixed by content, not by time, so the same work gives the same
shards. What is dear to judge (correctness) is committed row group by row group"""
PARALLEL_FROM = 2_000  # rows of text below which starting workers costs more than it saves
RESERVED = ("human", "normalize", "traces", "total", "not_judged")
"""names of what decides beside filters"""
_TRACE_FACTS = [
    *("trace_id", "attempt", "problem_id", "sample_index", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "model"),
]
_PROBLEM_FACTS = ["problem_id", "kind", "gold_hash", "language", "source"]
_PROBLEM_TEXT = ["problem_id", "problem", "gold", "choices", "tests"]


def active_filters(config: Config) -> dict[str, Filter]:
    """Name -> filter with its settings, in funnel order: the built-in ones unless switched off,
    then the user's own. Group filters come last, `select` at the very end."""
    own = [name for name in config.filters if name not in FILTERS]
    for name in own:
        load(name, "filters", "filter", FILTERS)  # also one that is switched off may be misspelt
    chosen: list[Filter] = []
    for name in [*FILTERS, *own]:
        settings = config.filters.get(name, True)
        if settings is not False:
            chosen.append(_make(name, {} if settings is True else settings))
    if not chosen:
        raise UserError("filters: every filter is switched off, so nothing would be judged")
    for name, times in Counter(f.name for f in chosen).items():
        if times > 1:
            raise UserError(f"filters: {times} filters are called {name!r}; rename yours")
    chosen.sort(key=lambda f: (f.name == "select", isinstance(f, GroupFilter)))
    return {f.name: f for f in chosen}


def judge(run: Run) -> Counter[str]:
    """Bring all verdicts up to date. Counts per filter: read (from text), derived, grouped."""
    filters = active_filters(run.config)
    run.note(active={name: f.settings_hash for name, f in filters.items()})
    counts: Counter[str] = Counter()
    traces = Traces(_facts(run))
    verdicts = Verdicts(run, traces)
    unread = {name: _unread(run, f, verdicts, counts) for name, f in filters.items()}
    _note_sandbox(run, traces.frame, unread)
    _read_text(run, filters, traces.frame, unread, counts)
    judge_groups(run, verdicts, filters, counts)
    manifest.check_conservation(run, verdicts)
    return counts


def _note_sandbox(run: Run, facts: pl.DataFrame, unread: dict[str, pl.Series]) -> None:
    """Say and record behind which walls the programs will run, where there are any."""
    if "correctness" in unread and (unread["correctness"] & (facts["kind"] == "code")).any():
        run.note(sandbox=tell_sandbox())


def settings_hashes(config: Config) -> dict[str, str]:
    """Of the active filters, in funnel order. Reads what settings name (benchmark files, a
    tokenizer), so a mistake there is found before the config gets into run.yaml."""
    return {name: f.settings_hash for name, f in active_filters(config).items()}


def _make(name: str, settings: dict[str, Any]) -> Filter:
    cls = load(name, "filters", "filter", FILTERS)
    if not (isinstance(cls, type) and issubclass(cls, Filter)):
        raise UserError(
            f"filters: {name!r} is no filter, which is a subclass of filters.base.Filter"
        )
    own_name = getattr(cls, "name", None)
    if not re.fullmatch("[a-z][a-z0-9_]*", str(own_name)) or own_name in RESERVED:
        raise UserError(
            f"filters: {name!r} has the name {own_name!r}; small letters, digits and _ are wanted, "
            f"and none of {', '.join(RESERVED)}"
        )
    known = [f.name for f in dataclasses.fields(cls)]
    for key in settings:
        if key not in known:
            raise UserError(f"filters.{name}: no setting {key!r}{did_you_mean(key, known)}")
        if isinstance(settings[key], float) and math.isnan(settings[key]):
            raise UserError(f"filters.{name}.{key}: a number is wanted, not nan")
    try:
        # read as JSON: strict about numbers, and yet a list may stand for a tuple, 1 for 1.0
        as_json = json.dumps(settings, default=str)
        made: Filter = TypeAdapter(cls).validate_json(as_json, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(p) for p in first["loc"])
        message = f"filters.{name}.{key}: {first['msg'].lower()}, not {first['input']!r}"
        raise UserError(message[:300]) from None
    return made


def _facts(run: Run) -> pl.DataFrame:
    """What is known of the latest attempt of each trace without reading text, and where it lies:
    columns of trace and problem, `shard` and `group`."""
    frames = []
    for number, path in enumerate(live_shards(run.folder("traces"))):
        groups = [length for _, length in row_groups(path)]
        frames.append(
            read([path], TRACE, _TRACE_FACTS).with_columns(
                pl.lit(number, dtype=pl.Int32).alias("shard"),
                pl.Series("group", np.repeat(np.arange(len(groups)), groups), dtype=pl.Int32),
            )
        )
    if not frames:
        raise UserError(
            f"{run.path} holds no traces yet; "
            "`curate import RUN FILE` or `curate generate RUN` brings some"
        )
    traces = pl.concat(frames).sort("attempt", "shard", maintain_order=True)
    traces = traces.unique("trace_id", keep="last", maintain_order=True).sort("shard", "group")
    problems = latest_problems(run).select(_PROBLEM_FACTS)
    return traces.join(problems, on="problem_id", how="left", maintain_order="left")


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
            commit(run.folder("verdicts", f.name), f.derive(scored).sort(KEY), VERDICT)
            counts[f"{f.name}.derived"] += scored.height
            left[rows[fits]] = False
    return missing & ~pl.Series(left)


@dataclasses.dataclass(frozen=True)
class _Piece:
    """One row group of a trace shard, and which of its traces which filter must read."""

    path: Path
    offset: int
    length: int
    rows: pl.DataFrame  # what is known without text, and a boolean column per filter
    problems: pl.DataFrame


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
    workers = run.jobs if wanted.height >= PARALLEL_FROM else 1
    store = _VerdictStore(run, needed)
    try:
        with Progress("filter", wanted.height, "traces") as bar:
            for result in _in_order(_JudgePiece(needed), _pieces(run, wanted), workers):
                store.add(result)
                rows = max(frame.height for frame in result.values())
                bar.advance(rows)
                counts.update({f"{name}.read": frame.height for name, frame in result.items()})
    finally:
        store.flush()


def _mark(name: str) -> str:
    """The column that says what a filter must read; `language` alone is the problem's."""
    return f"_{name}_reads"


def _pieces(run: Run, wanted: pl.DataFrame) -> Iterator[_Piece]:
    shards = live_shards(run.folder("traces"))
    texts = latest_problems(run).select(_PROBLEM_TEXT)
    for (shard, group), rows in wanted.group_by("shard", "group", maintain_order=True):
        offset, length = row_groups(shards[int(str(shard))])[int(str(group))]
        yield _Piece(
            shards[int(str(shard))],
            offset,
            length,
            rows.drop("shard", "group"),
            texts.join(rows, on="problem_id", how="semi"),
        )


@dataclasses.dataclass(frozen=True)
class _JudgePiece:
    filters: dict[str, Filter]

    def __call__(self, piece: _Piece) -> _Verdicts:
        columns = {name: TRACE[name] for name in (*KEY, "response")}
        text = read_rows(piece.path, columns, piece.offset, piece.length)
        frame = text.join(piece.rows, on=KEY, maintain_order="left").join(
            piece.problems, on="problem_id", how="left", maintain_order="left"
        )
        marks = frame.select(map(_mark, self.filters))
        frame = parse_columns(frame.drop(marks.columns))
        result = {}
        for name, f in self.filters.items():
            wanted = marks.get_column(_mark(name)).fill_null(False)
            rows = frame if wanted.all() else frame.filter(wanted)
            result[name] = sign(f, rows) if isinstance(f, GroupFilter) else f.judge(rows)
        return result


def _in_order(task: _JudgePiece, pieces: Iterator[_Piece], workers: int) -> Iterator[_Verdicts]:
    """Results in the order of the pieces whatever the number of workers, so that it changes
    nothing in the shards; at most a few pieces are in flight."""
    if workers == 1:
        on_compiling(_tell_of_compiling)
        yield from map(task, pieces)
        return
    os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // workers)))
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start_worker)
    try:
        flying: list[Future[_Verdicts]] = []
        for piece in pieces:
            flying.append(pool.submit(task, piece))
            if len(flying) > 2 * workers:
                yield _awaited(flying.pop(0))
        yield from map(_awaited, flying)
    except BaseException:  # Ctrl-C: nobody waits for pieces that will be judged again anyway
        for worker in active_children():
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _tell_of_compiling() -> None:
    say("filter: compiling, which takes half a minute and comes once after an installation")


def _awaited(future: Future[_Verdicts]) -> _Verdicts:
    """The result, waited for in short turns: polars' handler of Ctrl-C restarts a wait that is
    interrupted, so that Python would not hear of it before the wait is over."""
    while not wait([future], timeout=0.2).done:
        pass
    return future.result()


def _start_worker() -> None:
    """Ctrl-C is the parent's to handle: it commits what is judged, then ends the workers. A parent
    that was killed ends nobody, so a worker watches it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_compiling(_tell_of_compiling)
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait_for_parent([sentinel])
    os._exit(1)


class _VerdictStore:
    """Gathers verdicts and commits a shard per filter every `COMMIT_ROWS` rows."""

    def __init__(self, run: Run, filters: dict[str, Filter]) -> None:
        self.run, self.filters = run, filters
        self.frames: dict[str, list[pl.DataFrame]] = {name: [] for name in filters}

    def add(self, result: dict[str, pl.DataFrame]) -> None:
        for name, frame in result.items():
            self.frames[name].append(frame)
            rows = sum(f.height for f in self.frames[name])
            if rows >= (1 if name == "correctness" else COMMIT_ROWS):
                self._commit(name)

    def flush(self) -> None:
        for name in self.filters:
            self._commit(name)

    def _commit(self, name: str) -> None:
        frames, self.frames[name] = self.frames[name], []
        if not frames:
            return
        rows = pl.concat(frames).sort(KEY)
        f = self.filters[name]
        if isinstance(f, GroupFilter):
            commit(self.run.folder("signatures", name), rows, signature_schema(f))
        else:
            commit(self.run.folder("verdicts", name), rows, VERDICT)
