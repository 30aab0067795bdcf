"""All that the manifest knows of one trace."""

from __future__ import annotations

import json
from typing import Any

from curate.manifest import ask as manifest
from curate.manifest.shard_sql import literal
from curate.sources.plain_values import mended
from curate.store.run_folder import Run
from filters.errors import UserError

SAYS = (
    "case when reason = 'not_checked' then reason when keep then 'keep' when not keep then 'drop' "
    "else 'undecided' end as says"
)
VERDICT_COLUMNS = (
    f"filter, {SAYS}, keep, score, scores, label, reason, reasons, detail, settings_hash, "
    "input_hash"
)


def explain(run: Run, name: str) -> dict[str, Any]:
    """The trace with its fate and problem, all its verdicts in funnel order, its record, the
    checkpoints trained on that, the trace that it rewrites and the rewritings of it."""
    trace_id = _find(run, name)
    where = f"where trace_id = '{trace_id}'"
    trace = manifest.rows(run, f"select * exclude (token_ids) from v_trace_text {where}")[0]
    verdicts = manifest.rows(
        run,
        f"select {VERDICT_COLUMNS} from verdicts join active using (filter, settings_hash) "
        f"{where} order by position",
    )
    attempts = manifest.rows(
        run, f"select attempt, finish_reason, error from traces_all {where} order by attempt"
    )
    record = manifest.rows(run, f"select record_id, answer from records {where}")
    checkpoints = manifest.rows(
        run,
        "select c.path, c.stage, c.step, s.times from checkpoint_records s "
        "join checkpoints c using (checkpoint_id) join records_all r using (record_id) "
        f"{where} order by c.created_at, c.step",
    )
    return {
        **{"trace": trace, "attempts": attempts, "verdicts": verdicts, "record": record},
        "checkpoints": checkpoints,
        "parent": _relatives(run, f"trace_id = '{trace['parent_trace_id']}'"),
        "rewritings": _relatives(run, f"parent_trace_id = '{trace_id}'"),
    }


def _relatives(run: Run, where: str) -> list[dict[str, Any]]:
    """The traces that it was made from, or that were made from it; the kept ones first."""
    return manifest.rows(
        run,
        "select trace_id, fate, decided_by, reason, model, attempt, prompt_hash, meta, response "
        f"from v_trace_text where {where} order by fate = 'kept' desc, trace_id",
    )


def _find(run: Run, name: str) -> str:
    """The one trace of that id, id prefix or source_id."""
    asked = literal(mended(name)[0])
    found = manifest.rows(
        run,
        f"select trace_id from traces where source_id = {asked} "
        f"or starts_with(trace_id, {asked}) order by trace_id limit 6",
    )
    ids = [row["trace_id"] for row in found]
    if not ids:
        raise UserError(
            f"{run.path} has no trace {name!r}; "
            f'`curate sql {run.path} "select trace_id, fate, reason from v_trace"` lists them'
        )
    if len(ids) > 1 and name not in ids:
        raise UserError(f"{name!r} stands for several traces: {', '.join(ids)}")
    return str(ids[0])


def show_explanation(facts: dict[str, Any], text: bool) -> None:
    from curate.terminal.marked import with_places
    from curate.terminal.tables import show, visible

    tell = lambda text: print(visible(text))
    trace = facts["trace"]
    tell(f"trace    {trace['trace_id']}  ({trace['origin']}, {trace['model'] or 'model unknown'})")
    tell(f"problem  {_short(trace['problem'])}")
    tell(f"gold     {trace['gold'] if trace['gold'] is not None else 'none'}")
    tell(f"fate     {_fate(trace)}")
    for parent in facts["parent"]:
        tell(f"parent   {parent['trace_id']}  {_fate(parent)}")
        tell(f"written  {_written(trace)}")
    for child in facts["rewritings"]:
        tell(f"rewritten as {child['trace_id']}  {_fate(child)}")
        tell(f"             {_written(child)}")
    for record in facts["record"]:
        tell(f"record   {record['record_id']}, answer {record['answer']}")
    for checkpoint in facts["checkpoints"]:
        step = f"at step {checkpoint['step']}, seen {checkpoint['times']} times"
        tell(f"trained  {checkpoint['path']} ({checkpoint['stage']} {step})")
    if len(facts["attempts"]) > 1:
        tell(f"attempts {len(facts['attempts'])}, the last one counts")
    columns = ("filter", "says", "score", "label")
    rows = [(*(v[name] for name in columns), _reasons(v)) for v in facts["verdicts"]]
    show((*columns, "reasons"), rows)
    for verdict in facts["verdicts"]:  # below the table: it would be the first that has no room
        if found := _found(verdict):
            tell(f"{verdict['filter']} found {found}")
    if text:
        print(with_places(trace["response"] or "", _places(facts["verdicts"])))
    if facts["parent"]:
        _show_changes(facts["parent"][0], trace)
    elif facts["rewritings"]:
        _show_changes(trace, facts["rewritings"][0])


def _places(verdicts: list[dict[str, Any]]) -> list[tuple[int, int]]:
    """What the filters that do not keep the trace found in its text."""
    found = (item for v in verdicts if not v["keep"] for item in v["detail"] or [])
    return [(item["start"], item["end"]) for item in found if item["start"] is not None]


def _show_changes(parent: dict[str, Any], child: dict[str, Any]) -> None:
    from curate.terminal.side_by_side import show_side_by_side

    titles = (f"parent {parent['trace_id'][:12]}", f"rewriting {child['trace_id'][:12]}")
    show_side_by_side(titles, (parent["response"] or "", child["response"] or ""))


def _fate(trace: dict[str, Any]) -> str:
    decided = f" by {trace['decided_by']}: {trace['reason']}" if trace["decided_by"] else ""
    return f"{trace['fate']}{decided}"


def _written(rewriting: dict[str, Any]) -> str:
    steps = json.loads(rewriting["meta"] or "{}").get("steps", [])
    by = f"by {rewriting['model']} in steps {', '.join(steps)}"
    return f"{by}; prompts {rewriting['prompt_hash']}, attempt {rewriting['attempt']}"


def _reasons(verdict: dict[str, Any]) -> str:
    return ", ".join(verdict["reasons"] or [])


def _found(verdict: dict[str, Any]) -> str:
    places = []
    for item in (verdict["detail"] or [])[:4]:
        at = f" at {item['start']}" if item["start"] is not None else ""
        places.append(f"{item['what']}{at}: {_short(item['text'], 60)}")
    return "; ".join(places)


def _short(text: str | None, limit: int = 200) -> str:
    flat = " ".join((text or "").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"
