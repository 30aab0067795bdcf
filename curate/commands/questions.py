"""Commands that ask a run: what became of its traces, and why."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any

import typer

from curate.commands.options import AsJson, RunFolder, answer, open_run
from curate.terminal.counts import number_of
from curate.terminal.progress import say

EVALUATIONS = """
select problem_set, stage, arg_max(checkpoint, seed) as checkpoint, step, count(*) as seeds,
    avg(pass_at_1) as pass_at_1
from v_evals group by problem_set, stage, step
qualify row_number() over (partition by problem_set, stage order by step desc) = 1
order by problem_set, min(created_at)
"""
"""of each stage's last step; `v_evals` has the whole course"""


COUNTS = """
select
    (select count(*) from problems) as problems,
    (select count(*) from traces) as traces,
    (select count(*) from traces_all) as traces_all,
    -- of the next two the rows themselves lie in shards, many of them
    (select coalesce(sum(verdicts), 0)::bigint from active) as verdicts,
    (select count(*) from record_keys join fates using (trace_id) where fate = 'kept') as records,
    (select count(*) from tokenized) as tokenized
"""
PUSHES = "from pushes order by created_at"
FUNNEL = ("stage", "rows_in", "kept", "not_checked", "dropped", "failed", "undecided")
"""columns of `v_funnel` that a terminal of 80 characters has room for; --json and SQL give all"""


def index(run: RunFolder) -> None:
    """Build manifest.duckdb anew from the shards."""
    from curate.manifest.index import index as stage

    print(stage(open_run(run)))


def status(run: RunFolder, json: AsJson = False) -> None:
    """What became of every trace; evaluations, pushes."""
    from curate.manifest.ask import as_dicts, connect
    from curate.sampling.job import jobs
    from curate.terminal.explained import pushed
    from curate.terminal.tables import show_dicts, write_json

    opened = open_run(run)
    with contextlib.closing(connect(opened)) as con:
        rows, funnel, by_origin, evaluations, pushes = (
            as_dicts(con.sql(query))
            for query in (COUNTS, "from v_funnel", "from v_funnel_by_origin", EVALUATIONS, PUSHES)
        )
    if json:
        facts = {"run": str(run), "rows": rows[0], "funnel": funnel, "generate": jobs(opened)}
        facts |= {"funnel_by_origin": by_origin, "evaluations": evaluations, "pushes": pushes}
        write_json(facts)
        return
    show_dicts(rows, f"{run} ({opened.config.name})")
    show_dicts([{name: row[name] for name in FUNNEL} for row in funnel])
    if any(row["origin"] == "rewritten" for row in by_origin):
        show_dicts(by_origin)
    show_dicts(jobs(opened))
    show_dicts(evaluations)
    for push in pushes:
        print(f"pushed {push['created_at']:%Y-%m-%d} to {pushed(push)}")


def explain(
    run: RunFolder,
    trace_id: Annotated[
        str, typer.Argument(metavar="TRACE_ID", help="A trace_id, its beginning, or a source_id.")
    ],
    text: Annotated[bool, typer.Option("--text", help="Print the trace's text too.")] = False,
    json: AsJson = False,
) -> None:
    """One trace: its fate, all verdicts, what was made from it."""
    from curate.manifest.explain import explain as explained
    from curate.terminal.explained import show_explanation

    facts = explained(open_run(run), trace_id)
    answer(facts, json, lambda facts: show_explanation(facts, text))


def audit(run: RunFolder, json: AsJson = False) -> None:
    """Golds that do not stand: unusable, or against most samples."""
    from curate.manifest import ask as manifest

    rows = manifest.rows(open_run(run), "select * from v_gold_audit order by finding, problem_id")
    answer(rows, json, _show_golds)


def _show_golds(rows: list[dict[str, Any]]) -> None:
    from curate.terminal.tables import show_dicts

    show_dicts([row | {"problem": (row["problem"] or "")[:80]} for row in rows])
    say(f"{len(rows)} of the run's golds need a look")


def tidy(
    run: RunFolder,
    yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False,
    json: AsJson = False,
) -> None:
    """Many small shards become few; says what that frees."""
    from curate.store.tidy import tidy as tidied
    from curate.terminal.tables import show_dicts

    rows = tidied(open_run(run), yes)
    answer(rows, json, show_dicts)
    if json:
        return
    if not rows:
        say("tidy: nothing to do")
    elif yes:
        say(f"tidy: {sum(row['freed'] for row in rows):,} bytes are free")
    else:
        say("tidy: nothing was done; --yes does it")


def check(
    run: RunFolder,
    mend: Annotated[
        bool, typer.Option("--mend", help="Move damaged files aside, so that they are made again.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Is all that was committed still there, and does it add up?"""
    from curate.checking.run_check import check as checked

    found = checked(open_run(run), mend)
    answer(found, json, _show_faults)
    if found["faults"]:
        raise typer.Exit(1)


def _show_faults(found: dict[str, Any]) -> None:
    from curate.terminal.tables import show_dicts

    show_dicts(found["faults"])
    moved = f", {found['moved']} moved aside" if found["moved"] else ""
    faults = number_of(len(found["faults"]), "fault")
    say(f"check: {number_of(found['shards'], 'shard')}, {faults}{moved}")
