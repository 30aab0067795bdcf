"""The configs of an exported dataset: which rows, and the columns that trainers read by name.

`sft`: the records. `grpo`: the problems with a gold to reward against. `rejected`, by choice: the
traces that are no records, with every reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import duckdb
import polars as pl

from curate.store.run_folder import Run
from curate.store.shards import batches
from filters.schema import RECORD, TRACE

Con = duckdb.DuckDBPyConnection
PLAIN = ("sft", "grpo")
BY_CHOICE = ("rejected",)


@dataclass(frozen=True)
class Config:
    key: str
    """the id that orders the rows"""
    rows: Callable[[Run, Con], Iterator[pl.DataFrame]]
    shown: Callable[[pl.DataFrame, bool], pl.DataFrame]
    """rows as they are published; whether thinking goes into a field of its own"""
    columns: dict[str, str]
    """what they mean, in order"""


_PROBLEM = {
    "problem_id": "hash of what the model was shown",
    "problem": "the problem as the model was shown it",
    "gold": "the reference answer, as the source has it",
    "kind": "math, code, logic, choice, open, safety",
    "language": "of the problem, where the source says it",
    "source": "where the problem comes from",
    "license": "of the problem, where the source says it",
}

_SFT = {
    "record_id": "hash of the trace and its text",
    "messages": "problem and rendered reply as chat messages",
    "prompt": "the messages before the reply",
    "completion": "the reply as a message: with `prompt` what TRL trains on",
    "thinking": "the chain of thought",
    "summary": "what the reader gets, the verified answer in it",
    "answer": "the verified answer as it stands in the summary",
    **_PROBLEM,
    "model": "that wrote the trace",
    "model_revision": "its commit, or a hash of its files",
    "origin": "sampled, imported, rewritten",
    "trace_id": "the trace it was made from",
    "attempt": "which attempt at that sample",
    "content_hash": "hash of problem, thinking and summary",
    "normalize_hash": "hash of the settings of the normalization",
}


def _records(run: Run, con: Con) -> Iterator[pl.DataFrame]:
    facts = con.sql(
        "select k.record_id, k.filename, p.gold, t.origin, t.model_revision from record_keys k "
        "join fates f on f.trace_id = k.trace_id and f.fate = 'kept' "
        "join traces t on t.trace_id = k.trace_id join problems p on p.problem_id = t.problem_id"
    ).pl()
    by_shard = facts.partition_by("filename", as_dict=True, include_key=False)
    for path in run.shards("records"):
        here = by_shard.get((str(path.resolve()),))
        for frame in batches(path, RECORD) if here is not None else ():
            yield frame.join(here, on="record_id")


def _with_turns(records: pl.DataFrame, reasoning_field: bool) -> pl.DataFrame:
    turns = pl.col("messages")
    if reasoning_field:
        turn = lambda role, text, thinking: pl.struct(
            role=role, content=text, reasoning_content=thinking
        )
        asked = turns.list.head(turns.list.len() - 1).list.eval(
            turn(
                pl.element().struct.field("role"),
                pl.element().struct.field("content"),
                pl.lit(None, dtype=pl.String),
            )
        )
        said = turn(pl.lit("assistant"), pl.col("summary"), pl.col("thinking"))
        records = records.with_columns(messages=pl.concat_list(asked, said))
    return records.with_columns(
        prompt=turns.list.head(turns.list.len() - 1), completion=turns.list.tail(1)
    )


_GRPO = {
    **{name: _PROBLEM[name] for name in ("problem_id", "problem")},
    "prompt": "the problem as messages, what TRL and verl sample from",
    "data_source": "the source once more, for verl",
    "ability": "the kind once more, for verl",
    "reward_model": "style and ground_truth, the gold or the tests, for verl",
    "extra_info": "split and problem_id, for verl",
    **{name: _PROBLEM[name] for name in ("gold", "kind")},
    "choices": "of a multiple-choice problem",
    "tests": "of a program, as JSON: mode and tests",
    **{name: _PROBLEM[name] for name in ("language", "source", "license")},
    "samples": "traces of this problem in the run",
    "pass_rate": "share of them that is correct, of those that could be judged",
}
_LEAKED = ("problem_in_benchmark", "short_problem_in_benchmark", "problem_near_benchmark")


def _problems(run: Run, con: Con) -> Iterator[pl.DataFrame]:
    """Those whose gold verified itself, without those that stand in a benchmark."""
    yield con.sql(
        f"""
        with leaked as (
            select distinct t.problem_id from verdicts v join traces t using (trace_id)
            where v.filter = 'decontamination' and v.keep is false
                and list_has_any(v.reasons, {list(_LEAKED)})
        ),
        sound as (
            select p.problem_id, p.problem, p.messages, p.gold, p.kind, p.choices, p.tests,
                p.language, p.source, p.license
            from problems p anti join leaked using (problem_id)
            where p.problem is not null and p.gold_check = 'correct'
        )
        select s.*, r.samples, r.pass_rate
        from sound s join v_problem_pass_rate r using (problem_id)
        union all
        select s.*, 0, null from sound s anti join v_problem_pass_rate r using (problem_id)
        """
    ).pl()


def _with_rewards(problems: pl.DataFrame, _: bool) -> pl.DataFrame:
    asked = pl.concat_list(pl.struct(role=pl.lit("user"), content=pl.col("problem")))
    truth = pl.when(pl.col("kind") == "code").then(pl.col("tests")).otherwise(pl.col("gold"))
    return problems.with_columns(
        prompt=pl.coalesce("messages", asked),
        data_source=pl.col("source"),
        ability=pl.col("kind"),
        reward_model=pl.struct(style=pl.lit("rule"), ground_truth=truth),
        extra_info=pl.struct("split", "problem_id"),
    )


_REJECTED = {
    "trace_id": "hash of problem, model and text, or of how it was sampled",
    "response": "the model's text as it came",
    "fate": "dropped, failed, undecided",
    "decided_by": "the first filter that decided",
    "reason": "its reason",
    "reasons": "every reason of every filter, as filter: reason",
    **_PROBLEM,
    "finish_reason": "stop, length, error; null where nobody recorded it",
    "num_tokens": "of the text, where known",
    "model": "that wrote it",
    "model_revision": "its commit, or a hash of its files",
    "origin": "sampled, imported, rewritten",
}
_OF_TRACE = ("trace_id", "attempt", "problem_id", "response", "finish_reason", "num_tokens")
_TEXT = {name: TRACE[name] for name in (*_OF_TRACE, "model", "model_revision", "origin")}


def _others(run: Run, con: Con) -> Iterator[pl.DataFrame]:
    fates = con.sql(
        """
        with told as (
            select trace_id, filter || ': ' || unnest(reasons) as reason from verdicts
            where keep is not true
        ),
        listed as (select trace_id, list(reason order by reason) as reasons from told group by all),
        others as (
            select t.trace_id, t.attempt, t.shard, f.fate, f.decided_by, f.reason
            from traces_all t join fates f using (trace_id) where t.latest and f.fate <> 'kept'
        )
        select o.*, l.reasons from others o join listed l using (trace_id)
        union all
        select o.*, [] from others o anti join listed l using (trace_id)
        """
    ).pl()
    names = ", ".join(_PROBLEM)
    problems = con.sql(f"select {names} from problems").pl()
    for path in run.shards("traces"):
        here = fates.filter(pl.col("shard") == str(path.resolve())).drop("shard")
        for frame in batches(path, _TEXT) if here.height else ():
            found = frame.join(here, on=["trace_id", "attempt"])
            yield found.join(problems, on="problem_id", how="left")


def _as_they_are(rows: pl.DataFrame, _: bool) -> pl.DataFrame:
    return rows


CONFIGS = {
    "sft": Config("record_id", _records, _with_turns, _SFT),
    "grpo": Config("problem_id", _problems, _with_rewards, _GRPO),
    "rejected": Config("trace_id", _others, _as_they_are, _REJECTED),
}
