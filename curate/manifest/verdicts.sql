-- Verdicts, from `traces`, the view verdicts_shards and the table `active`.

-- Verdicts that are there more than once, or on an earlier attempt, and which shard's counts (null:
-- none). `{contested}`: of which filters; none is the rule.
create or replace table contested as
select
    v.trace_id, v.filter, max(v.filename) filter (where v.attempt = t.attempt) as shard
from verdicts_shards v
join active a on a.filter = v.filter and a.settings_hash = v.settings_hash
left join traces t on t.trace_id = v.trace_id
where {contested}
group by v.trace_id, v.filter
having count(*) > 1 or bool_or(t.attempt is distinct from v.attempt);

-- one verdict per trace and filter: that of the latest attempt under the active settings
create or replace view verdicts as
select
    v.trace_id, v.attempt, v.filter, v.filter_version, v.settings_hash, v.score_hash, v.input_hash,
    v.score, map_from_entries(v.scores) as scores, v.keep, v.reason, v.reasons, v.detail
from verdicts_shards v
join active a on a.filter = v.filter and a.settings_hash = v.settings_hash
left join contested c on c.trace_id = v.trace_id and c.filter = v.filter
where c.trace_id is null or c.shard = v.filename;
