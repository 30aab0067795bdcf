-- Tables of the index, from the views <table>_shards over the Parquet shards and the table
-- `active` (filter, position, settings_hash, required). Where several shards hold a row the last one counts.

create table problems as
select * exclude (filename, seen) from (
    select *, min(filename) over (partition by problem_id) as seen from problems_shards
    qualify row_number() over (partition by problem_id order by filename desc) = 1
)
order by seen, problem_id;

create table traces_all as
select
    * exclude (response, token_ids, filename),
    attempt = max(attempt) over (partition by trace_id) as latest,
    filename as shard
from traces_shards
qualify row_number() over (partition by trace_id, attempt order by filename desc) = 1;

create view traces as select * exclude (latest, shard) from traces_all where latest;

-- one verdict per trace and filter: that of the latest attempt under the active settings
create table verdicts as
select
    v.trace_id, v.attempt, v.filter, v.filter_version, v.settings_hash, v.score_hash, v.input_hash,
    v.score, map_from_entries(v.scores) as scores, v.keep, v.reason, v.reasons, v.detail
from verdicts_shards v
join active a on a.filter = v.filter and a.settings_hash = v.settings_hash
join traces t on t.trace_id = v.trace_id and t.attempt = v.attempt
qualify row_number() over (partition by v.trace_id, v.filter order by v.filename desc) = 1;

-- what became of each trace, and who decided: the first filter, in order, that dropped it, or
-- with none dropping the first that is undecided. A human's word outranks the filters; what cannot
-- be normalized has no record, whoever wants it kept
create table fates as
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
