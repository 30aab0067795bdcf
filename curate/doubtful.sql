-- Filters whose verdicts are not simply one on each trace's latest attempt.
with have as (
    select filter, count(*) as n, sum(hash(trace_id, attempt)::hugeint) as ids
    from verdicts_shards join active using (filter, settings_hash) group by filter
),
wanted as (select count(*) as n, sum(hash(trace_id, attempt)::hugeint) as ids from traces)
select filter from have, wanted where have.n <> wanted.n or have.ids is distinct from wanted.ids;
