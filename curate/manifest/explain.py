"""All that the manifest knows of one trace, and of what was made from it."""

from __future__ import annotations

import contextlib
from typing import Any

import duckdb

from curate.manifest.ask import as_dicts, connect
from curate.manifest.shard_sql import literal
from curate.sources.plain_values import mended
from curate.store.run_folder import Run
from filters.errors import UserError

_FACTS = {
    "attempts": """
        select attempt, finish_reason, error from traces_all
        where trace_id = {trace_id} order by attempt""",
    "verdicts": """
        select
            filter, keep, score, scores, label, reason, reasons, detail, settings_hash, input_hash,
            case when reason = 'not_checked' then reason when keep then 'keep'
                when not keep then 'drop' else 'undecided' end as says
        from verdicts join active using (filter, settings_hash)
        where trace_id = {trace_id} order by position""",
    "record": "select record_id, answer from records where trace_id = {trace_id}",
    "checkpoints": """
        select c.path, c.stage, c.step, s.times
        from checkpoint_records s join checkpoints c using (checkpoint_id)
        semi join (select record_id from records_all where trace_id = {trace_id}) using (record_id)
        order by c.created_at, c.step""",
    "pushes": """
        select p.repo, p.kind, p.branch, p.commit, p.pull_request
        from pushes p semi join (
            select repo, commit from push_records where record_id in (
                select record_id from records_all where trace_id = {trace_id})) using (repo, commit)
        order by p.created_at""",
    "rollouts": """
        select
            checkpoint, count(*) as rollouts, min(step) as first_step, max(step) as last_step,
            avg((outcome = 'correct')::int) as correct, avg(reward) as reward
        from rollouts where problem_id = {problem_id} group by training_id, checkpoint
        order by min(created_at)""",
    "imported_from": """
        select checkpoint, step, rollout_index, reward, advantage, outcome
        from rollouts where rollout_id = {source_id}""",
}
"""what is told of a trace -> the query"""


_RELATIVES = """
select trace_id, fate, decided_by, reason, model, attempt, prompt_hash, meta, response
from v_trace_text where {} order by fate = 'kept' desc, trace_id
"""
"""the traces that one was made from, or that were made from it; the kept ones first"""


def explain(run: Run, name: str) -> dict[str, Any]:
    """The trace with its fate and problem, all its verdicts in funnel order, its record, the
    checkpoints trained on that, where it was pushed, the rollouts of its problem, the one that it
    was imported from, the trace that it rewrites and the rewritings of it."""
    with contextlib.closing(connect(run)) as con:
        ask = lambda sql: as_dicts(con.sql(sql))
        trace_id = _find(run, name, con)
        [trace] = ask(
            f"select * exclude (token_ids) from v_trace_text where trace_id = '{trace_id}'"
        )
        known = {
            "trace_id": literal(trace_id),
            "problem_id": literal(trace["problem_id"]),
            "source_id": literal(trace["source_id"] or ""),
        }
        parent = trace["parent_trace_id"]
        return {
            "trace": trace,
            **{fact: ask(query.format(**known)) for fact, query in _FACTS.items()},
            "parent": ask(_RELATIVES.format(f"trace_id = '{parent}'")) if parent else [],
            "rewritings": ask(_RELATIVES.format(f"parent_trace_id = '{trace_id}'")),
        }


def _find(run: Run, name: str, con: duckdb.DuckDBPyConnection) -> str:
    """The one trace of that id, id prefix or source_id."""
    asked = literal(mended(name)[0])
    found = con.sql(
        f"select trace_id from traces where source_id = {asked} "
        f"or starts_with(trace_id, {asked}) order by trace_id limit 6",
    )
    ids = [trace_id for (trace_id,) in found.fetchall()]
    if not ids:
        raise UserError(
            f"{run.path} has no trace {name!r}; "
            f'`curate sql {run.path} "select trace_id, fate, reason from v_trace"` lists them'
        )
    if len(ids) > 1 and name not in ids:
        raise UserError(f"{name!r} stands for several traces: {', '.join(ids)}")
    return str(ids[0])
