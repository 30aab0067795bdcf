"""The filter stage: every active filter's verdict on every trace, nothing judged twice.

Three ways to a verdict, cheapest first: it is there (same settings, same input); its scores are
there under other thresholds, so it is derived without reading text; or the text is read, once
for all filters that need it, row group by row group. Group filters come after, from stored
signatures and verdicts alone.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import math
import os
import re
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.connection import wait as wait_for_parent
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import TypeAdapter, ValidationError

from curate import manifest
from curate.config import Config
from curate.problems import latest_problems
from curate.progress import Progress
from curate.run import Run
from curate.shards import commit, live_shards, read, read_rows, replace, row_groups
from curate.verify import tell_sandbox
from filters import FILTERS
from filters.base import Filter, GroupFilter, Reader
from filters.errors import UserError, did_you_mean
from filters.schema import TRACE, VERDICT, content_id
from filters.trace_format import parse_columns

_Verdicts = dict[str, pl.DataFrame]
"""of one piece, by filter"""
COMMIT_ROWS = 20_000
"""verdicts of a filter in one shard; fixed by content, not by time, so the same work gives the same
shards. What is dear to judge (correctness) is committed row group by row group"""
PARALLEL_FROM = 2_000  # rows of text below which starting workers costs more than it saves
RESERVED = ("human", "normalize", "traces", "total", "not_judged")
"""names of what decides beside filters"""
KEY = ["trace_id", "attempt"]
_TRACE_FACTS = [
    *("trace_id", "attempt", "problem_id", "sample_index", "response_hash"),
    *("finish_reason", "error", "num_tokens", "origin", "model"),
]
_PROBLEM_FACTS = ["problem_id", "kind", "gold_hash", "language", "source"]
_PROBLEM_TEXT = ["problem_id", "problem", "gold", "choices", "tests"]


def active_filters(config: Config) -> dict[str, Filter]:
    """Name -> filter with its settings, in funnel order: the built-in ones unless switched off,
    then the user's own. Group filters come last, `select` at the very end."""
    for name in config.filters:
        if name not in FILTERS and ":" not in name:
            raise UserError(
                f"filters: no filter {name!r}{did_you_mean(name, FILTERS)} "
                "(your own is named module:Class)"
            )
    own = [name for name in config.filters if name not in FILTERS]
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
    facts = _facts(run)
    missing = {name: _missing(run, f, facts, counts) for name, f in filters.items()}
    _note_sandbox(run, missing, facts)
    _read_text(run, filters, missing, facts, counts)
    with manifest.group_frames(run) as frame_before:
        for f in filters.values():
            if isinstance(f, GroupFilter):
                _judge_groups(run, f, frame_before(f.name), _reader(run, facts), counts)
    manifest.check_conservation(run)
    return counts


def _note_sandbox(run: Run, missing: dict[str, pl.DataFrame], facts: pl.DataFrame) -> None:
    """Say and record behind which walls the programs will run, where there are any."""
    judged = missing.get("correctness", facts.clear())
    if facts.filter(pl.col("kind") == "code").join(judged, on=KEY, how="semi").height:
        run.note(sandbox=tell_sandbox())


def settings_hashes(config: Config) -> dict[str, str]:
    """Of the active filters, in funnel order. Reads what settings name (benchmark files, a
    tokenizer), so a mistake there is found before the config gets into run.yaml."""
    return {name: f.settings_hash for name, f in active_filters(config).items()}


