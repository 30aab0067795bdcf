-- Views of the manifest, over its tables and those of the shards. Derived ones begin with v_.
-- None has a left join: where a query needs nothing of its right side, duckdb 2.0.1 leaves it out and
-- the query's limit with it. What may have no partner comes by an anti join and `union all`.

-- one verdict per trace and filter: that of the latest attempt under the active settings
create view verdicts as
select
    v.trace_id, v.attempt, v.filter, v.filter_version, v.settings_hash, v.score_hash, v.input_hash,
    v.score, map_from_entries(v.scores) as scores, v.label, v.keep, v.reason, v.reasons, v.detail
from verdicts_shards v
join active a on a.filter = v.filter and a.settings_hash = v.settings_hash
where not exists (
    select 1 from outdone o
    where o.trace_id = v.trace_id and o.filter = v.filter and o.attempt = v.attempt
        and o.shard = v.filename);

-- what is published and trained on: one record per kept trace
create view records as
select r.* exclude (filename, file_row_number)
from records_shards r
join record_keys k on k.record_id = r.record_id and k.filename = r.filename
join fates f on f.trace_id = r.trace_id
where f.fate = 'kept';

-- every record ever made, withdrawn ones too: a checkpoint may have been trained on them
create view records_all as select * exclude (filename, file_row_number) from records_shards;

-- which records a checkpoint was trained on, and how often
create view checkpoint_records as
select * exclude (filename, file_row_number) from checkpoint_records_shards;

-- which records a push holds; of a pushed model, those that it was trained on
create view push_records as
select repo, commit, unnest(record_ids) as record_id from pushes_shards
union all
select p.repo, p.commit, c.record_id from pushes p join checkpoint_records c using (checkpoint_id);

create view verdicts_all as
select * exclude (filename, file_row_number) replace (map_from_entries(scores) as scores) from verdicts_shards;

-- every trace with its fate
create view v_trace as
select t.*, f.fate, f.decided_by, f.reason, p.problem, p.gold, p.kind
from traces t join fates f using (trace_id) join problems p on p.problem_id = t.problem_id
union all
select t.*, f.fate, f.decided_by, f.reason, null, null, null
from traces t join fates f using (trace_id) anti join problems p on p.problem_id = t.problem_id;

-- the same with its text
create view v_trace_text as
select v.*, s.response, s.token_ids
from v_trace v join traces_shards s on s.trace_id = v.trace_id and s.attempt = v.attempt;

-- where a trace can end, in order
create view v_stages as
select -1 as position, 'traces' as stage, 0 as not_checked, 0 as would_drop
union all select position, filter, not_checked, would_drop from active
    where required or filter in (select decided_by from fates)
union all select 1000, 'not_judged', 0, 0 where exists (
    select 1 from fates where decided_by = 'not_judged')
order by position;

-- rows in = kept + not checked + dropped + failed + undecided at every stage; a trace counts where it
-- was decided. not_checked: they went on, since the filter had no means to check them. would_drop: what
-- the filter drops whatever the others say
create view v_funnel as
with stages as (select * from v_stages),
ends as (
    select s.position as ended, f.fate, count(*) as n
    from fates f join stages s on s.stage = f.decided_by group by all
    union all select 1001, 'kept', count(*) from fates where fate = 'kept'
),
counted as (
    select
        position, stage, not_checked, would_drop,
        coalesce(sum(n) filter (where ended > position), 0)::bigint as went_on,
        coalesce(sum(n) filter (where ended = position and fate = 'dropped'), 0)::bigint as dropped,
        coalesce(sum(n) filter (where ended = position and fate = 'failed'), 0)::bigint as failed,
        coalesce(sum(n) filter (where ended = position and fate = 'undecided'), 0)::bigint
            as undecided
    from stages cross join ends group by position, stage, not_checked, would_drop
)
select stage, rows_in, kept, not_checked, dropped, failed, undecided, would_drop from (
    select
        *, went_on + dropped + failed + undecided as rows_in, went_on - not_checked as kept
    from counted
    union all by name
    select
        1002 as position, 'total' as stage, (select count(*) from traces) as rows_in,
        count(*) filter (where fate = 'kept') as kept, 0 as not_checked,
        count(*) filter (where fate = 'dropped') as dropped,
        count(*) filter (where fate = 'failed') as failed,
        count(*) filter (where fate = 'undecided') as undecided,
        count(*) filter (where fate = 'dropped') as would_drop
    from fates
)
order by position;

