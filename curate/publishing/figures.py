"""What a card tells of the records in numbers, asked of the manifest and of the files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from curate.manifest.ask import as_dicts
from curate.records.configs import Con

Rows = list[dict[str, Any]]

_SAMPLING = """
select t.model, t.model_revision as revision, t.engine, t.engine_version as version, t.origin,
    t.temperature, t.top_p, t.max_tokens, count(*) as records
from traces t join fates f using (trace_id) where f.fate = 'kept' group by all
order by records desc, t.model, t.origin, t.temperature, t.max_tokens
"""
_TOKENS = """
select v.score from verdicts v join fates f using (trace_id)
where v.filter = 'length' and f.fate = 'kept' and v.score is not null
"""  # its first score: thinking_tokens
_PASS_RATES = """
select case when pass_rate = 0 then '0' when pass_rate = 1 then '1'
    else '0.' || least(floor(pass_rate * 5)::int * 2, 8) || ' to '
        || if(pass_rate >= 0.8, '1', '0.' || (floor(pass_rate * 5)::int * 2 + 2)) end as pass_rate,
    count(*) as problems, count(*) filter (where problem_id in (
        select problem_id from fates where fate = 'kept'))
        as problems_with_records
from v_problem_pass_rate where v_problem_pass_rate.pass_rate is not null group by 1 order by 1
"""
_HITS = """
with found as (
    select trace_id, item.text as benchmark from (
        select trace_id, unnest(detail) as item from verdicts
        where filter = 'decontamination' and keep = false)
    where ends_with(item.what, '_benchmark'))
select benchmark, count(distinct trace_id) as traces, count(distinct problem_id) as problems
from found join traces using (trace_id) group by benchmark order by traces desc, benchmark
"""
_EXAMPLES = """
with some_of_each as (
    select unnest(min_by(trace_id, {
        other: decided_by is distinct from 'correctness', id: trace_id}, 10)) as trace_id
    from fates where fate in ('kept', 'dropped') group by fate)
select fate, problem, response, decided_by || ': ' || reason as reason
from v_trace_text where trace_id in (from some_of_each)
qualify row_number() over (partition by fate
    order by decided_by = 'correctness' desc, abs(length(response) - 1500), trace_id) = 1
"""  # of ten of each: their texts are read. 1,500 characters show what is there and are soon read


def sampling(con: Con, named: Callable[[str], str]) -> Rows:
    """By model and sampling settings, how many records; columns that nobody knows are left out.
    `named`: what the public may see of a model's name."""
    rows = as_dicts(con.sql(_SAMPLING))
    known = [
        name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)
    ]
    return [
        {n: named(row[n]) if n == "model" and row[n] else row[n] for n in known} for row in rows
    ]


def reasons(con: Con) -> tuple[Rows, Rows]:
    """Why traces were dropped, and why they are undecided: filter, reason, traces, decided."""
    told: tuple[Rows, Rows] = ([], [])
    for row in as_dicts(con.sql("from v_reasons order by traces desc, filter, reason")):
        told[row.pop("undecided")].append(row)
    return told


def lengths(con: Con, records: pl.LazyFrame) -> Rows:
    characters = records.select(pl.col("thinking", "summary").str.len_chars()).collect()
    measured = {f"{name}, characters": column for name, column in characters.to_dict().items()}
    measured["thinking, tokens by the length filter"] = con.sql(_TOKENS).pl().to_series()
    shares = {"least": 0.0, "p5": 0.05, "median": 0.5, "p95": 0.95, "most": 1.0}
    return [
        {"what": what, **{name: _quantile(counts, share) for name, share in shares.items()}}
        for what, counts in measured.items()
        if len(counts)
    ]


def _quantile(counts: pl.Series, share: float) -> int:
    return round(counts.quantile(share) or 0)


def languages(records: pl.LazyFrame) -> Rows:
    by_language = records.group_by(pl.col("language").fill_null("not said")).agg(
        records=pl.len(), problems=pl.col("problem_id").n_unique()
    )
    ordered = by_language.sort("records", "language", descending=[True, False])
    return ordered.collect().to_dicts()


def pass_rates(con: Con) -> Rows:
    """Of the problems whose samples were verified, how many have which pass rate."""
    return as_dicts(con.sql(_PASS_RATES))


def contaminated(con: Con) -> Rows:
    """By benchmark, what was dropped for it."""
    return as_dicts(con.sql(_HITS))


def examples(con: Con) -> dict[str, dict[str, Any]]:
    """One kept and one dropped trace, where there are some: fate -> problem, response, reason."""
    return {row["fate"]: row for row in as_dicts(con.sql(_EXAMPLES))}
