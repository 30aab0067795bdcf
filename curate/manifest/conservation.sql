-- Rows that are lost, doubled or invented: place, fault, id. Traces are counted in their shards.
with there as (select distinct trace_id, problem_id from traces_shards)

select 'problems' as place, 'not there, but a trace answers it' as fault, problem_id as id
from (select distinct problem_id from there) anti join problems_shards using (problem_id)
union all
select 'problems', 'there twice', problem_id
from problems_shards group by problem_id, filename having count(*) > 1
union all
select 'traces', 'there twice', trace_id
from traces_shards group by trace_id, attempt having count(*) > 1
union all
select 'fates', 'not there for a trace', trace_id from there anti join fates using (trace_id)
union all
select 'fates', 'of no trace', trace_id from fates anti join there using (trace_id)
union all
select 'fates', 'there twice', trace_id from fates group by trace_id having count(*) > 1
union all
select 'fates', 'decided by no stage', trace_id
from fates anti join v_funnel on stage = decided_by where decided_by is not null
union all
select 'records', 'of no trace', trace_id from records_shards anti join there using (trace_id)
union all
select 'records', 'there twice', trace_id from records group by trace_id having count(*) > 1