-- the same for what was sampled or imported and for the rewritings of it, each on its own; kept:
-- went on, checked or not
create view v_funnel_by_origin as
with told as (
    select if(rewritten, 'rewritten', 'original') as origin, fate, decided_by from fates
),
ends as (
    select origin, s.position as ended, fate, count(*) as n
    from told join v_stages s on s.stage = told.decided_by group by all
    union all select origin, 1001, 'kept', count(*) from told where fate = 'kept' group by origin
)
select
    origin, stage,
    coalesce(sum(n) filter (where ended >= position), 0)::bigint as rows_in,
    coalesce(sum(n) filter (where ended > position), 0)::bigint as kept,
    coalesce(sum(n) filter (where ended = position and fate = 'dropped'), 0)::bigint as dropped,
    coalesce(sum(n) filter (where ended = position and fate = 'failed'), 0)::bigint as failed,
    coalesce(sum(n) filter (where ended = position and fate = 'undecided'), 0)::bigint as undecided
from v_stages cross join ends
group by origin, stage, position
order by origin, position;

-- every reason that a filter gave, not only the first of a trace, save those that only say that
-- another filter or stage decided. traces: how many it was said of; decided: of how many of these it is
-- the reason of their fate, no earlier filter having ended them
create view v_reasons as
with reasons as (
    select v.trace_id, v.filter, v.keep, unnest(v.reasons) as reason
    from verdicts v where v.keep is not true
)
select
    r.keep is null as undecided, r.filter, r.reason,
    count(distinct r.trace_id) as traces,
    count(distinct r.trace_id) filter (
        where f.decided_by = r.filter and f.reason = r.reason) as decided
from reasons r join fates f using (trace_id)
where r.reason not in ('not_judged', 'no_text')
group by all;

create view v_drop_reasons as
select * exclude (undecided) from v_reasons where not undecided
order by traces desc, filter, reason;

create view v_undecided_reasons as
select * exclude (undecided) from v_reasons where undecided
order by traces desc, filter, reason;

-- how many traces two filters both drop
create view v_reason_overlap as
select a.filter as filter_a, b.filter as filter_b, count(*) as traces
from verdicts a join verdicts b on a.trace_id = b.trace_id and a.filter < b.filter
where not a.keep and not b.keep
group by all order by traces desc, filter_a, filter_b;

-- the worst of each filter: dropped traces by its first score, what was found and where; of
-- duplicates the most alike. Left out are the filters whose first score does not say how bad
create view v_worst as
select filter, trace_id, score, reason, detail, rank from (
    select v.*, row_number() over (
        partition by v.filter
        order by if(v.filter = 'duplicate', coalesce(v.scores['near'], 1), v.score)
            desc nulls last, v.trace_id) as rank
    from verdicts v
    where not v.keep and v.filter not in ('finish', 'format', 'correctness', 'safety')
) where rank <= 20 order by filter, rank;

-- what a model's samples came to, rewritings being none: correct, null where nobody could say;
-- unended: it was cut and its check hit a limit, so it has not found its answer
create view v_samples as
select trace_id, problem_id, fate = 'failed' as failed, correct, unended
from fates where not rewritten;

-- pass_rate = correct / (decided + truncated), as filters/difficulty.py
create view v_problem_pass_rate as
with counted as (
    select
        problem_id, count(*) as samples,
        count(*) filter (where failed) as failed,
        count(*) filter (where not failed and correct) as correct,
        count(*) filter (where not failed and correct is not null) as decided,
        count(*) filter (where not failed and unended) as truncated
    from v_samples group by problem_id
)
select
    *, samples - failed - decided - truncated as undecided,
    if(decided + truncated > 0, correct / (decided + truncated), null) as pass_rate
