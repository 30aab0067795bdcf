-- Verdicts and what they make of each trace, from `traces`, the view verdicts_shards, and the table
-- `active` (filter, position, settings_hash, required). May be run again with other filters active.

-- Verdicts that are there more than once, or on an earlier attempt, and which shard's counts (null:
-- none). `{doubtful}` names the filters that may have such; none is the rule, and then no row is read.
create or replace table contested as
select
    v.trace_id, v.filter, max(v.filename) filter (where v.attempt = t.attempt) as shard
from verdicts_shards v
join active a on a.filter = v.filter and a.settings_hash = v.settings_hash
left join traces t on t.trace_id = v.trace_id
where v.filter in ({doubtful})
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

-- what became of each trace, and who decided: the first filter, in order, that dropped it, or
-- with none dropping the first that is undecided. A human's word outranks the filters; what cannot
-- be normalized has no record, whoever wants it kept
create or replace table fates as
with judged as (
    select
        v.trace_id,
        count(*) filter (where a.required) as verdicts,
        bool_or(v.keep) filter (where v.filter = 'human') as human,
        any_value(v.reason) filter (where v.filter = 'normalize' and not v.keep) as no_record,
        arg_min(v.filter, a.position) filter (where a.required and not v.keep) as dropped_by,
        arg_min(v.reason, a.position) filter (where a.required and not v.keep) as drop_reason,
        arg_min(v.filter, a.position) filter (where a.required and v.keep is null) as doubted_by,
        arg_min(v.reason, a.position) filter (where a.required and v.keep is null) as doubt,
    from verdicts v join active a using (filter)
    group by v.trace_id
),
expected as (select count(*) as filters from active where required),
decided as (
    select
        t.trace_id, t.problem_id, t.error, j.*  exclude (trace_id),
        case
            when t.response_hash is null or t.finish_reason = 'error' then 'failed'
            when human is false then 'human'
            when human is null and dropped_by is not null then 'filter'
            when human is null and doubted_by is not null then 'doubt'
            when human is null and (coalesce(verdicts, 0) < filters or filters = 0)
                then 'not_judged'
            when no_record is not null then 'normalize'
            else 'kept'
        end as way
    from traces t left join judged j using (trace_id) cross join expected
)
select
    trace_id,
    problem_id,
    case way
        when 'failed' then 'failed'
        when 'kept' then 'kept'
        when 'doubt' then 'undecided'
        when 'not_judged' then 'undecided'
        else 'dropped'
    end as fate,
    case way
        when 'failed' then 'traces'
        when 'filter' then dropped_by
        when 'doubt' then doubted_by
        when 'kept' then null
        else way
    end as decided_by,
    case way
        when 'failed' then coalesce(error, 'failed')
        when 'normalize' then no_record
        when 'filter' then drop_reason
        when 'doubt' then doubt
        when 'kept' then null
        else way
    end as reason
from decided;
