-- how many traces are left after each filter?
select * from v_funnel;

-- why were traces dropped?
select * from v_drop_reasons;

-- what share of the traces of each model is kept?
select model, count(*) as traces, round(100 * avg((fate = 'kept')::int), 1) as kept_percent
from v_trace group by model order by traces desc;

-- why was this trace dropped, and what was found where?
select filter, reasons, score, detail from verdicts
where not keep and trace_id = (select min(trace_id) from fates where fate = 'dropped');

-- how would another threshold do?
select count(*) filter (where score <= 0.02) as under_2_percent,
    count(*) filter (where score <= 0.10) as under_10_percent
from verdicts where filter = 'language';

-- the most repetitive traces, with their ends
select w.trace_id, w.score, w.reason, right(t.response, 200) as ends_with
from v_worst w join v_trace_text t using (trace_id)
where w.filter = 'repetition' order by w.rank limit 5;

-- which filters drop the same traces?
select * from v_reason_overlap;

-- how hard are the problems? pass rate in tenths
select floor(pass_rate * 10) / 10 as pass_rate, count(*) as problems
from v_problem_pass_rate where pass_rate is not null group by 1 order by 1;

-- problems that were never solved, with their golds
select problem_id, samples, gold, left(problem, 200) as problem from v_resample;

-- problems that lost all their traces
select * from v_lost_problems;

-- how long is the thinking of what is kept, by source?
select p.source, count(*) as records, median(v.scores['thinking_tokens']) as median_tokens,
    quantile_cont(v.scores['thinking_tokens'], 0.95) as p95_tokens
from records r join problems p using (problem_id) join verdicts v using (trace_id)
where v.filter = 'length' group by p.source order by records desc;

-- what did nobody check?
select filter, count(*) as traces from verdicts where reason = 'not_checked' group by filter;

-- where do a person and the filters disagree?
select h.trace_id, h.keep as person_keeps, v.filter, v.reason
from verdicts h join verdicts v using (trace_id)
where h.filter = 'human' and h.keep and v.keep = false;

-- golds that do not stand
select * from v_gold_audit;