from counted;

-- what the file a trace came from says of its answer, beside our verdict
create view v_said_correct as
select t.trace_id, t.problem_id, (t.meta ->> 'said_correct')::boolean as said, c.keep as correct,
    c.label as outcome
from traces t join verdicts c on c.trace_id = t.trace_id and c.filter = 'correctness'
where t.meta ->> 'said_correct' is not null;

-- problems that were sampled and never solved: sample them again, with more or longer traces
create view v_resample as
select p.*, r.samples, r.decided, r.truncated
from problems p join v_problem_pass_rate r using (problem_id)
where r.correct = 0 and r.decided + r.truncated > 0;

-- problems that lost all their traces
create view v_lost_problems as
select p.problem_id, p.problem, count(*) as traces, mode(f.decided_by) as mostly_by
from problems p join fates f using (problem_id)
group by p.problem_id, p.problem having count(*) filter (where f.fate = 'kept') = 0;

create view v_sft as select record_id, problem, thinking, summary, messages from records;

-- problems with something to reward against
create view v_grpo as
select problem_id, problem, messages, gold, kind, choices, tests, language from problems
where problem is not null and gold_check = 'correct';

-- of each checkpoint of a stage, on each problem set and with each seed, the last word: curves are
-- drawn from these
create view v_evals as
select * from evals
qualify row_number() over (
    partition by problem_set, stage, step, seed order by created_at desc, eval_id
) = 1
order by problem_set, stage, step, seed;

-- rollouts with their text and their problem
create view v_rollout as
select r.* exclude (shard), p.problem, p.gold, p.kind, s.completion, s.completion_ids
from rollouts r
join rollouts_shards s on s.rollout_id = r.rollout_id and s.filename = r.shard
join problems p on p.problem_id = r.problem_id;

-- what the rollouts of each step come to; mixed: with a word in another language than the problem's
create view v_rollout_steps as
with groups as (
    select
        training_id, step, problem_id,
        count(reward) < 2 or max(reward) - min(reward) < 1e-6 as without_spread
    from rollouts group by all
),
spread as (
    select training_id, step, count(*) as groups, count(*) filter (without_spread) as flat
    from groups group by all
),
steps as (
    select
        training_id, checkpoint, step, count(*) as rollouts, avg(reward) as reward,
        count(*) filter (reward is null) as undecided,
        avg((outcome = 'correct')::int) as correct,
        avg(num_tokens) as mean_tokens,
        avg((finish_reason = 'length')::int) as cut,
        avg(reflections) as reflections,
        avg((mixing > 0)::int) as mixed
    from rollouts group by all
)
select steps.*, spread.groups, spread.flat as groups_without_spread
from steps join spread on spread.training_id = steps.training_id and spread.step = steps.step
order by steps.training_id, steps.step;

-- golds that do not stand: unusable ones, and those against which most samples agree
create view v_gold_audit as
with answers as (
    select
        trace_id, keep, list_filter(detail, lambda d: d.what = 'answer')[1].text as answer
    from verdicts where filter = 'correctness'
),
votes as (
    select f.problem_id, a.answer, a.keep, count(*) as votes
    from fates f join answers a using (trace_id)
    where not f.rewritten and a.answer is not null group by all
),
majority as (
    select *, sum(votes) over (partition by problem_id) as answered from votes
    qualify row_number() over (partition by problem_id order by votes desc, answer) = 1
),
golds as (
    select p.*, m.answer, m.votes, m.answered, m.keep
    from problems p join majority m using (problem_id)
    union all
    select p.*, null, null, null, null from problems p anti join majority m using (problem_id)
)
select
    problem_id, problem, gold, gold_check, answer as majority_answer, votes, answered,
    case
        when gold_check not in ('correct', 'not_applicable') then gold_check
        else 'against_majority'
    end as finding
from golds
where gold_check not in ('correct', 'not_applicable')
   or (keep is false and answered >= 4 and votes > answered / 2);
