-- The frame that group filters judge: `filters.base.GROUP_FRAME`.
select
    t.trace_id, t.attempt, t.problem_id, t.sample_index, t.response_hash, t.finish_reason,
    t.num_tokens, p.kind,
    if(c.reason = 'not_applicable', null, c.keep) as correct,
    coalesce(c.reason, if(c.keep, 'correct', null)) as outcome,
    f.fate,
    l.scores['thinking_tokens'] as thinking_tokens
from traces t
join fates f using (trace_id)
left join problems p on p.problem_id = t.problem_id
left join verdicts c on c.trace_id = t.trace_id and c.filter = 'correctness'
left join verdicts l on l.trace_id = t.trace_id and l.filter = 'length'
order by t.trace_id
