"""The rows that flow: declared once here, read everywhere.

Every table is a polars schema; every id is a hash of content, never a row number or a random
number, so that doing a thing twice adds nothing and a rerun is an anti-join.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping

import polars as pl

SCHEMA_VERSION = 1
"""Written into every shard; a reader refuses a newer one and migrates an older one."""

KINDS = ("math", "code", "logic", "choice", "open", "safety")
FINISH_REASONS = ("stop", "length", "error")
"""null = unknown: most datasets of traces never recorded it"""

MESSAGE = pl.Struct({"role": pl.String, "content": pl.String})
SCORE = pl.Struct({"key": pl.String, "value": pl.Float64})
FOUND = pl.Struct({"what": pl.String, "start": pl.Int64, "end": pl.Int64, "text": pl.String})
"""Something a filter found: a reason or noun, character offsets into `response` (null where the
finding is not a place in the text), and a snippet of at most `SNIPPET` characters."""
FOUNDS = pl.List(FOUND)
SNIPPET = 120

PROBLEM: dict[str, pl.DataType] = {
    "problem_id": pl.String(),
    "problem": pl.String(),
    "messages": pl.List(MESSAGE),  # where the prompt is more than one user turn
    "gold": pl.String(),
    "gold_hash": pl.String(),  # of gold and tests: a corrected gold re-judges, never resamples
    "gold_check": pl.String(),  # the outcome of verifying the gold against itself at load
    "kind": pl.String(),
    "choices": pl.List(pl.String()),
    "tests": pl.String(),  # JSON: {"mode": "assert" | "call" | "stdin", "tests": …}
    "source": pl.String(),
    "license": pl.String(),
    "language": pl.String(),
    "source_problem_id": pl.String(),
    "meta": pl.String(),  # JSON: every other column of the input
}

PROMPT: dict[str, pl.DataType] = {
    "prompt_hash": pl.String(),
    "template_hash": pl.String(),
    "prompt": pl.String(),  # as the model reads it
}

TRACE: dict[str, pl.DataType] = {
    "trace_id": pl.String(),
    "problem_id": pl.String(),
    "sample_index": pl.Int32(),
    "attempt": pl.Int32(),
    "response": pl.String(),
    "response_hash": pl.String(),
    "token_ids": pl.List(pl.Int32()),
    "finish_reason": pl.String(),
    "error": pl.String(),  # a typed reason, then details: "no_text", "engine: out of memory"
    "repaired": pl.String(),  # what was mended in the text on its way in: "lone_surrogates=3"
    "num_tokens": pl.Int32(),
    "origin": pl.String(),
    "parent_trace_id": pl.String(),
    "model": pl.String(),
    "model_revision": pl.String(),
    "engine": pl.String(),
    "engine_version": pl.String(),
    "prompt_hash": pl.String(),
    "template_hash": pl.String(),
    "temperature": pl.Float64(),
    "top_p": pl.Float64(),
    "max_tokens": pl.Int32(),
    "seed": pl.Int64(),
    "source_id": pl.String(),
    "meta": pl.String(),
}

VERDICT: dict[str, pl.DataType] = {
    "trace_id": pl.String(),
    "attempt": pl.Int32(),
    "filter": pl.String(),
    "filter_version": pl.Int32(),
    "settings_hash": pl.String(),  # of all settings, thresholds too
    "score_hash": pl.String(),  # of what the scores depend on, so thresholds move without text
    "input_hash": pl.String(),  # of what was read: text, gold, benchmark set
    "score": pl.Float64(),  # the one number the filter is about
    "scores": pl.List(SCORE),  # all of them, named, always in the filter's order
    "label": pl.String(),  # the name of what was found, where no number says it: outcome, tag form
    "keep": pl.Boolean(),  # null = undecided
    "reason": pl.String(),  # the first of the reasons
    "reasons": pl.List(pl.String()),
    "detail": FOUNDS,
}

RECORD: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "trace_id": pl.String(),
    "attempt": pl.Int32(),
    "problem_id": pl.String(),
    "problem": pl.String(),
    "thinking": pl.String(),
    "summary": pl.String(),
    "answer": pl.String(),
    "messages": pl.List(MESSAGE),
    "kind": pl.String(),
    "language": pl.String(),
    "source": pl.String(),
    "license": pl.String(),
    "model": pl.String(),
    "content_hash": pl.String(),
    "normalize_hash": pl.String(),  # of the settings of the normalization
}

TOKENIZED: dict[str, pl.DataType] = {
    "record_id": pl.String(),
    "tokenizer_hash": pl.String(),
    "template_hash": pl.String(),
    "n_tokens": pl.Int32(),
    "n_trained": pl.Int32(),
    "token_hash": pl.String(),
    "source": pl.String(),  # null: a record of this run; else which run or dataset was mixed in
}

METRIC: dict[str, pl.DataType] = {
    "training_id": pl.String(),  # the fingerprint of one training
    "stage": pl.String(),  # sft, grpo
    "checkpoint": pl.String(),  # what is being trained
    "step": pl.Int32(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "created_at": pl.Datetime("us"),  # UTC
}

EVAL: dict[str, pl.DataType] = {
    "eval_id": pl.String(),  # of the checkpoint, the problems and the settings
    "stage": pl.String(),  # base, r1-zero, cold-start, r1, …
    "checkpoint": pl.String(),
    "checkpoint_revision": pl.String(),  # hash of its content, or the Hub's commit
    "step": pl.Int32(),  # of its training; 0 before the first
    "seed": pl.Int64(),
    "problem_set": pl.String(),
    "problem_set_hash": pl.String(),  # of its problem_ids and golds
    "n_problems": pl.Int32(),
    "k": pl.Int32(),  # samples of each problem
    # shares and means over problems; _se: the standard error of one
    "pass_at_1": pl.Float64(),
    "pass_at_1_se": pl.Float64(),
    "pass_at_k": pl.Float64(),
    "cons_at_k": pl.Float64(),
    "cons_at_k_se": pl.Float64(),
    "format_rate": pl.Float64(),
    "mixed_language_rate": pl.Float64(),
    "unreadable_rate": pl.Float64(),
    "truncated_rate": pl.Float64(),
    "mean_tokens": pl.Float64(),
    "reflection_rate": pl.Float64(),  # reflection words a reply
    "undecided": pl.Int32(),  # samples that nobody could judge, in no share of correct ones
    "failed": pl.Int32(),  # samples without text
    "trained_on": pl.Int32(),  # problems of the set that the run's records or GRPO hold too
    "temperature": pl.Float64(),
    "top_p": pl.Float64(),
    "max_tokens": pl.Int32(),
    "engine": pl.String(),
    "samples": pl.String(),  # the run folder that holds them, below this one
    "created_at": pl.Datetime("us"),  # UTC
}

CHECKPOINT: dict[str, pl.DataType] = {
    "checkpoint_id": pl.String(),  # of the fingerprint and the step
    "fingerprint": pl.String(),  # of all that the training was made from
    "stage": pl.String(),  # sft, grpo
    "step": pl.Int32(),
    "path": pl.String(),  # inside the run
    "revision": pl.String(),  # hash of its content, by which traces and evals name it
    "base_model": pl.String(),
    "base_revision": pl.String(),
    "tokenizer_hash": pl.String(),
    "template_hash": pl.String(),
    "settings": pl.String(),  # JSON
    "dataset_hash": pl.String(),
    "n_records": pl.Int64(),  # that it has seen: records, or for RL the problems it draws from
    "trained_tokens": pl.Int64(),
    "first_loss": pl.Float64(),
    "last_loss": pl.Float64(),
    "program_version": pl.String(),
    "program_commit": pl.String(),  # null where it was not installed from git
    "created_at": pl.Datetime("us"),  # UTC
}

CHECKPOINT_RECORD: dict[str, pl.DataType] = {
    "checkpoint_id": pl.String(),
    "record_id": pl.String(),
    "source": pl.String(),  # null: this run; else which run or dataset was mixed in
    "n_tokens": pl.Int32(),
    "n_trained": pl.Int32(),
    "token_hash": pl.String(),
    "times": pl.Int32(),  # so often it was trained on
}

REWARD = pl.Struct({"key": pl.String, "value": pl.Float64, "outcome": pl.String})
"""one reward of a rollout: null where it could not judge; what it found, where no number says it"""

ROLLOUT: dict[str, pl.DataType] = {
    "rollout_id": pl.String(),
    "training_id": pl.String(),  # the fingerprint of one training
    "checkpoint": pl.String(),  # what is being trained
    "step": pl.Int32(),  # from 1: this rollout is what the step learned from
    "problem_id": pl.String(),
    "rollout_index": pl.Int32(),  # in its group, all rollouts of one problem in one step
    "completion": pl.String(),  # whole reply, with the opening tag where the prompt held it
    "completion_ids": pl.List(pl.Int32()),  # as sampled, the end-of-text token included
    "finish_reason": pl.String(),  # stop, length
    "num_tokens": pl.Int32(),
    "rewards": pl.List(REWARD),
    "reward": pl.Float64(),  # weighted sum; null where a reward is: no part in the advantages
    "advantage": pl.Float64(),
    "mixing": pl.Float64(),  # share of words in another language, as the filter `language`
    "reflections": pl.Int32(),  # words such as wait and check
    "temperature": pl.Float64(),
    "max_tokens": pl.Int32(),
    "created_at": pl.Datetime("us"),  # UTC
}

PUSH: dict[str, pl.DataType] = {
    "repo": pl.String(),  # USER/NAME
    "kind": pl.String(),  # dataset, model; null in rows of before models were pushed: dataset
    "checkpoint_id": pl.String(),  # of a model
    "branch": pl.String(),
    "commit": pl.String(),  # the revision to load it by
    "pull_request": pl.String(),  # its address, where the push is a proposal
    "content_hash": pl.String(),  # of the names and hashes of all its files
    "files": pl.Int32(),
    "bytes": pl.Int64(),
    "record_ids": pl.List(pl.String()),  # of a dataset: all that it holds
    "created_at": pl.Datetime("us"),  # UTC
}

TABLES: dict[str, dict[str, pl.DataType]] = {
    "problems": PROBLEM,
    "traces": TRACE,
    "verdicts": VERDICT,
    "records": RECORD,
    "tokenized": TOKENIZED,
    "metrics": METRIC,
    "evals": EVAL,
    "checkpoints": CHECKPOINT,
    "checkpoint_records": CHECKPOINT_RECORD,
    "rollouts": ROLLOUT,
    "pushes": PUSH,
}


def content_id(*parts: str | None) -> str:
    """128 bits of BLAKE2b over the parts, as 32 hex digits. Null differs from empty."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = b"" if part is None else part.encode("utf-8", "surrogatepass")
        digest.update((len(data) + 1).to_bytes(8, "little") + bytes([part is not None]))
        digest.update(data)  # on its own, so that a long text is not copied
    return digest.hexdigest()


def utc_now() -> datetime.datetime:
    """For `created_at`: without a zone, which DuckDB would need another package for."""
    return datetime.datetime.now(datetime.UTC).replace(tzinfo=None)


def conform(frame: pl.DataFrame, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """The frame with exactly the schema's columns in order: absent ones null, others cast."""
    absent = [pl.lit(None, dtype=t).alias(n) for n, t in schema.items() if n not in frame.columns]
    return frame.with_columns(absent).select(pl.col(n).cast(t) for n, t in schema.items())
