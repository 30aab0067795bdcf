"""Completions as trace rows, and the shards they are committed in."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import polars as pl

from curate.engines.engine import Completion, Engine, Sampling
from curate.sampling.plan import Row, Sample
from curate.sources.plain_values import mended
from curate.store.run_folder import Run
from curate.store.shards import SHARD_BYTES, commit
from filters.schema import FINISH_REASONS, TRACE, content_id

COMMIT_EVERY_S = 30.0
_ROW_BYTES = 500
"""of a row beside its text and token ids"""


def trace_row(sample: Sample, got: Completion, engine: Engine, sampling: Sampling) -> Row:
    if got.finish_reason not in FINISH_REASONS:
        raise RuntimeError(f"engine {engine.name} gave finish_reason {got.finish_reason!r}")
    text, broken = mended(got.text) if got.text is not None else (None, 0)
    facts = {**({"sampling": sampling.more} if sampling.more else {}), **got.facts}
    return {
        "trace_id": sample.trace_id,
        "problem_id": sample.prompt.problem_id,
        "sample_index": sample.index,
        "attempt": sample.attempt,
        "response": text,
        "response_hash": None if text is None else content_id(text),
        "token_ids": got.token_ids,
        "finish_reason": got.finish_reason,
        "error": got.error,
        "repaired": f"lone_surrogates={broken}" if broken else None,
        "num_tokens": got.num_tokens,
        "origin": "sampled",
        "prompt_hash": sample.prompt.prompt_hash,
        "seed": sample.seed if got.seed is None else got.seed,
        "meta": json.dumps(facts, sort_keys=True) if facts else None,
        **written_by(engine, sampling),
    }


def written_by(engine: Engine, sampling: Sampling) -> Row:
    """The columns of a trace that say which model wrote it and how it was sampled."""
    return {
        "model": engine.model,
        "model_revision": engine.revision,
        "engine": engine.name,
        "engine_version": engine.version,
        "template_hash": engine.template_hash,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
    }


class Writer:
    """Gathers rows and commits them as shards, by time and by size; at the end, however it comes,
    what is left. Rows that are added together are committed together."""

    def __init__(self, run: Run) -> None:
        self._folder = run.folder("traces")
        self._rows: list[Row] = []
        self._size = 0
        self._since = time.monotonic()

    def add(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        self._size += sum(map(_size, rows))
        if self._size >= SHARD_BYTES or time.monotonic() - self._since >= COMMIT_EVERY_S:
            self.commit()

    def commit(self) -> None:
        # taken first: an interrupt in the middle costs these rows, it cannot double them
        rows, self._rows, self._size, self._since = self._rows, [], 0, time.monotonic()
        if rows:
            commit(self._folder, pl.DataFrame(rows, schema=TRACE), TRACE)

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.commit()


def _size(row: Row) -> int:
    """Bytes, about."""
    return len(row["response"] or "") + 4 * len(row["token_ids"] or ()) + _ROW_BYTES
