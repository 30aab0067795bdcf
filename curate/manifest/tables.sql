-- Tables from the views <table>_shards over the Parquet shards: all but what rests on verdicts or
-- settings, so that a later index takes them over while those shards stay as they are. Where several
-- shards hold a row the last one counts. Wide rows are never sorted or grouped: what counts is found
-- on keys, then joined.

create table problems as
with place as (
    select
        problem_id,
        min({shard: filename, row: file_row_number}) as seen,
        max({shard: filename, row: file_row_number}) as last
    from problems_shards group by problem_id
)
select p.* exclude (filename, file_row_number)
from problems_shards p
join place on place.problem_id = p.problem_id
    and place.last = {shard: p.filename, row: p.file_row_number}
order by place.seen;

create table traces_all as
with again as (
    select trace_id, max({attempt: attempt, shard: filename, row: file_row_number}) as last
    from traces_shards group by trace_id having count(*) > 1
)
select
    t.* exclude (response, token_ids, filename, file_row_number),
    again.trace_id is null
        or again.last = {attempt: t.attempt, shard: t.filename, row: t.file_row_number} as latest,
    t.filename as shard
from traces_shards t left join again on again.trace_id = t.trace_id;

create view traces as select * exclude (latest, shard) from traces_all where latest;

create table record_keys as
select r.record_id, r.trace_id, r.normalize_hash, r.filename
from records_shards r
join traces t on t.trace_id = r.trace_id and t.attempt = r.attempt
qualify row_number() over (partition by r.trace_id order by r.filename desc) = 1;

create table tokenized as
select * exclude (filename, file_row_number) from tokenized_shards
qualify row_number() over (
    partition by record_id, tokenizer_hash, template_hash order by filename desc
) = 1;

create table metrics as select * exclude (filename, file_row_number) from metrics_shards;

-- rows without a problem set are training curves of older versions, now in `metrics`
create table evals as
select * exclude (filename, file_row_number) from evals_shards where problem_set is not null
qualify row_number() over (
    partition by eval_id order by filename desc, file_row_number desc
) = 1;

-- every checkpoint that was ever published in this run
create table checkpoints as select * exclude (filename, file_row_number) from checkpoints_shards;

-- what GRPO sampled and learned from. A step that was done again after a kill counts as it came last
create table rollouts as
with last as (select training_id, step, max(filename) as shard from rollouts_shards group by all)
select
    r.* exclude (completion, completion_ids, filename, file_row_number) replace (
        map(list_transform(rewards, lambda r: r.key), list_transform(rewards, lambda r: r.value))
            as rewards),
    map(list_transform(rewards, lambda r: r.key), list_transform(rewards, lambda r: r.outcome))
        as outcomes,
    list_filter(rewards, lambda r: r.outcome is not null)[1].outcome as outcome,
    r.filename as shard
from rollouts_shards r
join last on last.training_id = r.training_id and last.step = r.step and last.shard = r.filename;

-- which commits of which datasets on the Hub hold this run
create table pushes as
select * exclude (record_ids, filename, file_row_number) from pushes_shards;