def _make(name: str, settings: dict[str, Any]) -> Filter:
    place = FILTERS.get(name, name)
    module, _, attribute = place.partition(":")
    try:
        cls = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name and not module.startswith(error.name):
            raise
        raise UserError(f"filters: no module {module!r} for filter {name!r}") from None
    except AttributeError:
        raise UserError(f"filters: module {module!r} has no {attribute!r}") from None
    except ValueError:
        raise UserError(f"filters: {name!r} is no module:Class") from None
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
        groups = [g for g, (_, n) in enumerate(row_groups(path)) for _ in range(n)]
        frames.append(
            read([path], TRACE, _TRACE_FACTS).with_columns(
                pl.lit(number, dtype=pl.Int32).alias("shard"),
                pl.Series("group", groups, dtype=pl.Int32),
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


def _missing(run: Run, f: Filter, facts: pl.DataFrame, counts: Counter[str]) -> pl.DataFrame:
    """The keys whose text this filter must read: no verdict, and no scores to derive it from."""
    wanted = facts.select(*KEY, f.input_hash().alias("input_hash"))
    if isinstance(f, GroupFilter):
        return _unsigned(run, f, wanted)
    folder = run.folder("verdicts", f.name)
    have = _stored(folder)
    active = have.filter(pl.col("settings_hash") == f.settings_hash)
    latest = active.unique(KEY, keep="last")
    # without text the input_hash is null, and null is as good an input as any
    missing = wanted.join(latest, on=[*KEY, "input_hash"], how="anti", nulls_equal=True)
    scored = have.filter(pl.col("score_hash") == f.score_hash).unique(KEY, keep="last")
    derivable = missing.join(scored, on=[*KEY, "input_hash"], how="semi", nulls_equal=True)
    if derivable.height:
        counts[f"{f.name}.derived"] += _derive(folder, f, derivable)
        missing = missing.join(derivable, on=KEY, how="anti")
    return missing.select(KEY)


def _stored(folder: Path) -> pl.DataFrame:
    columns = [*KEY, "settings_hash", "score_hash", "input_hash"]
    return read(live_shards(folder), VERDICT, columns)


def _derive(folder: Path, f: Filter, wanted: pl.DataFrame) -> int:
    """Verdicts under new thresholds from stored scores."""
    done = 0
    left = wanted
    for path in reversed(live_shards(folder)):
        rows = read([path], VERDICT).filter(pl.col("score_hash") == f.score_hash)
        rows = rows.unique(KEY, keep="last")
        rows = rows.join(left, on=[*KEY, "input_hash"], how="semi", nulls_equal=True)
        if rows.height:
            commit(folder, f.derive(rows).sort(KEY), VERDICT)
            left = left.join(rows, on=KEY, how="anti")
            done += rows.height
    return done


@dataclasses.dataclass(frozen=True)
class _Piece:
    """One row group of a trace shard, and which of its traces which filter must read."""

    path: Path
    offset: int
    length: int
    wanted: pl.DataFrame  # trace_id, attempt, and a boolean column per filter
    problems: pl.DataFrame
    facts: pl.DataFrame


def _read_text(
    run: Run,
    filters: dict[str, Filter],
    missing: dict[str, pl.DataFrame],
    facts: pl.DataFrame,
    counts: Counter[str],
) -> None:
    needed = {name: f for name, f in filters.items() if missing.get(name, facts.clear()).height}
    if not needed:
        return
    wanted = facts.select(*KEY, "problem_id", "shard", "group")
    for name in needed:
        marked = missing[name].with_columns(pl.lit(True).alias(_mark(name)))
        wanted = wanted.join(marked, on=KEY, how="left", maintain_order="left")
    wanted = wanted.filter(pl.any_horizontal(*map(_mark, needed)))
    pieces = _pieces(run, wanted, facts)
    workers = run.jobs if wanted.height >= PARALLEL_FROM else 1
    store = _VerdictStore(run, needed)
    try:
        with Progress("filter", wanted.height, "traces") as bar:
            for result in _in_order(_JudgePiece(needed), pieces, workers):
                store.add(result)
                rows = max(frame.height for frame in result.values())
                bar.advance(rows)
                counts.update({f"{name}.read": frame.height for name, frame in result.items()})
    finally:
        store.flush()


def _mark(name: str) -> str:
    """The column that says what a filter must read; `language` alone is the problem's."""
    return f"_{name}_reads"


def _pieces(run: Run, wanted: pl.DataFrame, facts: pl.DataFrame) -> Iterator[_Piece]:
    shards = live_shards(run.folder("traces"))
    texts = latest_problems(run).select(_PROBLEM_TEXT)
    for (shard, group), rows in wanted.group_by("shard", "group", maintain_order=True):
        offset, length = row_groups(shards[int(str(shard))])[int(str(group))]
        yield _Piece(
            shards[int(str(shard))],
            offset,
            length,
            rows.drop("problem_id", "shard", "group"),
            texts.join(rows, on="problem_id", how="semi"),
            facts.join(rows, on=KEY, how="semi").drop("shard", "group"),
        )


@dataclasses.dataclass(frozen=True)
class _JudgePiece:
    filters: dict[str, Filter]

    def __call__(self, piece: _Piece) -> _Verdicts:
        columns = {name: TRACE[name] for name in (*KEY, "response")}
        text = read_rows(piece.path, columns, piece.offset, piece.length)
        frame = (
            text.join(piece.facts, on=KEY, maintain_order="left")
            .join(piece.problems, on="problem_id", how="left", maintain_order="left")
            .join(piece.wanted, on=KEY, how="left", maintain_order="left")
        )
        frame = parse_columns(frame)
        result = {}
        for name, f in self.filters.items():
            rows = frame.filter(pl.col(_mark(name))).drop(map(_mark, self.filters))
            result[name] = _sign(f, rows) if isinstance(f, GroupFilter) else f.judge(rows)
        return result


def _in_order(task: _JudgePiece, pieces: Iterator[_Piece], workers: int) -> Iterator[_Verdicts]:
    """Results in the order of the pieces whatever the number of workers, so that it changes
    nothing in the shards; at most a few pieces are in flight."""
    if workers == 1:
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
            commit(self.run.folder("signatures", name), rows, _signature_schema(f))
        else:
            commit(self.run.folder("verdicts", name), rows, VERDICT)


def _signature_schema(f: GroupFilter) -> dict[str, pl.DataType]:
    names = (*KEY, "response_hash", "score_hash")
    fixed = {name: (TRACE | VERDICT)[name] for name in names}
    return fixed | f.signature


def _sign(f: GroupFilter, rows: pl.DataFrame) -> pl.DataFrame:
    stamp = rows.select(*KEY, "response_hash", pl.lit(f.score_hash).alias("score_hash"))
    return pl.concat([stamp, f.sign(rows)], how="horizontal").select(*_signature_schema(f))


def _unsigned(run: Run, f: GroupFilter, wanted: pl.DataFrame) -> pl.DataFrame:
    if not f.signature:
        return wanted.clear().select(KEY)
    have = _signatures(run, f, [*KEY, "response_hash"])
    keys = wanted.rename({"input_hash": "response_hash"})
    return keys.join(have, on=[*KEY, "response_hash"], how="anti", nulls_equal=True).select(KEY)


def _signatures(run: Run, f: GroupFilter, columns: list[str] | None = None) -> pl.DataFrame:
    schema = _signature_schema(f)
    names = list(dict.fromkeys([*(columns or schema), "score_hash"]))
    rows = read(live_shards(run.folder("signatures", f.name)), schema, names)
    rows = rows.filter(pl.col("score_hash") == f.score_hash)
    return rows.unique(KEY, keep="last", maintain_order=True).drop("score_hash")


def _judge_groups(
    run: Run, f: GroupFilter, frame: pl.DataFrame, read_texts: Reader, counts: Counter[str]
) -> None:
    """All verdicts of a group filter anew, unless nothing it reads has changed: the digest of all
    that it read is their input_hash. One file per settings, always replaced whole."""
    frame = frame.select(*KEY, *f.reads)
    if f.signature:
        signed = _signatures(run, f)
        frame = frame.join(
            signed,
            on=[*KEY, "response_hash"],
            how="left",
            nulls_equal=True,
            maintain_order="left",
        )
    digest = content_id(f.settings_hash, *_row_digests(frame))
    path = run.folder("verdicts", f.name) / f"00000000-{f.settings_hash[:12]}.parquet"
    if path.exists() and digest in read([path], VERDICT, ["input_hash"])["input_hash"].head(1):
        return
    frame = f.confirm(
        frame.with_columns(pl.lit(None, dtype=pl.String).alias("response")), read_texts
    )
    verdicts = f.judge(frame).with_columns(pl.lit(digest).alias("input_hash"))
    replace(path, verdicts, VERDICT)
    counts[f"{f.name}.grouped"] += verdicts.height


def _reader(run: Run, facts: pl.DataFrame) -> Reader:
    """Reads the texts of a few traces: only the row groups that hold them, one at a time."""
    shards = live_shards(run.folder("traces"))
    columns = {name: TRACE[name] for name in (*KEY, "response")}

    def read_texts(trace_ids: Sequence[str]) -> Iterator[pl.DataFrame]:
        wanted = facts.join(
            pl.DataFrame({"trace_id": trace_ids}, schema={"trace_id": pl.String}),
            on="trace_id",
            how="semi",
        )
        for (shard,), of_shard in wanted.group_by("shard", maintain_order=True):
            path = shards[int(str(shard))]
            groups = row_groups(path)
            for group in of_shard.get_column("group").unique().sort():
                text = read_rows(path, columns, *groups[group])
                yield text.join(of_shard.select(KEY), on=KEY, how="semi", maintain_order="left")

    return read_texts


def _row_digests(frame: pl.DataFrame) -> Iterator[str]:
    for rows in frame.iter_slices(100_000):
        yield from rows.hash_rows().cast(pl.String)
