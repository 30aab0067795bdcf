"""What a card tells of the records in numbers, asked of the manifest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from curate.manifest import ask as manifest
from curate.store.run_folder import Run

Rows = list[dict[str, Any]]

_SAMPLING = """
select t.model, t.model_revision as revision, t.engine, t.engine_version as version, t.origin,
    t.temperature, t.top_p, t.max_tokens, count(*) as records
from records r join traces t using (trace_id) group by all
order by records desc, t.model, t.origin, t.temperature, t.max_tokens
"""
_LENGTHS = """
with names(what, filter, name) as (values
    ('thinking, characters', 'format', 'thinking_chars'),
    ('summary, characters', 'format', 'summary_chars'),
    ('thinking, tokens by the length filter', 'length', 'thinking_tokens')),
measured as (
    select what, v.scores[name] as n
    from fates f join verdicts v using (trace_id) join names on names.filter = v.filter
    where f.fate = 'kept')
select what, min(n)::bigint as least, quantile_disc(n, 0.05)::bigint as p5,
    median(n)::bigint as median, quantile_disc(n, 0.95)::bigint as p95, max(n)::bigint as most
from measured where n is not null group by what order by what
"""
_LANGUAGES = """
select coalesce(language, 'not said') as language, count(*) as records,
    count(distinct problem_id) as problems
from records group by 1 order by records desc, language
"""
_PASS_RATES = """
select case when pass_rate = 0 then '0' when pass_rate = 1 then '1'
    else '0.' || least(floor(pass_rate * 5)::int * 2, 8) || ' to '
        || if(pass_rate >= 0.8, '1', '0.' || (floor(pass_rate * 5)::int * 2 + 2)) end as pass_rate,
    count(*) as problems, count(*) filter (where problem_id in (select problem_id from records))
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
_NEAREST = """
select f.fate, f.trace_id from fates f join verdicts v using (trace_id)
where v.filter = 'format' and f.fate in ('kept', 'dropped')
qualify row_number() over (
    partition by f.fate
    order by f.decided_by = 'correctness' desc,
        abs(v.scores['thinking_chars'] + v.scores['summary_chars'] - 1500), f.trace_id
) = 1
"""  # near 1,500 characters: long enough to show what is there, short enough to read on a card
_SHOWN = """
select problem, response, decided_by || ': ' || reason as reason from v_trace_text
where trace_id = '{trace_id}'
"""


def sampling(run: Run, named: Callable[[str], str]) -> Rows:
    """By model and sampling settings, how many records; columns that nobody knows are left out.
    `named`: what the public may see of a model's name."""
    rows = manifest.rows(run, _SAMPLING)
    known = [
        name for name in (rows[0] if rows else ()) if any(row[name] is not None for row in rows)
    ]
    return [
        {n: named(row[n]) if n == "model" and row[n] else row[n] for n in known} for row in rows
    ]


def lengths(run: Run) -> Rows:
    return manifest.rows(run, _LENGTHS)


def languages(run: Run) -> Rows:
    return manifest.rows(run, _LANGUAGES)


def pass_rates(run: Run) -> Rows:
    """Of the problems whose samples were verified, how many have which pass rate."""
    return manifest.rows(run, _PASS_RATES)


def contaminated(run: Run) -> Rows:
    """By benchmark, what was dropped for it."""
    return manifest.rows(run, _HITS)


def examples(run: Run) -> tuple[Rows, Rows]:
    """One kept and one dropped trace (problem, response, reason), or none; chosen by what the
    format filter measured, so that one text alone is read."""
    nearest = {row["fate"]: row["trace_id"] for row in manifest.rows(run, _NEAREST)}
    kept, dropped = (
        manifest.rows(run, _SHOWN.format(trace_id=nearest[fate])) if fate in nearest else []
        for fate in ("kept", "dropped")
    )
    return kept, dropped
